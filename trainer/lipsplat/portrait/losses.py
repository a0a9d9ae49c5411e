"""What the picture is held to."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

SSIM_WINDOW, SSIM_STRIDE = 8, 4
C1, C2 = 0.01**2, 0.03**2


def dissimilarity(a: Tensor, b: Tensor) -> Tensor:
    """1 − SSIM over 8×8 windows every 4 pixels: (3,H,W) twice -> scalar. Coarser than the metric, ten times cheaper."""
    stack = torch.cat([a, b, a * a, b * b, a * b])[None]
    mean_a, mean_b, aa, bb, ab = functional.avg_pool2d(stack, SSIM_WINDOW, SSIM_STRIDE)[0].view(5, 3, -1)
    var_a, var_b, cov = aa - mean_a**2, bb - mean_b**2, ab - mean_a * mean_b
    ssim = (2 * mean_a * mean_b + C1) * (2 * cov + C2) / ((mean_a**2 + mean_b**2 + C1) * (var_a + var_b + C2))
    return 1 - ssim.mean()


def edges(a: Tensor, b: Tensor, scales: int = 3) -> Tensor:
    """Mean difference of the slopes of two images (3,H,W) at 1/2, 1/4 and 1/8 size: blur costs, noise hardly."""
    difference, total = (a - b)[None], a.new_zeros(())
    for _ in range(scales):
        difference = functional.avg_pool2d(difference, 2)
        total = total + difference.diff(dim=2).abs().mean() + difference.diff(dim=3).abs().mean()
    return total / scales


def picture_loss(image: Tensor, truth: Tensor, weight: Tensor, dssim: float, edge: float = 0.0) -> Tensor:
    """image, truth (H,W,3) in 0..1, weight (H,W): weighted L1 plus D-SSIM (eq 17), and the edges where asked for."""
    l1 = ((image - truth).abs().mean(2) * weight).sum() / weight.sum()
    a, b = image.permute(2, 0, 1), truth.permute(2, 0, 1)
    loss = (1 - dssim) * l1 + dssim * dissimilarity(a, b)
    return loss + edge * edges(a, b) if edge else loss
