"""Recordings for the cues: their truth, kept on disk, and which of them no training hears."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from zlib import crc32

import numpy as np

from lipsplat.expression.contour import resung
from lipsplat.expression.prosody import CURVES, Prosody, prosody
from lipsplat.expression.words import Word, real_words, synthetic_words
from lipsplat.paths import CACHE, LJSPEECH, SPEECH_SET
from lipsplat.speech.align import real_test_names, real_training_names, transcripts
from lipsplat.speech.dataset import read_sound
from lipsplat.speech.features import to_rate
from lipsplat.speech.names import RATE
from lipsplat.speech.synthesize import HELD_OUT_VOICES

TRUTH = CACHE / "expression" / "truth" / "v3"
PAUSE = 0.5  # seconds
ONE_IN = 16  # clips of the training voices are held out


@dataclass(frozen=True)
class Source:
    """One recording, as it is or with another melody."""

    name: str
    voice: str
    split: str  # train; clip: a heard voice's unheard words; voice: an unheard voice; real: the real voice's unheard
    sung: bool
    sound: Path
    words: Callable[[], list[Word]]

    @property
    def truth(self) -> Path:
        return TRUTH / f"{self.name}.npz"

    def pcm(self) -> np.ndarray:
        """(N,) int16 at 16 kHz, with a pause behind it."""
        sound = np.pad(to_rate(*read_sound(self.sound), RATE), (0, int(PAUSE * RATE)))
        return (np.clip(sound, -1, 1) * 32767).astype(np.int16)

    def load(self) -> Prosody:
        """Its truth, from disk where it was made before."""
        if not self.truth.exists():
            self.truth.parent.mkdir(parents=True, exist_ok=True)
            words, pcm = self.words(), self.pcm()
            part = self.truth.with_suffix(".part.npz")
            np.savez(part, **vars(prosody(resung(pcm, words, crc32(self.name.encode())) if self.sung else pcm, words)))
            part.replace(self.truth)
        with np.load(self.truth) as stored:
            return Prosody(**{k: stored[k] for k in CURVES})


def synthetic_line(stem: Path) -> list[Word]:
    return synthetic_words(stem, json.loads(stem.with_suffix(".json").read_text())["text"])


def recordings() -> Iterator[tuple[str, str, str, Path, Callable[[], list[Word]]]]:
    """(name, voice, split, sound, words) of everything on disk; the held-out first, the voices in turn."""
    texts = dict(transcripts())
    for names, split in ((real_test_names(), "real"), (real_training_names(), "train")):
        for name in names:
            yield name, "ljspeech", split, LJSPEECH / f"{name}.flac", partial(real_words, name, texts[name])
    for path in sorted(SPEECH_SET.glob("*/*.json"), key=lambda p: (p.stem, p.parent.name)):
        name, voice = f"{path.parent.name}-{path.stem}", path.parent.name
        unheard = "clip" if crc32(path.stem.encode() + voice.encode()) % ONE_IN == 0 else "train"
        split = "voice" if voice in HELD_OUT_VOICES else unheard
        yield name, voice, split, path.with_suffix(".flac"), partial(synthetic_line, path.with_suffix(""))


def sources() -> Iterator[Source]:
    """Every recording, as it is and with another melody."""
    for name, voice, split, sound, words in recordings():
        for sung in (False, True):
            yield Source(f"{name}-sung" if sung else name, voice, split, sung, sound, words)
