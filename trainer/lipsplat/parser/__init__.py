"""Which part of a person each pixel shows, of any person: a small U-Net trained on rendered, labelled heads."""
