"""Which Gaussians the picture needs."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from lipsplat.portrait.data import Lessons
from lipsplat.portrait.model import Portrait

FRAMES = 20  # that tell what is seen


@torch.enable_grad()
def contributions(portrait: Portrait, lessons: Lessons, frames: int = FRAMES) -> Tensor:
    """(N,) pixels: each Gaussian's blending weights, summed over a frame by the blend mask, in the frame with most."""
    most = torch.zeros(portrait.shape.gaussians, device=portrait.pivot.device)
    for i in np.linspace(0, len(lessons) - 1, frames).astype(int):
        lesson = lessons[i]
        with torch.no_grad():
            offset = portrait.offsets(lesson.lip, lesson.expression)
            offset[:, 11:14] += 2  # no colour is cut at 0, so that each one's gradient is its weight
        offset.requires_grad_()
        image = portrait.draw_with(offset, lesson.pose, lesson.view)
        (weight,) = torch.autograd.grad((image[..., 0] * lesson.mask).sum(), offset)
        most = torch.maximum(most, weight[:, 11])
    return most


def keep(state: dict[str, Tensor], which: Tensor) -> dict[str, Tensor]:
    """A portrait's state with the Gaussians `which` (M,) alone."""
    return {k: v[which] if k.startswith("canonical.") else v for k, v in state.items()}
