"""The Dynamic Portrait Renderer (eq 6, 13-24): canonical Gaussians, tri-plane, masked attention, deformation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from lipsplat.portrait.draw import Pose, View, draw, place

AttributeStart = Literal["all", "appearance", "geometry", "random"]  # Table IV, best first (docs/ablation.md)
OFFSET = 14  # Δposition 3, Δquaternion 4, Δlog-scale 3, Δopacity logit 1, Δcolour 3
Array = TypeVar("Array", Tensor, np.ndarray)
SMILE = [9, 10]  # mouthSmileLeft, mouthSmileRight among the expressions


@dataclass(frozen=True)
class PortraitShape:
    """The sizes a checkpoint is read back with."""

    gaussians: int = 20_000
    lip: int = 32
    expression: int = 13
    levels: tuple[int, ...] = (64, 128)  # tri-plane resolutions
    channels: int = 8  # per plane and level
    hidden: int = 64
    attention_hidden: int = 32
    sh_degree: int = 1


class TriPlane(nn.Module):
    """Multi-level tri-plane; a point's feature is the concatenation of bilinear look-ups (eq 13-14)."""

    def __init__(self, shape: PortraitShape, low: Tensor, high: Tensor):
        super().__init__()
        self.register_buffer("low", low)  # (3,) dm
        self.register_buffer("high", high)
        self.planes = nn.ParameterList(
            nn.Parameter(0.1 * torch.randn(3, shape.channels, size, size)) for size in shape.levels
        )
        self.width = 3 * shape.channels * len(shape.levels)

    def forward(self, position: Tensor) -> Tensor:  # (N,3) -> (N, width)
        p = 2 * (position - self.low) / (self.high - self.low) - 1
        at = torch.stack([p[:, [0, 1]], p[:, [1, 2]], p[:, [2, 0]]])[:, :, None]  # (3,N,1,2): xy, yz, zx
        looked = [functional.grid_sample(plane, at, align_corners=True, padding_mode="border") for plane in self.planes]
        return torch.cat([x.squeeze(3).flatten(0, 1) for x in looked]).T  # each (3,C,N,1) -> (3C,N)


