"""Perceptual losses by a network that was trained on photographs: VGG16's features, alone or with LPIPS' weights.

Off by default, for the weights are in no package (`lipsplat.pretrained` says where they are looked for).
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from lipsplat.pretrained import require, weights_of

Perceptual = Literal["none", "vgg", "lpips"]
PATCH = 128  # pixels a side: the network would take seconds for a whole frame on a CPU
STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))  # of VGG16, a pooling between
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of the photographs it was trained on


class PerceptualLoss(nn.Module):
    """Squared distance of two pictures' features after each stage of VGG16, every pixel's of length 1.

    `vgg` counts every channel alike (after Johnson et al. 2016); `lpips` by the weights that were fitted to people's
    judgement (Zhang et al. 2018). Frozen. Raises MissingPretrained where the weights are not on disk.
    """

    def __init__(self, kind: Literal["vgg", "lpips"]) -> None:
        super().__init__()
        require([f"{kind} loss"])
        state = torch.load(weights_of(f"{kind} loss"), map_location="cpu", weights_only=True)
        self.stages = nn.ModuleList()
        inputs, at = 3, 0  # `at`: the convolution's number among the layers of torchvision's `features`
        for widths in STAGES:
            layers: list[nn.Module] = [nn.MaxPool2d(2)] if at else []
            at += bool(at)
            for outputs in widths:
                convolution = nn.Conv2d(inputs, outputs, 3, padding=1)
                convolution.load_state_dict({k: state[f"features.{at}.{k}"] for k in ("weight", "bias")})
                layers += [convolution, nn.ReLU()]
                inputs, at = outputs, at + 2
            self.stages.append(nn.Sequential(*layers))
        heads = lpips_heads() if kind == "lpips" else [torch.ones(1, w[-1], 1, 1) for w in STAGES]
        for k, head in enumerate(heads):
            self.register_buffer(f"head_{k}", head)
        for name, value in (("mean", MEAN), ("deviation", DEVIATION)):
            self.register_buffer(name, torch.tensor(value)[:, None, None])
        self.requires_grad_(False)

    def forward(self, image: Tensor, truth: Tensor) -> Tensor:
        """image, truth (3,h,w) in 0..1, 16 pixels a side or more -> scalar ≥ 0."""
        x = (torch.stack([image, truth]) - self.mean) / self.deviation  # (2,3,h,w)
        total = image.new_zeros(())
        for k, stage in enumerate(self.stages):
            x = stage(x)
            a, b = functional.normalize(x, eps=1e-8)
            total = total + ((a - b).square() * self.get_buffer(f"head_{k}")[0]).sum(0).mean()
        return total


def lpips_heads() -> list[Tensor]:
    """The channels' weights (1,C,1,1) of each stage, from the installed package, which need not be imported."""
    spec = importlib.util.find_spec("lpips")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("lpips")
    state = torch.load(Path(spec.origin).parent / "weights" / "v0.1" / "vgg.pth", map_location="cpu", weights_only=True)
    return [state[f"lin{k}.model.1.weight"] for k in range(len(STAGES))]


def patch(image: Tensor, truth: Tensor, chance: torch.Generator) -> tuple[Tensor, Tensor]:
    """The same part of both pictures (h,w,3), anywhere, at most PATCH pixels a side: (3,h',w') twice."""
    rows, columns = (
        slice(first := int(torch.randint(max(size - PATCH, 0) + 1, (), generator=chance)), first + PATCH)
        for size in image.shape[:2]
    )
    return image[rows, columns].permute(2, 0, 1), truth[rows, columns].permute(2, 0, 1)
