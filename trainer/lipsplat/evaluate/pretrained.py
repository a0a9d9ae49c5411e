"""LPIPS (Zhang et al. 2018) and FID (Heusel et al. 2017): their networks' weights are in no package.

Each is measured where `lipsplat.pretrained` finds them, and is None elsewhere; `lipsplat eval --require lpips fid`
refuses instead, and says what is missing.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from lipsplat.pretrained import missing

FEATURES = 2048  # of Inception's last pooling


def picture_tensor(picture: np.ndarray) -> Tensor:
    """(H,W,3) uint8 -> (1,3,H,W) in 0..1."""
    return torch.from_numpy(np.ascontiguousarray(picture)).float().permute(2, 0, 1)[None] / 255


@torch.no_grad()
def lpips(truths: list[np.ndarray], renders: list[np.ndarray]) -> float | None:
    """Mean LPIPS (AlexNet) of pairs of pictures (H,W,3) uint8: 0 alike."""
    if missing("lpips"):
        return None
    from lpips import LPIPS

    net = LPIPS(net="alex", verbose=False).eval()
    pairs = zip(truths, renders, strict=True)
    return float(np.mean([float(net(*(2 * picture_tensor(x) - 1 for x in pair))) for pair in pairs]))


def fid(truths: list[np.ndarray], renders: list[np.ndarray]) -> float | None:
    """Distance of two sets of pictures (H,W,3) uint8 in Inception's features; of a few hundred it reads too high."""
    if missing("fid"):
        return None
    from pytorch_fid.fid_score import calculate_frechet_distance
    from pytorch_fid.inception import InceptionV3

    net = InceptionV3([InceptionV3.BLOCK_INDEX_BY_DIM[FEATURES]]).eval()

    @torch.no_grad()
    def statistics(pictures: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        features = np.stack([net(picture_tensor(x))[0].flatten().numpy() for x in pictures])  # (n,2048)
        return features.mean(0), np.cov(features, rowvar=False)

    (mean_a, spread_a), (mean_b, spread_b) = statistics(truths), statistics(renders)
    return float(calculate_frechet_distance(mean_a, spread_a, mean_b, spread_b))
