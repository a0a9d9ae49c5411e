"""The restorer's U-Net (eq 28): small enough for every frame of a page."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

REACH = 0.6  # the largest change of a colour, of 1: as far as a wall is from skin in shadow
SLOPE = 0.125  # of what is below 0: plain ReLUs died, since a change is most often nearly nothing
FEATHER = 12  # pixels over which the change fades in at the box's edge
POSE = 6  # rotation 3 in radians, translation 3 in dm
POSE_UNIT = 10.0  # heads turn and move by about a tenth


@dataclass(frozen=True)
class RestorerShape:
    """The sizes a checkpoint is read back with."""

    box: tuple[int, int, int, int]  # x, y, width, height on the canvas, pixels; the sizes divisible by 8
    channels: tuple[int, int, int] = (16, 24, 32)  # at 1/2, 1/4 and 1/8 of the box, all divisible by 8


class RestorerNet(nn.Module):
    """The band as composited, and the head's pose, to the change that the picture needs.

    The torso keeps still under a still light: the first layer's bias is a map, not a number, so that the network knows
    where it looks. Levels are joined by sums, which cost half of what the usual concatenation does.
    """

    def __init__(self, shape: RestorerShape) -> None:
        super().__init__()
        self.shape = shape
        a, b, c = shape.channels
        _, _, width, height = shape.box
        self.place = nn.Parameter(torch.zeros(a, height // 2, width // 2))
        self.pose = nn.Linear(POSE, a, bias=False)
        self.enter = nn.Conv2d(12, a, 3, padding=1, bias=False)
        self.down = nn.Conv2d(a, b, 3, padding=1, stride=2)
        self.deep = nn.Conv2d(b, c, 3, padding=1, stride=2)
        self.deepest = nn.Conv2d(c, c, 3, padding=1)
        self.rise = nn.Conv2d(c, b, 1, bias=False)
        self.middle = nn.Conv2d(b, b, 3, padding=1)
        self.rise_again = nn.Conv2d(b, a, 1, bias=False)
        self.top = nn.Conv2d(a, a, 3, padding=1)
        self.leave = nn.Conv2d(a, 12, 3, padding=1)
        self.register_buffer("rows", ramp(height)[:, None], persistent=False)  # (h,1)
        self.register_buffer("columns", ramp(width)[None], persistent=False)  # (1,w)
        nn.init.normal_(self.leave.weight, std=1e-2)
        nn.init.zeros_(self.leave.bias)
        nn.init.normal_(self.pose.weight, std=0.05)

    def forward(self, picture: Tensor, pose: Tensor) -> Tensor:
        """picture (B,3,h,w) 0..1, pose (B,6) -> change (B,3,h,w)."""
        moved = self.pose(pose * POSE_UNIT)[:, :, None, None]  # (B,a,1,1)
        seen = self.enter(fold(picture - 0.5))
        first = active(seen + self.place + moved)  # (B,a,h/2,w/2)
        second = active(self.down(first))  # (B,b,h/4,w/4)
        deep = active(self.deepest(active(self.deep(second))))  # (B,c,h/8,w/8)
        second = active(self.middle(second + twice(self.rise(deep))))
        first = active(self.top(first + twice(self.rise_again(second))))
        return unfold(self.leave(first)).clamp(-REACH, REACH) * self.rows * self.columns


def active(x: Tensor) -> Tensor:
    return functional.leaky_relu(x, SLOPE)


def twice(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2, mode="nearest")


def fold(x: Tensor) -> Tensor:
    """(B,c,h,w) -> (B,4c,h/2,w/2): pixels of two rows, left before right, each with its channels."""
    batch, channels, height, width = x.shape
    pixels = x.view(batch, channels, height // 2, 2, width // 2, 2).permute(0, 3, 5, 1, 2, 4)
    return pixels.reshape(batch, 4 * channels, height // 2, width // 2)


def unfold(x: Tensor) -> Tensor:
    """The reverse of `fold`."""
    batch, channels, height, width = x.shape
    pixels = x.view(batch, 2, 2, channels // 4, height, width).permute(0, 3, 4, 1, 5, 2)
    return pixels.reshape(batch, channels // 4, 2 * height, 2 * width)


def ramp(length: int) -> Tensor:
    """(length,): 0 outside, 1 from FEATHER pixels inside on."""
    at = torch.arange(length) + 0.5
    return (torch.minimum(at, length - at) / FEATHER).clamp(max=1)
