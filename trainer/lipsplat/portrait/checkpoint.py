"""What a portrait's training goes on from: its own last checkpoint, or another run's portrait."""

from __future__ import annotations

import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from lipsplat.portrait.config import TrainConfig
from lipsplat.portrait.data import Lessons
from lipsplat.portrait.model import Portrait, PortraitShape
from lipsplat.portrait.prune import contributions, keep


def write_checkpoint(path: Path, config: TrainConfig, step: int, state: dict[str, Any]) -> None:
    """Raises RuntimeError where there is no room; the checkpoint before it stays."""
    part = path.with_suffix(".part")
    try:
        torch.save({"step": step, "shape": asdict(config.shape), "start": config.start} | state, part)
        os.replace(part, path)
    except (OSError, RuntimeError) as error:
        part.unlink(missing_ok=True)
        raise RuntimeError(
            f"{path} cannot be written at iteration {step} ({error}): make room and run the same command again, it "
            "goes on from the checkpoint before"
        ) from error


def read_checkpoint(path: Path, config: TrainConfig, device: torch.device) -> dict[str, Any]:
    """Raises ValueError where it was made with other sizes or another start."""
    saved = torch.load(path, map_location=device, weights_only=True)
    begun = saved.get("start", "appearance")
    if saved["shape"] != asdict(config.shape) or begun != config.start:
        raise ValueError(
            f"{path} was made with other sizes {saved['shape']} or another start, {begun}: give another --work folder "
            "or delete it"
        )
    return saved


def adopt(portrait: Portrait, checkpoint: Path, lessons: Lessons) -> None:
    """Another run's portrait; where this one has fewer Gaussians, those that the picture needs most.

    Raises ValueError where that run's sizes are others, or its Gaussians fewer.
    """
    p, device = portrait, portrait.pivot.device
    saved = torch.load(checkpoint, map_location=device, weights_only=True)
    shape = PortraitShape(**saved["shape"])
    if shape.gaussians < p.shape.gaussians or replace(shape, gaussians=0) != replace(p.shape, gaussians=0):
        raise ValueError(
            f"{checkpoint} was made with other sizes {saved['shape']}: ask for the same, or for fewer Gaussians"
        )
    whole = Portrait(
        shape, p.triplane.low, p.triplane.high, p.pivot, float(p.nose_y), saved.get("start", "appearance"), p.masked
    ).to(device)  # fmt: skip
    whole.load_state_dict(saved["portrait"])
    which = torch.topk(contributions(whole, lessons), p.shape.gaussians).indices.sort().values
    p.load_state_dict(keep(saved["portrait"], which), strict=False)  # stage 1's networks may differ
