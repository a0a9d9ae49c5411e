"""The Torso Restorer (eq 28-29): what is missing or wrong where the drawn head meets neck and torso."""

STEPS = 12_000  # of training, ten minutes of one core
ENOUGH = 1_000  # frames of footage: of 1 289 it mends held-out jaws by 1 dB, of 200 it learns by heart and loses 0.1
