"""The Torso Restorer (eq 28-29): what is missing or wrong where the drawn head meets neck and torso."""
