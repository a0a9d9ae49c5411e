"""The lip-sync discriminator: data, training, accuracy, and the offset it finds in a clip."""
