"""The discriminator's data: rendered mouths of people who do not exist, speaking the speech set. Resumable, seeded.

    lipsplat sync-clips --hours 3.2

Times. Frame i of a clip stands for t = (i + 0.5)/25 s of its sound, as everywhere, but the mouth is where a real
person's is. The synthetic voices' phone times come SYNTHETIC_LAG after their own sound, and so does every mouth moved
by them as they stand (the capture's and the avatar's). Here phones are first moved to their sound, then LIP_LAG later,
so that an offset of 0 means a real clip in sync; a mouth from uncorrected phones is found LATE_MOUTH frames late.
"""

from __future__ import annotations

import json
import os
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from lipsplat.mesh import MeshRenderer, build_head, random_identity
from lipsplat.paths import CACHE, LJSPEECH, SUBJECT
from lipsplat.speech import dataset
from lipsplat.speech.align import ALIGNED, SYNTHETIC_LAG, real_training_names
from lipsplat.speech.features import to_rate
from lipsplat.speech.names import RATE, VISEMES
from lipsplat.speech.truth import Phone, phone_classes
from lipsplat.sync.crops import HEIGHT, WIDTH
from lipsplat.sync.film import OVERSIZE, film
from lipsplat.sync.held_out import (
    HELD_OUT_IDENTITIES,
    HELD_OUT_VOICES,
    TRAINING_CASTS,
    TRAINING_IDENTITIES,
    TRAINING_VOICES,
    VALIDATION_IDENTITIES,
    VALIDATION_VOICES,
)
from lipsplat.sync.model import FPS

# The lips' opening follows the loudness by 20 to 40 ms in the real clips; rendered from phones at their sound it would
# come at once or 20 ms early (correlation of opening and envelope).
LIP_LAG = 0.025  # seconds
LATE_MOUTH = (SYNTHETIC_LAG - LIP_LAG) * FPS  # frames
CLIPS = CACHE / "sync" / "v1"
HEADS = 64  # kept in memory, 5 MB each: more than there are in a cast
PARTS = ("skin", "teeth", "tongue")


# Voices and faces of each split, which meet nobody else. Real voices (LJSpeech) are in training only.
SPLITS = {
    "test": (HELD_OUT_VOICES, HELD_OUT_IDENTITIES),
    "validation": (VALIDATION_VOICES, VALIDATION_IDENTITIES),
    "train": (TRAINING_VOICES, TRAINING_IDENTITIES),
}


@dataclass(frozen=True)
class Recipe:
    """One clip: a recording and who is seen to speak it."""

    voice: str
    name: str  # of the recording
    sound: Path
    phones: Path
    identity: int

    @property
    def stem(self) -> Path:
        split = next(name for name, (_, cast) in SPLITS.items() if self.identity in cast)
        return CLIPS / split / f"{self.voice}-{self.name}-{self.identity}"

    @property
    def seed(self) -> int:
        return zlib.crc32(self.stem.name.encode())


def recipes(split: str, turn: int = 0) -> Iterator[Recipe]:
    """What can be made now, voices mixed; in training, another `turn` has another cast."""
    if not 0 <= turn < len(TRAINING_CASTS):
        raise ValueError(f"turn: {turn}; there are casts for 0 to {len(TRAINING_CASTS) - 1}")
    voices, cast = SPLITS[split]
    cast = TRAINING_CASTS[turn] if split == "train" else cast
    stems = dataset.unheard_stems() if split == "test" else dataset.synthetic_stems(voices_held_out=False)
    stems = [s for s in stems if s.parent.name in voices]
    found = [(s.parent.name, s.name, s.with_suffix(".flac"), s.with_suffix(".json")) for s in stems]
    if split == "train":
        found += [("ljspeech", n, LJSPEECH / f"{n}.flac", ALIGNED / f"{n}.json") for n in real_training_names()]
    keyed = sorted(found, key=lambda r: zlib.crc32(f"{r[0]}-{r[1]}".encode()))
    for voice, name, sound, phones in keyed:
        chance = zlib.crc32(f"{voice}-{name}-{turn}-face".encode())
        yield Recipe(voice, name, sound, phones, cast[chance % len(cast)])


@lru_cache(HEADS)
def actor(identity: int) -> MeshRenderer:
    person = random_identity(identity)
    head = build_head(person.shape, person.hair, person.brow, PARTS, only_mouth=True)
    return MeshRenderer(head, person.look, int(HEIGHT * OVERSIZE), int(WIDTH * OVERSIZE), supersample=1, texels=512)


