"""The discriminator's examples, filmed by other hands, under other light, spoken by other throats."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from lipsplat.sync.model import HIGHEST, LOWEST, MELS, SHARE


def random_views(count: int, chance: np.random.Generator) -> Tensor:
    """Affine maps (count,2,3): a little larger, turned, moved, and mirrored half of the time."""
    scale = SHARE * np.exp(chance.uniform(-0.12, 0.08, count))
    turn = chance.uniform(-0.06, 0.06, count)
    side = np.where(chance.random(count) < 0.5, -1, 1)
    shift = chance.uniform(-1, 1, (count, 2)) * (1 - np.minimum(scale, 1))[:, None]
    cos, sin = np.cos(turn), np.sin(turn)  # maps count in half widths and half heights, 4 : 3
    rows = [
        [side * scale * cos, -scale * sin * 0.75, shift[:, 0]],
        [side * scale * sin / 0.75, scale * cos, shift[:, 1]],
    ]
    return torch.from_numpy(np.array(rows).transpose(2, 0, 1).astype(np.float32))


def vocal_tracts(count: int, chance: np.random.Generator) -> Tensor:
    """Maps of log-mel (count,80,80) that make each speaker's vocal tract up to 12 % shorter or longer (VTLP)."""
    mel = 2595 * np.log10(1 + np.array([LOWEST, HIGHEST]) / 700)
    bands = np.linspace(*mel, MELS)
    hertz = 700 * (10 ** (bands / 2595) - 1)  # (80,)
    heard = 2595 * np.log10(1 + hertz * np.exp(chance.uniform(-0.12, 0.12, (count, 1))) / 700)  # (count,80)
    at = ((heard - mel[0]) / (mel[1] - mel[0]) * (MELS - 1)).clip(0, MELS - 1)
    weights = np.maximum(1 - np.abs(at[:, :, None] - np.arange(MELS)), 0)
    return torch.from_numpy(weights.astype(np.float32))


def under_other_light(crops: Tensor, generator: torch.Generator) -> Tensor:
    """Crops (B,F,h,w) in 0..1 with a smooth shade over each clip, and grain, of another strength for each."""
    count, _, height, width = crops.shape
    strength = torch.rand(count, 1, 1, 1, generator=generator)
    shade = torch.randn(count, 1, 3, 4, generator=generator) * 0.3 * strength
    shade = functional.interpolate(shade, (height, width), mode="bicubic", align_corners=True)
    grain = 0.1 * torch.rand(count, 1, 1, 1, generator=generator) * (torch.rand(crops.shape, generator=generator) - 0.5)
    return crops * shade.exp() + grain
