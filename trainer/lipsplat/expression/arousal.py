"""How lively a voice was over the last seconds: a rule over measured curves, which the network learns to hear.

Arousal goes with wider pitch, a higher level and a faster rate (Scherer 2003); how pleased a voice is does not show in
them, and no recording here is labelled with it.
"""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

from lipsplat.speech.truth import TRUTH_RATE

SECONDS = 2.0  # time constant of what counts as now
# middle and spread of each measure over the training recordings: semitones, syllables a second, loudness
RANGE, RATE, LEVEL = (3.6, 1.2), (5.2, 0.9), (0.785, 0.05)
FARTHEST = 0.67  # octaves from the speaker's mean that count: farther away the tracker errs more than voices go
SHARES = (0.5, 0.25, 0.25)


def fading(x: np.ndarray) -> np.ndarray:
    """Sum (T,) of x over the past, e^-1 of it after `SECONDS`."""
    return lfilter([1.0], [1.0, -np.exp(-1 / (SECONDS * TRUTH_RATE))], x)


def measures(
    pitch: np.ndarray, voiced: np.ndarray, loudness: np.ndarray, syllable: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Pitch range in semitones, syllables a second of speech, level, and seconds of voice, each (T,) at 100 Hz."""
    voice, pitch = fading(voiced) + 1e-3, np.clip(pitch, -FARTHEST, FARTHEST)
    mean = fading(voiced * pitch) / voice
    spread = 12 * np.sqrt(np.maximum(fading(voiced * pitch**2) / voice - mean**2, 0))
    rate = TRUTH_RATE * fading(syllable) / (fading((loudness > 0.15).astype(float)) + 1e-3)
    return spread, rate, fading(voiced * loudness) / voice, voice / TRUTH_RATE


def arousal(pitch: np.ndarray, voiced: np.ndarray, loudness: np.ndarray, syllable: np.ndarray) -> np.ndarray:
    """(T,) in 0…1, 0.5 for the middle of the training recordings, fading to 0 where nobody speaks."""
    *three, voice = measures(pitch, voiced, loudness, syllable)
    lively = sum(s * (x - m) / d for s, x, (m, d) in zip(SHARES, three, (RANGE, RATE, LEVEL), strict=True))
    return np.clip(0.5 + 0.3 * lively, 0, 1) * np.clip(voice / 0.4, 0, 1)
