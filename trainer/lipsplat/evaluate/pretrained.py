"""LPIPS (Zhang et al. 2018) and FID (Heusel et al. 2017): their networks' weights are in no package.

Each is measured where its package is installed and its weights lie in torch's hub folder, and is None elsewhere;
`lipsplat eval --require lpips fid` refuses instead, and says what is missing.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

# by figure: the package to be imported, the one to be installed, and the file of weights
NEEDS = {
    "lpips": ("lpips", "lpips torchvision", "alexnet-owt-7be5be79.pth"),
    "fid": ("pytorch_fid", "pytorch-fid torchvision", "pt_inception-2015-12-05-6726825d.pth"),
}
FEATURES = 2048  # of Inception's last pooling


def missing(name: str) -> str | None:
    """What keeps the figure `name` from being measured, and the remedy; None if nothing does."""
    module, packages, weights = NEEDS[name]
    folder = Path(torch.hub.get_dir()) / "checkpoints"
    if not importlib.util.find_spec(module):
        return f"{name} needs a package: pip install {packages}"
    if not (folder / weights).exists():
        return f"{name} needs {weights}, which is not in {folder}: copy it there from a machine that has it"
    return None


def require(names: Iterable[str]) -> None:
    """Raises ValueError for the first figure that cannot be measured here."""
    for name in names:
        if why := missing(name):
            raise ValueError(why)


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
