"""Other melodies for recorded words: read speech has few rising closes and one mood.

The recording is taken apart and put together again by WORLD (Morise et al. 2016) with another pitch: closes that rise
or fall, wider or flatter melodies. Its truth is measured on the result like any other recording's.
"""

from __future__ import annotations

import numpy as np

from lipsplat.expression.pitch import pitch
from lipsplat.expression.prosody import CLOSE, bridged, close_of, decibels, phrase_ends
from lipsplat.expression.words import Word
from lipsplat.speech.names import RATE
from lipsplat.speech.truth import TRUTH_RATE

RISING = 0.6  # share of the sentences' closes that are made to rise


def melody(hertz: np.ndarray, ends: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Another pitch (T,) in Hz for one of them, 0 where unvoiced. ends: as in `Prosody`."""
    voiced = hertz > 0
    tone = 12 * np.log2(np.maximum(hertz, 1))
    middle = np.median(tone[voiced])
    tone = middle + (tone - middle) * np.exp(chance.uniform(-0.7, 0.55))
    time = np.arange(len(tone)) / TRUTH_RATE
    for end, _, _, final in ends:
        at = close_of(end, voiced)
        if not len(at):
            continue
        first, last = at[0] + chance.uniform(0, 0.4) * (at[-1] - at[0]), at[-1]
        along = np.clip((time * TRUTH_RATE - first) / (last - first), 0, 1)
        here = (along > 0) & (time < end + 0.1)
        start = np.interp(first, at, tone[at])
        if final and chance.random() < RISING:
            rising = start + chance.uniform(3, 11) * along ** chance.uniform(1, 2)
            tone[here] = rising[here] + 0.2 * (tone - start)[here]
        elif chance.random() < 0.5:
            tone[here] += chance.uniform(-5, 0 if final else 5) * along[here]  # or goes on, a little up
    limited = np.clip(2 ** (np.clip(tone, middle - 14, middle + 17) / 12), 65, 480)
    return np.where(voiced, limited, 0.0)


def with_creak(hertz: np.ndarray, ends: np.ndarray, loud: np.ndarray) -> np.ndarray:
    """Pitch (T,) in Hz with some where a sentence's close only creaks, so that it can rise."""
    tone = bridged(hertz, hertz > 0)
    for end, _, _, final in ends:
        if final:
            here = slice(max(int((end - CLOSE) * TRUTH_RATE), 0), int(end * TRUTH_RATE))
            hertz[here] = np.where((hertz[here] == 0) & (loud[here] > 0.3), tone[here], hertz[here])
    return hertz


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
    hertz = with_creak(hertz.astype(np.float64), ends, loud)
    time = np.arange(len(hertz)) / TRUTH_RATE
    envelope = pyworld.cheaptrick(sound, hertz, time, RATE)
    noise = pyworld.d4c(sound, hertz, time, RATE)
    new = melody(hertz, ends, np.random.default_rng(seed))
    made = pyworld.synthesize(new, envelope, noise, RATE, 1000 / TRUTH_RATE)[: len(pcm)]
    return (np.clip(np.pad(made, (0, len(pcm) - len(made))), -1, 1) * 32767).astype(np.int16)
