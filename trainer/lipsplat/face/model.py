"""The capturer's network (eq 4): one eye with its brow, seen beside the same at rest, and the landmarks of both frames.

A coefficient is small against the difference between two faces, so the network compares two frames of one person:
it says by how much each coefficient changed, and, less surely, what it is. The mouth is read off the landmarks alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lipsplat.face.align import GEOMETRY
from lipsplat.face.names import EYE_NAMES, MOUTH_NAMES, SIDE


@dataclass(frozen=True)
class FaceConfig:
    stem: int = 24
    widths: tuple[int, ...] = (32, 64, 80)
    points: int = 64  # features of the landmarks
    hidden: int = 128
    crops: bool = True  # ablations: without pictures, without landmarks
    landmarks: bool = True


class Block(nn.Module):
    """A residual block (He et al. 2016) that halves the picture."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.down = nn.Sequential(nn.Conv2d(before, after, 3, 2, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU())
        self.body = nn.Sequential(
            nn.Conv2d(after, after, 3, 1, 1, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(),
            nn.Conv2d(after, after, 3, 1, 1, bias=False),
            nn.BatchNorm2d(after),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.down(x)
        return torch.relu(x + self.body(x))


class FaceNet(nn.Module):
    def __init__(self, config: FaceConfig = FaceConfig()) -> None:
        super().__init__()
        self.config = config
        c = config
        blocks = [Block(a, b) for a, b in zip((c.stem, *c.widths), c.widths)]
        self.picture = nn.Sequential(
            nn.Conv2d(2, c.stem, 5, 2, 2, bias=False), nn.BatchNorm2d(c.stem), nn.ReLU(), *blocks, nn.Flatten()
        )
        size = SIDE // 2 ** (len(c.widths) + 1)
        self.register_buffer("mean", torch.zeros(GEOMETRY))
        self.register_buffer("spread", torch.ones(GEOMETRY))  # of single frames
        self.register_buffer("change", torch.ones(GEOMETRY))  # of differences of two frames of a person
        self.points = nn.Sequential(nn.Linear(2 * GEOMETRY, c.points), nn.ReLU())
        self.eye = nn.Sequential(
            nn.Dropout(0.1),
            nn.Linear(c.widths[-1] * size * size + c.points, c.hidden),
            nn.ReLU(),
            nn.Linear(c.hidden, 2 * len(EYE_NAMES) + 4),
        )
        self.mouth = nn.Sequential(
            nn.Linear(2 * GEOMETRY, c.hidden), nn.ReLU(), nn.Dropout(0.1), nn.Linear(c.hidden, len(MOUTH_NAMES))
        )

    def forward(self, crops: Tensor, geometry: Tensor, rest: Tensor) -> tuple[Tensor, Tensor]:
        """crops (n,2,64,64): grey, 0 to 255, now and at rest; geometry, rest (n,375) of the two frames.

        Returns (n,20): how much each of EYE_NAMES changed since rest, what each is, gaze outward and down in
        GAZE_SCALE, how much that changed; and (n,29): MOUTH_NAMES. Right sides come mirrored, and so do their answers.
        """
        mean = crops.mean((2, 3), keepdim=True)
        crops = (crops - mean) / ((crops - mean).square().mean((2, 3), keepdim=True) + 25.0).sqrt()
        points = torch.cat([(geometry - rest) / self.change, (geometry - self.mean) / self.spread], 1).clamp(-4, 4)
        seen, felt = self.picture(crops) if self.config.crops else None, self.points(points)
        seen = felt.new_zeros(len(felt), self.eye[1].in_features - felt.shape[1]) if seen is None else seen
        felt = felt if self.config.landmarks else 0 * felt
        return self.eye(torch.cat([seen, felt], 1)), self.mouth(points)
