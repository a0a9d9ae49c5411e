"""What no training stage of the discriminator and the audio-visual encoder hears or sees."""

from __future__ import annotations

from lipsplat.speech.synthesize import HELD_OUT_VOICES, TRAINING_VOICES

TRAINING_IDENTITIES = tuple(range(40))  # seeds of lipsplat.mesh.random_identity
HELD_OUT_IDENTITIES = tuple(range(1000, 1012))

__all__ = ["HELD_OUT_IDENTITIES", "HELD_OUT_VOICES", "TRAINING_IDENTITIES", "TRAINING_VOICES"]
