"""Other melodies for recorded words: read speech has few rising closes and one mood.

The recording is taken apart and put together again by WORLD (Morise et al. 2016) with another pitch: closes that rise or
fall, wider or flatter melodies. Its truth is measured on the result like any other recording's.
"""

from __future__ import annotations

import numpy as np

from lipsplat.expression.pitch import pitch
from lipsplat.expression.prosody import STRONG, close_of, decibels, phrase_ends
from lipsplat.expression.words import Word
from lipsplat.speech.dataset import RATE, TRUTH_RATE

RISING = 0.55  # share of the closes that are made to rise


def melody(hertz: np.ndarray, ends: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Another pitch (T,) in Hz for one of them, 0 where unvoiced. ends: as in `Prosody`."""
    voiced = hertz > 0
    tone = 12 * np.log2(np.maximum(hertz, 1))
    middle = np.median(tone[voiced])
    tone = middle + (tone - middle) * np.exp(chance.uniform(-0.7, 0.55))
    time = np.arange(len(tone)) / TRUTH_RATE
    for end, strength, _, _ in ends:
        at = close_of(end, voiced)
        if not len(at) or (strength < STRONG and chance.random() < 0.6):
            continue
        first, last = at[0] + chance.uniform(0, 0.4) * (at[-1] - at[0]), at[-1]
        along = np.clip((time * TRUTH_RATE - first) / (last - first), 0, 1)
        here = (along > 0) & (time < end + 0.1)
        start = np.interp(first, at, tone[at])
        if chance.random() < RISING:
            rising = start + chance.uniform(3, 11) * along ** chance.uniform(1, 2)
            tone[here] = rising[here] + 0.2 * (tone - start)[here]
        elif chance.random() < 0.5:
            tone[here] -= chance.uniform(1, 5) * along[here]
    limited = np.clip(2 ** (np.clip(tone, middle - 14, middle + 17) / 12), 65, 480)
    return np.where(voiced, limited, 0.0)


def resung(pcm: np.ndarray, words: list[Word], seed: int) -> np.ndarray:
    """The recording (N,) int16 at 16 kHz with another melody."""
    import pyworld

    sound = pcm.astype(np.float64) / 32768
    hertz, level = pitch(sound.astype(np.float32)), decibels(sound.astype(np.float32))
    if not (hertz > 0).any():
        return pcm
    tones = np.where(hertz > 0, np.log2(np.maximum(hertz, 1) / 100), 0.0)
    loud = np.clip(1 + (level - np.percentile(level, 95)) / 30, 0, 1)
    ends = phrase_ends(words, loud, tones, (hertz > 0).astype(float))
    hertz = hertz.astype(np.float64)
    time = np.arange(len(hertz)) / TRUTH_RATE
    envelope = pyworld.cheaptrick(sound, hertz, time, RATE)
    noise = pyworld.d4c(sound, hertz, time, RATE)
    new = melody(hertz, ends, np.random.default_rng(seed))
    made = pyworld.synthesize(new, envelope, noise, RATE, 1000 / TRUTH_RATE)[: len(pcm)]
    return (np.clip(np.pad(made, (0, len(pcm) - len(made))), -1, 1) * 32767).astype(np.int16)
