"""The expression codec (eq 25-27): a transformer VQ-VAE that takes anybody's coefficients to what one avatar has shown."""
