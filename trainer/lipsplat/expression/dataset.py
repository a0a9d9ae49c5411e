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
from lipsplat.speech.dataset import RATE, read_sound
from lipsplat.speech.features import to_rate
from lipsplat.speech.synthesize import HELD_OUT_VOICES

TRUTH = CACHE / "expression" / "truth" / "v1"
ONE_IN = 16  # clips of the training voices are held out


@dataclass(frozen=True)
class Source:
    name: str
    voice: str
    split: str  # train; clip: a heard voice's unheard words; voice: an unheard voice; real: the real voice's
    sung: bool  # with another melody
    load: Callable[[], Prosody]


def pcm_of(path: Path) -> np.ndarray:
    """(N,) int16 at 16 kHz."""
    return (np.clip(to_rate(*read_sound(path), RATE), -1, 1) * 32767).astype(np.int16)


def kept(name: str, sound: Path, sung: bool, words: Callable[[], list[Word]]) -> Prosody:
    """The recording's truth, from disk where it was made before."""
    path = TRUTH / f"{name}.npz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        said, pcm = words(), pcm_of(sound)
        part = path.with_suffix(".part.npz")
        np.savez(part, **vars(prosody(resung(pcm, said, crc32(name.encode())) if sung else pcm, said)))
        part.replace(path)
    with np.load(path) as stored:
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
            mine = f"{name}-sung" if sung else name
            yield Source(mine, voice, split, sung, partial(kept, mine, sound, sung, words))
