"""How a portrait is trained."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from lipsplat.capture import HELD_OUT_FROM
from lipsplat.portrait.model import AttributeStart, PortraitShape
from lipsplat.portrait.perceptual import Perceptual


@dataclass(frozen=True)
class TrainConfig:
    shape: PortraitShape = field(default_factory=PortraitShape)
    stage_1: int = 2_000  # iterations, one frame each
    stage_2: int = 16_000
    last_frame: int = HELD_OUT_FROM
    start_from: Path | None = None  # another run's checkpoint: stage 2 goes on from it, with other features or fewer
    start: AttributeStart = "all"  # Table IV
    masked: bool = True  # attention keeps to its half of the face
    dssim: float = 0.2
    edge: float = 0.1
    perceptual: Perceptual = "none"  # by a network whose weights must be on disk
    perceptual_weight: float = 0.01
    mouth_share: float = 0.5  # of stage 2's iterations look at the mouth alone
    lip_noise: float = 0.03  # other voices' features scatter about this one's
    relocate_every: int = 500
    relocate_until: float = 0.6  # of each stage
    checkpoint_every: int = 500
    sheet_every: int = 1_000
    seed: int = 0
    # learning rates (start, end of the stage; exponential between); positions in dm
    position: tuple[float, float] = (3e-4, 1e-5)
    rotation: tuple[float, float] = (2e-3, 2e-4)
    log_scale: tuple[float, float] = (8e-3, 5e-4)
    opacity: tuple[float, float] = (3e-2, 3e-3)
    sh: tuple[float, float] = (4e-3, 3e-4)
    triplane: tuple[float, float] = (1e-2, 5e-4)
    networks: tuple[float, float] = (2e-3, 1e-4)
