"""The same interface on a GPU, by gsplat (Apache-2.0): `pip install gsplat` beside a CUDA build of PyTorch."""

from __future__ import annotations

import torch
from torch import Tensor

from lipsplat.raster.pinhole import Pinhole


def rasterize_cuda(
    mean: Tensor,  # (N,3) camera axes
    covariance: Tensor,  # (N,6) xx xy xz yy yz zz
    opacity: Tensor,  # (N,)
    colour: Tensor,  # (N,3)
    camera: Pinhole,
    screen: Tensor | None,  # (N,2): its .grad receives the gradient of the image position
) -> Tensor:  # (height, width, 4)
    try:
        from gsplat import rasterization
    except ImportError as error:
        raise RuntimeError("training on CUDA needs gsplat: pip install gsplat, or choose --device cpu") from error
    symmetric = covariance[:, [0, 1, 2, 1, 3, 4, 2, 4, 5]].view(-1, 3, 3)
    intrinsics = torch.tensor(
        [[camera.focal, 0, camera.cx], [0, camera.focal, camera.cy], [0, 0, 1]], device=mean.device, dtype=mean.dtype
    )
    image, coverage, meta = rasterization(
        means=mean, quats=None, scales=None, opacities=opacity, colors=colour, covars=symmetric,
        viewmats=torch.eye(4, device=mean.device)[None], Ks=intrinsics[None], width=camera.width, height=camera.height,
        near_plane=0.2, eps2d=0.3, packed=False,
    )  # fmt: skip
    if screen is not None and screen.requires_grad:
        meta["means2d"].register_hook(lambda gradient: setattr(screen, "grad", gradient.reshape(-1, 2)))
    return torch.cat([image[0], coverage[0]], 2)
