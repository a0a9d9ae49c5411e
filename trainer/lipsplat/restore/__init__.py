"""The Torso Restorer (eq 28-29): what is missing or wrong where the drawn head meets neck and torso."""

STEPS = 12_000  # of training, ten minutes of one core
