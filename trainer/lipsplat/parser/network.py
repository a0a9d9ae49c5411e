"""The parser's U-Net: a picture and its cues to the score of every part at every pixel."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from lipsplat.parser.cues import CUES
from lipsplat.weights import read_weights, save_weights

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
    return save_weights(out, net.shape, net.state_dict())


@lru_cache(2)
def shipped_parser(path: Path = WEIGHTS) -> ParserNet:
    """The parser that ships with the trainer. Raises FileNotFoundError where there is none."""
    shape, weights = read_weights(path, "run `lipsplat train-parser`")
    net = ParserNet(ParserShape(**shape))
    net.load_state_dict(weights, strict=False)  # but for the norms' counters
    return net.eval().requires_grad_(False)
