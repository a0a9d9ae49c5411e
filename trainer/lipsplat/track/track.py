"""What tracking finds in a video: the camera, the head's pose in every frame, and the person's shape."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Track:
    """F frames. Axes, units and the head's motion about `pivot` are those of ARCHITECTURE.md, "Spaces and times"."""

    size: tuple[int, int]  # width, height of a frame
    focal: float  # px
    principal: np.ndarray  # (2,) px
    position: np.ndarray  # (3,) of the camera, dm; it looks along −z
    rotation: np.ndarray  # (F,3) pitch, yaw, roll in radians
    translation: np.ndarray  # (F,3) dm
    pivot: np.ndarray  # (3,) dm
    shape: dict[str, float]  # weights of the kit's targets, for lipsplat.mesh.build_head
    names: tuple[str, ...]  # of the 52 ARKit coefficients
    weights: np.ndarray  # (F,52) coefficients as fitted
    steady: np.ndarray  # (F,) bool: frames whose pose can be trusted; the others' is filled in between

    def __len__(self) -> int:
        return len(self.rotation)

    def save(self, path: Path) -> None:
        """One .npz; nothing is left half written."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part.npz")
        np.savez_compressed(part, **(vars(self) | {"shape": json.dumps(self.shape), "names": np.array(self.names)}))
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> Track:
        with np.load(path) as file:
            kept = {name: file[name] for name in file.files}
        width, height = (int(n) for n in kept["size"])
        return cls(**kept | {
            "size": (width, height), "focal": float(kept["focal"]), "shape": json.loads(str(kept["shape"])),
            "names": tuple(str(name) for name in kept["names"]),
        })  # fmt: skip
