"""Weights that others trained, of networks that are in no package: where they are looked for, and what is missing.

What needs them runs where they lie in torch's hub folder and is off elsewhere; one that asks for it by name is told
what to copy or install.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import torch


class MissingPretrained(ValueError):
    """Something was asked for whose package or weights are not on this machine; the message has the remedy."""


@dataclass(frozen=True)
class Need:
    weights: str  # file in torch's hub folder
    module: str | None = None  # to be imported
    packages: str = ""  # to be installed for it


NEEDS = {
    "lpips": Need("alexnet-owt-7be5be79.pth", "lpips", "lpips torchvision"),
    "fid": Need("pt_inception-2015-12-05-6726825d.pth", "pytorch_fid", "pytorch-fid torchvision"),
    "vgg loss": Need("vgg16-397923af.pth"),
    "lpips loss": Need("vgg16-397923af.pth", "lpips", "lpips"),
}


def weights_of(name: str) -> Path:
    return Path(torch.hub.get_dir()) / "checkpoints" / NEEDS[name].weights


def missing(name: str) -> str | None:
    """What keeps `name` from being had here, and the remedy; None if nothing does."""
    need, path = NEEDS[name], weights_of(name)
    if need.module and not importlib.util.find_spec(need.module):
        return f"{name} needs a package: pip install {need.packages}"
    if not path.exists():
        return f"{name} needs {need.weights}, which is not in {path.parent}: copy it there from a machine that has it"
    return None


def require(names: Iterable[str]) -> None:
    """Raises MissingPretrained for the first that cannot be had here."""
    for name in names:
        if why := missing(name):
            raise MissingPretrained(why)
