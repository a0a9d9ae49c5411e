"""Differentiable rasterizer: our own C++ on the CPU, gsplat on CUDA. Conventions: ARCHITECTURE.md."""

from __future__ import annotations

from torch import Tensor

from lipsplat.raster.cpu import rasterize_cpu
from lipsplat.raster.cuda import rasterize_cuda
from lipsplat.raster.pinhole import Pinhole

__all__ = ["Pinhole", "rasterize"]


def rasterize(
    mean: Tensor,  # (N,3) camera axes: x right, y down, z depth; dm
    covariance: Tensor,  # (N,6) xx xy xz yy yz zz in the same axes; dm²
    opacity: Tensor,  # (N,) in 0..1
    colour: Tensor,  # (N,3) sRGB, not negative
    camera: Pinhole,
    screen: Tensor | None = None,  # (N,2) zeros; its .grad receives the gradient of the image position
) -> Tensor:  # (height, width, 4): premultiplied colour, coverage
    back_end = rasterize_cuda if mean.is_cuda else rasterize_cpu
    return back_end(mean, covariance, opacity, colour, camera, screen)
