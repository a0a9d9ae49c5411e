"""What the discriminator learns from: finished clips, and the windows of a step."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lipsplat.speech.augment import augment
from lipsplat.speech.dataset import training_set
from lipsplat.speech.truth import TRUTH_RATE
from lipsplat.sync.clips import LATE_MOUTH
from lipsplat.sync.config import SyncTrainConfig
from lipsplat.sync.held_out import VALIDATION_VOICES
from lipsplat.sync.model import (
    FPS,
    FRAME_SAMPLES,
    FRAMES,
    SyncConfig,
    mel_of,
    view_crops,
    windows_of_frames,
    windows_of_mel,
)
from lipsplat.sync.variation import random_views, under_other_light, vocal_tracts

NEAREST, FARTHEST = 5, 15  # frames between the windows of a negative pair


@dataclass(frozen=True)
class Clip:
    """One recording and its mouth; frame i stands for (i + 0.5)/25 s."""

    crops: np.ndarray | None  # (F,72,96) uint8, memory-mapped; None: only heard
    pcm: np.ndarray | None  # (N,) int16 at 16 kHz; None: only seen
    visemes: np.ndarray  # (F,15)
    spoken: np.ndarray  # (F,) bool
    voice: str
    identity: int | None

    def __len__(self) -> int:
        """Frames that have all there is of picture and sound."""
        seen = len(self.visemes) if self.crops is None else len(self.crops)
        return seen if self.pcm is None else min(seen, len(self.pcm) // FRAME_SAMPLES)


@lru_cache(10_000)
def load_clip(path: Path) -> Clip:
    """The clip whose sound and truth are at `path` (STEM.npz), its crops beside it."""
    with np.load(path) as stored:
        about = json.loads(str(stored["about"]))
        rest = [stored[k] for k in ("pcm", "visemes", "spoken")]
    return Clip(np.load(path.with_suffix(".npy"), mmap_mode="r"), *rest, about["voice"], about["identity"])


def load_clips(folder: Path) -> list[Clip]:
    """Finished clips; each is read once. Raises FileNotFoundError where there are none."""
    paths = [p for p in sorted(folder.glob("*.npz")) if p.suffixes == [".npz"]]
    if not paths:
        raise FileNotFoundError(f"{folder} holds no clips: make some with `lipsplat sync-clips`")
    return [load_clip(p) for p in paths]


@lru_cache(1)
def heard_clips() -> list[Clip]:
    """All speech that may be heard in training, as clips without a picture, mouths at the time of `clips`."""
    late = round(LATE_MOUTH * TRUTH_RATE / FPS)  # the speech set's truth comes so much after a real mouth
    found = []
    for voice, source in training_set(real=True):
        if voice in VALIDATION_VOICES:
            continue
        u = source.load()
        at = np.arange(TRUTH_RATE // FPS // 2 + late, len(u.weights), TRUTH_RATE // FPS)  # the frames' middles
        found.append(Clip(None, u.pcm, u.weights[at], u.phone[at] > 0, voice, None))
    return found


def spoken_windows(clip: Clip) -> np.ndarray:
    """Whether each window (F−4,) of the clip has a spoken phone in it."""
    spoken = clip.spoken[: len(clip)].astype(int)
    return np.convolve(spoken, np.ones(FRAMES, int), "valid") > 0


def choose_windows(clip: Clip, count: int, chance: np.random.Generator) -> np.ndarray | None:
    """Starts (count,) of spoken windows, 5 to 7 frames apart; None where the clip is too short."""
    starts = np.cumsum(chance.integers(5, 8, count))
    room = len(clip) - FRAMES - (starts[-1] - starts[0])
    if room < 0:
        return None
    return starts - starts[0] + chance.integers(0, room + 1)


Choice = tuple[Clip, np.ndarray]  # a clip and its windows' starts (n,)


@dataclass(frozen=True)
class Batch:
    """B clips, n windows each."""

    crops: Tensor | None  # (B·n,5,h,w); None where clips are only heard
    mel: Tensor | None  # (B·n,80,16); None where they are only seen
    visemes: Tensor  # (B·n,75)
    spoken: Tensor  # (B·n,) bool
    same: Tensor  # (B,n,n) bool: face window and sound window are the same
    apart: Tensor  # (B,n,n) bool: a negative pair


def batch_of(clips: list[Clip], config: SyncTrainConfig, step: int) -> Batch:
    """The examples of one step; the same for the same step and clips."""
    chance = np.random.default_rng((config.seed, step))
    generator = torch.Generator().manual_seed(config.seed * 1_000_003 + step)
    chosen: list[Choice] = []
    for _ in range(1000):
        clip = clips[chance.integers(len(clips))]
        starts = choose_windows(clip, config.windows, chance)
        if starts is not None:
            chosen.append((clip, starts))
        if len(chosen) == config.batch:
            break
    else:
        raise ValueError(f"clips: fewer than {config.batch} in 1000 are long enough for {config.windows} windows")
    starts = torch.from_numpy(np.stack([s for _, s in chosen]))  # (B,n)
    first = starts - starts[:, :1]
    span = int(first.max()) + FRAMES
    crops = mel = None
    if clips[0].crops is not None:
        seen = pictures(chosen, span, config.model, chance, generator)
        crops = torch.cat([windows_of_frames(s, at) for s, at in zip(seen, first, strict=True)])
    if clips[0].pcm is not None:
        heard = sounds(chosen, span, config.augmented, chance, generator)
        mel = torch.cat([windows_of_mel(m, at + 1) for m, at in zip(heard, first, strict=True)])
    spoken = torch.from_numpy(np.stack([spoken_windows(clip)[at] for clip, at in chosen]))  # (B,n)
    distance = (starts[:, :, None] - starts[:, None]).abs()  # (B,n,n)
    both = spoken[:, :, None] & spoken[:, None]
    visemes = [c.visemes[s[:, None] + np.arange(FRAMES)].reshape(len(s), -1) for c, s in chosen]
    return Batch(
        crops,
        mel,
        torch.from_numpy(np.concatenate(visemes).astype(np.float32)),
        spoken.flatten(),
        both & (distance == 0),
        both & (distance >= NEAREST) & (distance <= FARTHEST),
    )


def pictures(
    chosen: list[Choice], span: int, config: SyncConfig, chance: np.random.Generator, generator: torch.Generator
) -> Tensor:
    """What is seen (B,span,h,w) from each first window on, filmed anew."""
    crops = np.zeros((len(chosen), span, *chosen[0][0].crops.shape[1:]), np.uint8)
    for k, (clip, starts) in enumerate(chosen):
        frames = clip.crops[starts[0] : starts[0] + span]
        crops[k, : len(frames)] = frames
    seen = view_crops(torch.from_numpy(crops), random_views(len(chosen), chance), config)
    return under_other_light(seen, generator)


def sounds(
    chosen: list[Choice], span: int, augmented: float, chance: np.random.Generator, generator: torch.Generator
) -> Tensor:
    """Log-mel (B,80,m) from a frame before each first window to a frame after the span, by other speakers and, in a
    share of the batches, in other rooms."""
    pcm = np.zeros((len(chosen), (span + 2) * FRAME_SAMPLES), np.float32)
    for k, (clip, starts) in enumerate(chosen):
        a = (starts[0] - 1) * FRAME_SAMPLES
        sound = clip.pcm[max(a, 0) : a + pcm.shape[1]] / np.float32(32768)
        pcm[k, max(-a, 0) : max(-a, 0) + len(sound)] = sound
    sound = torch.from_numpy(pcm)
    if chance.random() < augmented:
        sound = augment(sound, torch.zeros(len(chosen), dtype=torch.bool), generator)
    return vocal_tracts(len(chosen), chance) @ mel_of(sound)
