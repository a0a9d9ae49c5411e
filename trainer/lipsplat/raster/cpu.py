"""Our C++ rasterizer as a PyTorch function."""

from __future__ import annotations

import torch
from torch import Tensor

from lipsplat.raster.native import library
from lipsplat.raster.pinhole import Pinhole


class _Plan:
    """Owns what the forward pass leaves for the backward pass."""

    def __init__(self, handle: int):
        self.handle = handle

    def __del__(self):
        library().raster_free(self.handle)


class _Rasterize(torch.autograd.Function):
    @staticmethod
    def forward(ctx, mean, covariance, opacity, colour, screen, camera: Pinhole):
        inputs = [t.detach().float().contiguous() for t in (mean, covariance, opacity, colour)]
        image = torch.empty(camera.height, camera.width, 4)
        ctx.plan = _Plan(
            library().raster_forward(
                len(mean), *(t.data_ptr() for t in inputs), camera.width, camera.height,
                camera.focal, camera.cx, camera.cy, image.data_ptr(),
            )
        )  # fmt: skip
        ctx.save_for_backward(inputs[0], inputs[1], image)
        return image

    @staticmethod
    def backward(ctx, d_image):
        mean, covariance, image = ctx.saved_tensors
        n = len(mean)
        d_image = d_image.float().contiguous()
        grads = [torch.zeros(n, k) for k in (3, 6, 1, 3, 2)]
        library().raster_backward(
            ctx.plan.handle, mean.data_ptr(), covariance.data_ptr(), image.data_ptr(), d_image.data_ptr(),
            *(g.data_ptr() for g in grads),
        )  # fmt: skip
        d_mean, d_covariance, d_opacity, d_colour, d_screen = grads
        return d_mean, d_covariance, d_opacity[:, 0], d_colour, d_screen, None


def rasterize_cpu(
    mean: Tensor, covariance: Tensor, opacity: Tensor, colour: Tensor, camera: Pinhole, screen: Tensor | None
) -> Tensor:
    screen = torch.zeros(len(mean), 2) if screen is None else screen
    return _Rasterize.apply(mean, covariance, opacity, colour, screen, camera)
