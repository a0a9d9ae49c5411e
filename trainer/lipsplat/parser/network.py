"""The parser's U-Net: a picture and its cues to the score of every part at every pixel."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from lipsplat.parser.cues import CUES

PARTS = 7  # BACKGROUND … MOUTH of lipsplat.capture
WEIGHTS = Path(__file__).parent / "weights.npz"


@dataclass(frozen=True)
class ParserShape:
    """Channels at 1/2, 1/4 … of the input's size."""

    channels: tuple[int, ...] = (16, 32, 64, 96, 128)


def block(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True),
        nn.Conv2d(outputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True),
    )  # fmt: skip


class ParserNet(nn.Module):
    """Every level halves the picture; the first takes 2×2 pixels as channels, and the last gives them back."""

    def __init__(self, shape: ParserShape = ParserShape()) -> None:
        super().__init__()
        self.shape = shape
        inputs = [(3 + CUES) * 4, *shape.channels[:-1]]
        self.down = nn.ModuleList(block(a, b) for a, b in zip(inputs, shape.channels, strict=True))
        pairs = list(zip(shape.channels[:-1], shape.channels[1:], strict=True))[::-1]
        self.up = nn.ModuleList(block(a + b, a) for a, b in pairs)
        self.last = nn.Conv2d(shape.channels[0], PARTS * 4, 3, padding=1)

    def forward(self, picture: Tensor) -> Tensor:  # (B,7,H,W) in 0..1, H and W divisible by 32 -> (B,7,H,W) logits
        x, kept = functional.pixel_unshuffle(2 * picture - 1, 2), []
        for i, level in enumerate(self.down):
            x = level(x if i == 0 else functional.max_pool2d(x, 2))
            kept.append(x)
        kept.pop()
        for level in self.up:
            wide = functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = level(torch.cat([wide, kept.pop()], 1))
        return functional.pixel_shuffle(self.last(x), 2)


def export_parser(net: ParserNet, out: Path = WEIGHTS) -> Path:
    """Float16 weights with their sizes."""
    kept = {k: v for k, v in net.state_dict().items() if v.is_floating_point()}
    arrays = {k: v.cpu().numpy().astype(np.float16 if v.ndim > 1 else np.float32) for k, v in kept.items()}
    np.savez(out, shape=json.dumps(asdict(net.shape)), **arrays)
    return out


@lru_cache(2)
def shipped_parser(path: Path = WEIGHTS) -> ParserNet:
    """The parser that ships with the trainer. Raises FileNotFoundError where there is none."""
    if not Path(path).exists():
        raise FileNotFoundError(f"no parser at {path}: run `lipsplat train-parser`")
    with np.load(path) as stored:
        channels = tuple(json.loads(str(stored["shape"]))["channels"])
        weights = {k: torch.from_numpy(stored[k].astype(np.float32)) for k in stored.files if k != "shape"}
    net = ParserNet(ParserShape(channels))
    net.load_state_dict(weights, strict=False)  # but for the norms' counters
    return net.eval().requires_grad_(False)