def mlp(*widths: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for a, b in zip(widths, widths[1:]):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


class Canonical(nn.Module):
    """Canonical 3D Gaussians in the head's rest pose."""

    def __init__(self, shape: PortraitShape):
        super().__init__()
        n = shape.gaussians
        self.position = nn.Parameter(torch.zeros(n, 3))
        self.rotation = nn.Parameter(torch.zeros(n, 4))  # quaternion w x y z
        self.log_scale = nn.Parameter(torch.zeros(n, 3))
        self.opacity = nn.Parameter(torch.zeros(n))  # logit
        self.sh = nn.Parameter(torch.zeros(n, (shape.sh_degree + 1) ** 2, 3))
        self.register_buffer("head_weight", torch.zeros(n))


class Deformation(nn.Module):
    """Masked attention over the conditions, then an MLP to the offsets."""

    def __init__(self, shape: PortraitShape, width: int):
        super().__init__()
        self.lip_attention = mlp(width, shape.attention_hidden, shape.lip)
        self.expression_attention = mlp(width, shape.attention_hidden, shape.expression)
        self.first = nn.Linear(width + shape.lip + shape.expression, shape.hidden)
        self.second = nn.Linear(shape.hidden, shape.hidden)
        self.offset = nn.Linear(shape.hidden, OFFSET)
        for attention in (self.lip_attention, self.expression_attention):
            nn.init.ones_(attention[-1].bias)  # begin by listening to everything
        nn.init.normal_(self.offset.weight, std=1e-2)
        nn.init.zeros_(self.offset.bias)
        # one learning rate suits every attribute when each offset is in its own unit
        scale = [0.05] * 3 + [0.1] * 4 + [0.3] * 3 + [2.0] + [0.3] * 3
        self.register_buffer("unit", torch.tensor(scale))
        # gaze is in radians, a tenth of the other conditions' range
        self.register_buffer("condition_unit", torch.tensor([1.0] * 7 + [8.0] * 2 + [2.0] * 4))

    def forward(self, feature: Tensor, lip: Tensor, expression: Tensor) -> Tensor:
        """feature (N,W), attended lip (N,32) and expression (N,13) -> offset (N,14)."""
        x = torch.cat([feature, lip, expression * self.condition_unit], 1)
        x = functional.relu(self.second(functional.relu(self.first(x))))
        return self.offset(x) * self.unit


def fade(value: Array, none: float, full: float) -> Array:
    """Smooth step: 0 at `none`, 1 at `full`."""
    t = ((value - none) / (full - none)).clip(0, 1)
    return t * t * (3 - 2 * t)


def chosen(x: Tensor, which: Tensor | None) -> Tensor:
    return x if which is None else x[which]


class Portrait(nn.Module):
    """Everything that is trained for one person."""

    def __init__(
        self, shape: PortraitShape, low: Tensor, high: Tensor, pivot: Tensor, nose_y: float,
        start: AttributeStart = "all", masked: bool = True,
    ):  # fmt: skip
        """start: what stage 1 predicts from the tri-plane; masked: whether attention keeps to its half of the face."""
        super().__init__()
        self.shape, self.start, self.masked = shape, start, masked
        self.canonical = Canonical(shape)
        self.triplane = TriPlane(shape, low, high)
        # stage 1's predictors: {SH, opacity}, {rotation, scale} (Table IV)
        self.appearance = mlp(self.triplane.width, 64, 3 * (shape.sh_degree + 1) ** 2 + 1)
        if start in ("geometry", "all"):
            self.geometry = mlp(self.triplane.width, 64, 7)
        self.deformation = Deformation(shape, self.triplane.width)
        self.register_buffer("pivot", pivot)
        self.register_buffer("nose_y", torch.tensor(nose_y))

    def attributes(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Stage 1: rotation (N,4), log-scale (N,3), opacity logit (N,), SH (N,K,3), predicted or own (eq 15)."""
        c = self.canonical
        rotation, log_scale, opacity, sh = c.rotation, c.log_scale, c.opacity, c.sh
        feature = self.triplane(c.position)
        if self.start in ("geometry", "all"):
            out = self.geometry(feature)
            rotation, log_scale = rotation + out[:, :4], log_scale + out[:, 4:]
        if self.start in ("appearance", "all"):
            out = self.appearance(feature)
            opacity, sh = out[:, 0] + 2.0, out[:, 1:].view(len(out), -1, 3)
        return rotation, log_scale, opacity, sh

    def draw_static(self, pose: Pose, view: View, screen: Tensor | None = None) -> Tensor:
        c = self.canonical
        return draw(c.position, *self.attributes(), 0.0, c.head_weight, self.pivot, pose, view, screen)

    @torch.no_grad()
    def bake_attributes(self) -> None:
        """From stage 1 to stage 2: what the tri-plane predicted becomes each Gaussian's own."""
        c = self.canonical
        for own, predicted in zip((c.rotation, c.log_scale, c.opacity, c.sh), self.attributes()):
            own.copy_(predicted)

    def offsets(self, lip: Tensor, expression: Tensor, which: Tensor | None = None) -> Tensor:
        """lip (32,), expression (13,) -> offset (N,14), or (M,14) of the Gaussians `which` (M,)."""
        a, e, feature = self.attentions(which)
        return self.deformation(feature, lip * a, expression * e)

    def attentions(self, which: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Per Gaussian: attention to the lip feature (N,32) and to the expression (N,13), and its feature (N,W).

        The paper keeps attention to its half of the face by a growing loss; a mask about the nose tip's height does it
        exactly, and has no weight to be chosen (at 0.05 that loss kept the lips from ever moving).
        """
        position = chosen(self.canonical.position.detach(), which)
        feature = self.triplane(position)
        height = position[:, 1:2] - self.nose_y  # (N,1) dm
        lower, upper = fade(height, 0.20, 0.05), fade(height, 0.00, 0.15)
        everywhere = torch.zeros(self.shape.expression, device=height.device)
        everywhere[SMILE] = 1  # a smile lifts the cheeks too
        if not self.masked:
            lower, upper = torch.ones_like(height), torch.ones_like(height)
        d = self.deformation
        lip = d.lip_attention(feature) * lower
        expression = d.expression_attention(feature) * torch.maximum(upper, everywhere)
        return lip, expression, feature

    def draw_with(
        self, offset: Tensor, pose: Pose, view: View, screen: Tensor | None = None, which: Tensor | None = None
    ) -> Tensor:
        """The Gaussians, or `which` (M,) of them, moved by offset (M,14)."""
        c = self.canonical
        position, rotation, log_scale, opacity, sh, head_weight = (
            chosen(x, which) for x in (c.position, c.rotation, c.log_scale, c.opacity, c.sh, c.head_weight)
        )
        return draw(
            position + offset[:, 0:3], rotation + offset[:, 3:7], log_scale + offset[:, 7:10], opacity + offset[:, 10],
            sh, offset[:, 11:14], head_weight, self.pivot, pose, view, screen,
        )  # fmt: skip

    @torch.no_grad()
    def near(self, pose: Pose, view: View) -> Tensor:
        """(M,) indices of the Gaussians that can show in `view`, wherever their offsets (within 0.15 dm) carry them."""
        c, k = self.canonical, view.pinhole
        placed = place(c.position, c.head_weight[:, None], self.pivot, pose)
        x, y, z = (placed - view.position).unbind(1)
        pixels = k.focal / -z
        reach = pixels * (0.15 + 3.4 * c.log_scale.amax(1).exp())  # 3.4 deviations: opacity 1 falls to 1/255
        x, y = k.cx + x * pixels, k.cy - y * pixels
        return ((x > -reach) & (x < k.width + reach) & (y > -reach) & (y < k.height + reach)).nonzero()[:, 0]
