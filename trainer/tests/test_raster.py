"""The C++ rasterizer against a float64 reference written apart from it, picture and gradients."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from lipsplat.raster import Pinhole, rasterize

CAMERA = Pinhole(48, 40, 60.0, 24.0, 20.0)


def scene(count: int, seed: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    spread, centre = torch.tensor([0.6, 0.5, 0.5]), torch.tensor([0, 0, 3.0])
    mean = torch.randn(count, 3, generator=generator) * spread + centre
    half = 0.12 * torch.randn(count, 3, 3, generator=generator)
    full = half @ half.transpose(1, 2) + 0.002 * torch.eye(3)
    covariance = full.flatten(1)[:, [0, 1, 2, 4, 5, 8]]
    return [
        mean,
        covariance,
        0.1 + 0.8 * torch.rand(count, generator=generator),
        torch.rand(count, 3, generator=generator),
    ]


def reference(mean: Tensor, covariance: Tensor, opacity: Tensor, colour: Tensor) -> Tensor:
    """One Gaussian after another over the whole image, as ARCHITECTURE.md states it."""
    order = torch.argsort(mean[:, 2].detach(), stable=True)
    mean, covariance, opacity, colour = (x[order] for x in (mean, covariance, opacity, colour))
    k, z = CAMERA, mean[:, 2]
    limit_x, limit_y = 1.3 * 0.5 * k.width / k.focal, 1.3 * 0.5 * k.height / k.focal
    u, v = (mean[:, 0] / z).clamp(-limit_x, limit_x), (mean[:, 1] / z).clamp(-limit_y, limit_y)
    zero, focal = torch.zeros_like(z), k.focal / z
    jacobian = torch.stack([torch.stack([focal, zero, -focal * u], 1), torch.stack([zero, focal, -focal * v], 1)], 1)
    full = covariance[:, [0, 1, 2, 1, 3, 4, 2, 4, 5]].view(-1, 3, 3)
    conic = torch.linalg.inv(jacobian @ full @ jacobian.transpose(1, 2) + 0.3 * torch.eye(2, dtype=z.dtype))
    x, y = k.cx + k.focal * mean[:, 0] / z, k.cy + k.focal * mean[:, 1] / z
    grid = [torch.arange(n, dtype=z.dtype) + 0.5 for n in (k.height, k.width)]
    rows, columns = torch.meshgrid(*grid, indexing="ij")
    image, through = torch.zeros(k.height, k.width, 4, dtype=z.dtype), torch.ones(k.height, k.width, dtype=z.dtype)
    for i in range(len(z)):
        d = torch.stack([columns - x[i], rows - y[i]], 2)
        alpha = opacity[i] * torch.exp(-0.5 * (d @ conic[i] * d).sum(2))
        counts = (alpha >= 1 / 255) & (through >= 1e-4)
        alpha = torch.where(counts, alpha.clamp(max=0.99), torch.zeros_like(alpha))
        image = image + (alpha * through)[..., None] * torch.cat([colour[i], torch.ones(1, dtype=z.dtype)])
        through = through * (1 - alpha)
    return image


@pytest.mark.parametrize("seed", [0, 1])
def test_picture_and_gradients_match_the_reference(seed: int) -> None:
    ours = [x.clone().requires_grad_() for x in scene(60, seed)]
    exact = [x.double().clone().requires_grad_() for x in scene(60, seed)]
    image, truth = rasterize(*ours, CAMERA), reference(*exact)
    # float32 sums of some tens of terms below one
    assert (image - truth).abs().max() < 2e-5
    weight = torch.randn(image.shape, generator=torch.Generator().manual_seed(9))
    (image * weight).sum().backward()
    (truth * weight.double()).sum().backward()
    for mine, theirs in zip(ours, exact):
        assert (mine.grad - theirs.grad).abs().max() < 1e-4 * theirs.grad.abs().max()


def test_hostile_gaussians_are_dropped_and_leave_the_rest_alone() -> None:
    good = scene(20, 3)
    bad = [x.clone() for x in scene(5, 4)]
    bad[0][0, 0], bad[0][1, 2], bad[1][2, 0], bad[2][3], bad[0][4, 2] = torch.nan, -1.0, torch.inf, torch.nan, 0.19
    both = rasterize(*(torch.cat([g, b]) for g, b in zip(good, bad)), CAMERA)
    assert torch.equal(both, rasterize(*good, CAMERA))


def test_an_empty_scene_is_transparent() -> None:
    assert rasterize(*(x[:0] for x in scene(1, 0)), CAMERA).abs().max() == 0