def phones_of(recipe: Recipe) -> list[Phone]:
    """Phones at the times at which a real person's mouth would show them."""
    lag = LIP_LAG - (0.0 if recipe.voice == "ljspeech" else SYNTHETIC_LAG)
    return [Phone(p.symbol, p.start + lag, p.end + lag) for p in dataset.read_phones(recipe.phones)]


def viseme_style(weights: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Viseme weights (F,15) as this speaker makes them: more or less of each, closures kept."""
    gain = chance.uniform(0.75, 1.2) * chance.normal(1, 0.12, len(VISEMES)).clip(0.7, 1.3)
    for name in ("viseme_PP", "viseme_FF"):
        gain[VISEMES.index(name)] = 1.0
    return weights * gain


def draw_clip(recipe: Recipe, mouth: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Crops (F,72,96) uint8, sound (N,) int16 at 16 kHz, viseme weights (F,15), whether a phone is spoken (F,).

    mouth: viseme weights (F,15) to be shown instead of the phones'.
    """
    sys.path.insert(0, str(SUBJECT))
    from performance import perform  # ../shared/subject/performance.py

    chance = np.random.default_rng(recipe.seed)
    audio, rate = dataset.read_sound(recipe.sound)
    phones = phones_of(recipe)
    motion = perform(phones, audio, rate, FPS, seed=recipe.seed)
    renderer = actor(recipe.identity)
    head = renderer.head
    weights = np.array([[w.get(n, 0.0) for n in head.names] for w in motion.weights])  # (F,67)
    columns = [head.names.index(v) for v in VISEMES]
    if mouth is None:
        visemes = viseme_style(weights[:, columns], chance)
    else:  # the last begun frame may have no sound of its own
        visemes = mouth[np.minimum(np.arange(len(weights)), len(mouth) - 1)]
    weights[:, columns] = visemes
    for name, most in (("mouthPressLeft", 0.3), ("mouthFrownLeft", 0.3), ("mouthStretchLeft", 0.2),
                       ("mouthDimpleLeft", 0.3), ("mouthShrugLower", 0.2), ("cheekPuff", 0.1)):  # fmt: skip
        rest = max(chance.uniform(-most, most), 0.0)
        for side in {name, name.replace("Left", "Right")}:
            weights[:, head.names.index(side)] += rest
    vertices = head.place(
        weights,
        motion.rotation + chance.normal(0, (0.08, 0.13, 0.03)).clip(-0.25, 0.25),
        motion.translation,
        motion.gaze,
    )  # (F,V,3)
    return (
        film(renderer, vertices, chance),
        np.clip(to_rate(audio, rate, RATE) * 32767, -32768, 32767).astype(np.int16),
        visemes,
        phone_classes(phones, (np.arange(len(vertices)) + 0.5) / FPS) > 0,
    )


def write_clip(recipe: Recipe) -> None:
    """STEM.npy: crops, to be memory-mapped; STEM.npz: sound and truth, the mark of a finished clip."""
    crops, pcm, visemes, spoken = draw_clip(recipe)
    recipe.stem.parent.mkdir(parents=True, exist_ok=True)
    part = recipe.stem.with_suffix(f".{os.getpid()}.npy")
    np.save(part, crops)
    os.replace(part, recipe.stem.with_suffix(".npy"))
    part = recipe.stem.with_suffix(f".{os.getpid()}.npz")
    about = {"voice": recipe.voice, "identity": recipe.identity}
    np.savez(part, pcm=pcm, visemes=visemes.astype(np.float16), spoken=spoken, about=json.dumps(about))
    os.replace(part, recipe.stem.with_suffix(".npz"))


def make_clips(hours: float, shard: tuple[int, int] = (0, 1), turn: int = 0) -> None:
    """Make every clip of this shard that is not on disk yet: test and validation, then training clips up to `hours`."""
    import cv2

    cv2.setNumThreads(1)
    frames = made = 0
    for split in SPLITS if turn == 0 else ("train",):
        for number, recipe in enumerate(recipes(split, turn)):
            if number % shard[1] != shard[0]:
                continue
            if split == "train" and frames * shard[1] > hours * 3600 * FPS:
                return
            if not recipe.stem.with_suffix(".npz").exists():
                write_clip(recipe)
                made += 1
                if made % 10 == 0:
                    print(f"{split} {number}: {made} made, {frames / FPS / 60:.1f} min of training clips", flush=True)
            if split == "train":
                frames += len(np.load(recipe.stem.with_suffix(".npy"), mmap_mode="r"))
