"""The expression codec (eq 25-27): a transformer VQ-VAE that takes anybody's face to what one avatar has shown."""
