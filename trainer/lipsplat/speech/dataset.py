"""The recordings that the speech encoder learns from and is measured by; their truth is cached."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from lipsplat.capture import FPS, HELD_OUT_FROM
from lipsplat.paths import CACHE, CAPTURE, SPEECH_SET, UNHEARD_LINES
from lipsplat.speech.synthesize import HELD_OUT_UTTERANCES, HELD_OUT_VOICES
from lipsplat.speech.truth import Phone, Utterance, utterance

HELD_OUT_SECONDS = HELD_OUT_FROM / FPS  # of the capture: nothing from here on may be heard in training
TRUTH_CACHE = CACHE / "speech-truth"
TRUTH_VERSION = 1


def read_phones(path: Path) -> list[Phone]:
    return [Phone(s, float(a), float(b)) for s, a, b in json.loads(path.read_text())["phones"]]


def cached(name: str, make) -> Utterance:
    """`make() -> Utterance`, or what it gave before."""
    path = TRUTH_CACHE / f"v{TRUTH_VERSION}" / f"{name}.npz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part.npz")
        np.savez(part, **vars(make()))
        part.replace(path)
    with np.load(path) as stored:
        return Utterance(**{k: stored[k] for k in stored.files})


def read_sound(path: Path) -> tuple[np.ndarray, int]:
    import soundfile

    audio, rate = soundfile.read(path, dtype="float32")
    return (audio if audio.ndim == 1 else audio.mean(1)), rate


def synthetic_stems(voices_held_out: bool) -> list[Path]:
    """Finished lines of the speech set, without suffix: of the held-out voices, or of the training voices."""
    stems = sorted(p.with_suffix("") for p in SPEECH_SET.glob("*/*.json"))
    return [s for s in stems if (s.parent.name in HELD_OUT_VOICES) == voices_held_out]


def unheard_stems() -> list[Path]:
    """Finished lines of the held-out voices whose sentences no training voice says, sentence by sentence."""
    return sorted(
        (s for s in synthetic_stems(voices_held_out=True) if int(s.name) >= HELD_OUT_UTTERANCES),
        key=lambda s: (s.name, s.parent.name),
    )


def unheard_lines() -> list[tuple[np.ndarray, int, list[Phone]]]:
    """A minute of such lines, two of each voice, which every clone has: sound, rate, phones."""
    return [(*read_sound(p.with_suffix(".ogg")), read_phones(p)) for p in sorted(UNHEARD_LINES.glob("*.json"))]


def synthetic_sound(stem: Path) -> tuple[np.ndarray, int, list[Phone]]:
    return *read_sound(stem.with_suffix(".flac")), read_phones(stem.with_suffix(".json"))


def synthetic(stem: Path) -> Utterance:
    return cached(f"{stem.parent.name}-{stem.name}", lambda: utterance(*synthetic_sound(stem)))


def capture_phones(capture: Path = CAPTURE) -> list[Phone]:
    with open(capture / "phones.csv", newline="") as file:
        return [Phone(r["ipa"], float(r["start_s"]), float(r["end_s"])) for r in csv.DictReader(file)]


def capture_training() -> Utterance:
    """The capture's own voice, up to its held-out part."""
    audio, rate = read_sound(CAPTURE / "voice.flac")
    phones = [p for p in capture_phones() if p.end <= HELD_OUT_SECONDS]
    return cached("capture", lambda: utterance(audio[: int(HELD_OUT_SECONDS * rate)], rate, phones))


@dataclass(frozen=True)
class Source:
    """One recording that may be heard in training; loaded when asked for."""

    name: str
    load: Callable[[], Utterance]


def training_set(real: bool) -> Iterator[tuple[str, Source]]:
    """(voice, source) of everything that may be heard in training and is on disk now."""
    yield "am_michael", Source("capture", capture_training)
    for stem in synthetic_stems(voices_held_out=False):
        yield stem.parent.name, Source(f"{stem.parent.name}-{stem.name}", partial(synthetic, stem))
    if real:
        from lipsplat.speech.align import real_training_names, real_utterance

        for name in real_training_names():
            yield "ljspeech", Source(name, partial(real_utterance, name))
