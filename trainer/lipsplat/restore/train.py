"""The restorer's training: the avatar's own frames to the footage, gaps cut between head and torso (eq 28-29)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from lipsplat.paths import CACHE
from lipsplat.portrait.losses import dissimilarity, edges
from lipsplat.restore import STEPS
from lipsplat.restore.data import Lessons
from lipsplat.restore.masks import GROWTH, band, random_band
from lipsplat.restore.network import RestorerNet, RestorerShape
from lipsplat.training import Run

SOFT = 1.5  # sigma of the masks' edges, pixels


@dataclass(frozen=True)
class TrainConfig:
    out: Path = CACHE / "restore" / "run"
    steps: int = STEPS
    batch: int = 2
    rate: float = 1e-3
    average: float = 0.998
    save_every: int = 500
    perceptual: float = 0.02  # of 1 − SSIM and of the edges, beside L1
    squared: float = 2.0  # of the squared error, which the mean minimises where noise is symmetric
    gap: float = 0.15  # share of lessons with a gap
    wall: float = 0.25  # share of lessons before a wall of another colour, where there is a matte
    outside: float = 0.3  # weight of pixels outside the band
    seed: int = 0


def lesson(x: Lessons, i: int, config: TrainConfig, chance: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Drawn and wanted picture (h,w,3) 0..1 of frame i and the weight (h,w) of each pixel.

    Wanted is the footage, but within the face what is drawn: that is the renderer's affair, and where its lips err no
    network can tell. One that learns faces here learns the training frames' by heart (held-out chins lose up to 4 dB).
    """
    drawn, truth = x.drawn[i] / np.float32(255), x.truth[i] / np.float32(255)
    plate, behind = x.plate / np.float32(255), x.behind[i][..., None] / np.float32(255)
    if x.wall[i].any() and chance.random() < config.wall:
        change = chance.random(3, dtype=np.float32) - plate
        bare = x.bare[..., None] / np.float32(255) * change
        drawn, truth = drawn + behind * bare, truth + x.wall[i][..., None] / np.float32(255) * change
        plate = plate + bare
    kept = cv2.GaussianBlur(x.face[i].astype(np.float32), (0, 0), SOFT)[..., None]  # (h,w,1)
    truth = truth + kept * (drawn - truth)
    if chance.random() < config.gap:
        other = plate if chance.random() < 0.5 else x.drawn[chance.integers(len(x))] / np.float32(255)
        share = cv2.GaussianBlur(random_band(x.face[i], chance).astype(np.float32), (0, 0), SOFT)[..., None]
        drawn = drawn + share * chance.uniform(0.2, 1) * (other - drawn)
    weight = np.where(band(x.face[i], GROWTH), 1, config.outside).astype(np.float32)
    return drawn.clip(0, 1), truth.clip(0, 1), weight


def train(x: Lessons, shape: RestorerShape, config: TrainConfig = TrainConfig()) -> RestorerNet:
    """Resumable; returns the averaged network."""
    torch.manual_seed(config.seed)
    run = Run("restorer", RestorerNet(shape), config, warm_up=100)
    chance = np.random.default_rng([config.seed, run.first])
    matted = np.flatnonzero(x.wall.any((1, 2)))
    for step in run.steps():
        chosen = chance.integers(len(x), size=config.batch)
        if len(matted):
            chosen[0] = chance.choice(matted)
        drawn, truth, weight = (
            torch.from_numpy(np.stack(part)) for part in zip(*(lesson(x, i, config, chance) for i in chosen))
        )
        picture, wanted = drawn.permute(0, 3, 1, 2).contiguous(), truth.permute(0, 3, 1, 2)  # (B,3,h,w)
        restored = picture + run.model(picture, torch.from_numpy(x.pose[chosen]))
        before = (picture - wanted).abs().mean(1)  # (B,h,w): what leaving all as it is would score
        shown = {"l1 before": (before * weight / weight.sum()).sum()}
        run.learn(step, losses(restored, wanted, weight, config), shown)
    return run.average.eval()


def losses(restored: Tensor, truth: Tensor, weight: Tensor, config: TrainConfig) -> dict[str, Tensor]:
    """restored, truth (B,3,h,w) 0..1, weight (B,h,w). Eq 29 with a perceptual term that needs no download."""
    difference, share = restored - truth, (weight / weight.sum() / 3)[:, None]
    shapes = torch.stack([dissimilarity(a, b) + edges(a, b) for a, b in zip(restored, truth)]).mean()
    return {
        "l1": (difference.abs() * share).sum(),
        "l2": config.squared * (difference.square() * share).sum(),
        "perceptual": config.perceptual * shapes,
    }
