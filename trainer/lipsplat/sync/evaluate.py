"""The discriminator's figures (keys as in ../shared/design/FIGURES.md)."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lipsplat.paths import SHARED
from lipsplat.sync.batches import FARTHEST, NEAREST, Clip, load_clips, spoken_windows
from lipsplat.sync.clips import CLIPS
from lipsplat.sync.model import FRAMES, Discriminator, similarity
from lipsplat.sync.offset import embeddings, read_clip, shifted_offsets
from lipsplat.sync.train import load_discriminator

ALIKE = 0.1  # share of the pairs out of sync
REAL_CLIPS = SHARED / "data" / "real-clips"


def pairs(clip: Clip, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """For every spoken window, its start and that of a spoken window 5 to 15 frames away: (n,), (n,)."""
    spoken = spoken_windows(clip)
    mine, other = [], []
    for at in np.flatnonzero(spoken):
        far = [b for d in range(NEAREST, FARTHEST + 1) for b in (at - d, at + d) if 0 <= b < len(spoken) and spoken[b]]
        if far:
            mine.append(at)
            other.append(far[chance.integers(len(far))])
    return np.array(mine, int), np.array(other, int)


def shapes(clip: Clip, starts: np.ndarray) -> np.ndarray:
    """The mouth's true viseme weights (n,75) in the windows that begin at frames `starts` (n,)."""
    return clip.visemes[starts[:, None] + np.arange(FRAMES)].astype(np.float32).reshape(len(starts), -1)


def scores(model: Discriminator, clips: list[Clip], seed: int = 1) -> tuple[Tensor, Tensor, np.ndarray]:
    """Similarities (n,) of windows in sync, and (n,) of the same faces with sounds 5 to 15 frames away; and how far
    the mouth's true shapes (n,) of the latter's face and sound are apart."""
    chance = np.random.default_rng(seed)
    positive, negative, apart = [], [], []
    for clip in clips:
        face, sound = embeddings(model, clip.crops, clip.pcm)
        at, other = pairs(clip, chance)
        if len(at):
            positive.append(similarity(face[at], sound[at]))
            negative.append(similarity(face[at], sound[other]))
            apart.append(np.linalg.norm(shapes(clip, at) - shapes(clip, other), axis=1))
    return torch.cat(positive), torch.cat(negative), np.concatenate(apart)


def told_right(same: Tensor, apart: Tensor, threshold: float = 0.5) -> tuple[float, float]:
    """Shares of the pairs in sync that are kept, and of those out of sync that are refused."""
    return float((same > threshold).float().mean()), float((apart <= threshold).float().mean())


def calibrated(model: Discriminator, clips: list[Clip] | None = None) -> Discriminator:
    """The same discriminator with 0.5 where the most pairs of the validation clips are told right."""
    same, apart, _ = scores(model, load_clips(CLIPS / "validation") if clips is None else clips)
    best = max(np.arange(0.05, 0.5, 0.005), key=lambda threshold: sum(told_right(same, apart, threshold)))
    model.config = replace(model.config, common=math.sqrt(1 - 2 * best))
    return model


def sync_accuracy(model: Discriminator, clips: list[Clip], seed: int = 1) -> dict[str, float]:
    """Share of balanced pairs told right at similarity 0.5: `sync_accuracy`, and the shares by kind.

    sync_accuracy_unlike: without the tenth of the pairs out of sync whose mouths are most alike, five to fifteen frames
    apart though they are; a third of all that is taken for in sync lies there.
    """
    same, apart, distance = scores(model, clips, seed)
    kept, refused = told_right(same, apart)
    unlike = torch.from_numpy(distance > np.quantile(distance, ALIKE))
    return {
        "sync_accuracy": 0.5 * (kept + refused),
        "sync_accuracy_unlike": 0.5 * sum(told_right(same, apart[unlike])),
        "in_sync_kept": kept,
        "out_of_sync_refused": refused,
        "right_one_is_nearer": float((same > apart).float().mean()),
        "pairs": 2 * len(same),
    }


def offset_figures(model: Discriminator, clips: list[Clip]) -> dict[str, float]:
    """Share of whole clips, shifted by −8 … 8 frames, whose offset is found within a frame."""
    hits = [abs(f - s) <= 1 for c in clips for s, f in shifted_offsets(*embeddings(model, c.crops, c.pcm)).items()]
    return {"offsets_found": float(np.mean(hits)), "offsets": len(hits)}


def real_offsets(model: Discriminator, folder: Path = REAL_CLIPS) -> dict[str, object]:
    """For each film of a real person: all shifts −8 … 8 found within a frame?"""
    found = {}
    for path in sorted(p for p in folder.iterdir() if p.suffix in (".mpg", ".mp4")):
        offsets = shifted_offsets(*embeddings(model, *read_clip(path)))
        errors = [f - s for s, f in offsets.items()]
        found[path.name] = {"within_1": sum(abs(e) <= 1 for e in errors), "shifts": len(errors), "errors": errors}
    return {"clips_found": sum(c["within_1"] == c["shifts"] for c in found.values()), "clips": len(found)} | found


def sync_report(checkpoint: Path, split: str = "test") -> dict[str, object]:
    """All of it, of the discriminator in a checkpoint, calibrated. split: `validation` to choose by, `test` to tell."""
    model = calibrated(load_discriminator(checkpoint))
    held_out = load_clips(CLIPS / split)
    return {
        **sync_accuracy(model, held_out),
        **offset_figures(model, held_out),
        "held_out_clips": len(held_out),
        "real_clips": real_offsets(model),
        "step": torch.load(checkpoint, weights_only=False)["step"],
    }
