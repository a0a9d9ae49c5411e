"""The expression codec (eq 25-27): a transformer VQ-VAE that takes anybody's face to what one avatar has shown."""

STEPS = 48_000  # of training, forty minutes of one core; the error still falls at 24 000
