"""Pairs to learn from: anybody's coefficients, and what this avatar would show for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lipsplat.codec.channels import CODED, PARTS, pick, to_arkit
from lipsplat.codec.others import other_motion, wild_motion
from lipsplat.codec.plausible import Shown
from lipsplat.face.names import ARKIT

CLIP = 128  # frames
KINDS = {"own": 0.25, "stretched": 0.2, "others": 0.45, "wild": 0.1}  # shares of the clips


@dataclass(frozen=True)
class Pairs:
    given: Tensor  # (clips,CLIP,52)
    wanted: Tensor  # (clips,CLIP,11): the coded channels, 0 at the least that was shown and 1 at the most

    def batch(self, chance: np.random.Generator, count: int, frames: int) -> tuple[Tensor, Tensor]:
        """Windows (count,frames,52) and (count,frames,11)."""
        clip = torch.from_numpy(chance.integers(0, len(self.given), count))
        first = torch.from_numpy(chance.integers(0, CLIP - frames + 1, count))
        at = first[:, None] + torch.arange(frames)
        return self.given[clip[:, None], at], self.wanted[clip[:, None], at]


def own_clip(shown: Shown, chance: np.random.Generator) -> np.ndarray:
    """(CLIP,13): what was filmed, at 0.8 to 1.25 times its speed, each part of the face from a moment of its own."""
    out = np.zeros((CLIP, shown.frames.shape[1]), np.float32)
    apart = chance.random() < 0.6
    speed, start = 1.0, None
    for columns in (*PARTS.values(), tuple(i for i in range(out.shape[1]) if i not in CODED)):
        if start is None or apart:
            speed = 1.0 if chance.random() < 0.5 else chance.uniform(0.8, 1.25)
            length = min(speed * (CLIP - 1), len(shown.frames) - 1.001)
            start = chance.uniform(0, len(shown.frames) - 1 - length)
            start = np.floor(start) if speed == 1.0 else start
            at = start + np.linspace(0, length, CLIP)
        low, share = at.astype(int), (at % 1)[:, None]
        part = shown.frames[:, list(columns)]
        out[:, list(columns)] = part[low] * (1 - share) + part[np.minimum(low + 1, len(part) - 1)] * share
    return out


def unused(chance: np.random.Generator) -> np.ndarray:
    """(CLIP,52): somebody's coefficients where no channel names them, else 0; often none."""
    if chance.random() < 0.3:
        return np.zeros((CLIP, len(ARKIT)), np.float32)
    named = pick(np.eye(len(ARKIT))).any(1)  # (52,)
    return other_motion(chance, CLIP) * ~named


def make_pairs(shown: Shown, clips: int, seed: int) -> Pairs:
    """What the avatar showed stays as it is; what others show goes to the nearest that it showed."""
    chance = np.random.default_rng((41, seed))
    given = np.empty((clips, CLIP, len(ARKIT)), np.float32)
    wanted = np.empty((clips, CLIP, shown.frames.shape[1]), np.float32)
    kinds = chance.choice(list(KINDS), clips, p=list(KINDS.values()))
    for i, kind in enumerate(kinds):
        if kind in ("own", "stretched"):
            wanted[i] = own_clip(shown, chance)
            given[i] = to_arkit(wanted[i]) + unused(chance)
            if chance.random() < 0.3:
                given[i] += chance.normal(0, chance.uniform(0, 0.015), given[i].shape)  # a tracker's noise
        if kind == "stretched":
            gain = 2.0 ** chance.uniform(-1, 1) * 2.0 ** chance.uniform(-0.4, 0.4, len(ARKIT))
            rest = chance.uniform(0, 0.25, len(ARKIT)) * (chance.random(len(ARKIT)) < 0.15)
            given[i] = given[i] * gain + rest
        if kind in ("others", "wild"):
            given[i] = (other_motion if kind == "others" else wild_motion)(chance, CLIP)
    given = given.clip(0, 1)
    mapped = kinds != "own"
    flat = pick(given[mapped]).reshape(-1, wanted.shape[-1])
    wanted[mapped] = shown.project(flat).reshape(-1, CLIP, wanted.shape[-1])
    return Pairs(torch.from_numpy(given), torch.from_numpy(shown.scaled(wanted)[..., list(CODED)].astype(np.float32)))
