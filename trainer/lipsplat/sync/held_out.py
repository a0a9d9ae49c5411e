"""What no training stage of the discriminator and the audio-visual encoder hears or sees.

The held-out test judges what ships: its voices, faces and sentences are its own. Choices are made on the validation
split, whose voices and faces are its own; its sentences are said in training too.
"""

from __future__ import annotations

from lipsplat.speech.synthesize import HELD_OUT_VOICES
from lipsplat.speech.synthesize import TRAINING_VOICES as SPEECH_VOICES

VALIDATION_VOICES = ("af_river", "bm_lewis")  # the speech encoder has heard them; nothing in this folder trains on them
TRAINING_VOICES = tuple(v for v in SPEECH_VOICES if v not in VALIDATION_VOICES)

# seeds of lipsplat.mesh.random_identity
TRAINING_CASTS = tuple(tuple(range(first, first + 40)) for first in range(0, 240, 40))  # one for each turn of the clips
TRAINING_IDENTITIES = tuple(identity for cast in TRAINING_CASTS for identity in cast)
VALIDATION_IDENTITIES = tuple(range(900, 908))
HELD_OUT_IDENTITIES = tuple(range(1000, 1012))

__all__ = [
    "HELD_OUT_IDENTITIES",
    "HELD_OUT_VOICES",
    "TRAINING_CASTS",
    "TRAINING_IDENTITIES",
    "TRAINING_VOICES",
    "VALIDATION_IDENTITIES",
    "VALIDATION_VOICES",
]
