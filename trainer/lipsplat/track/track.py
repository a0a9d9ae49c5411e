"""What tracking finds in a video: the camera, the head's pose in every frame, and the person's shape."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lipsplat.track.adjust import AdjustConfig, adjust
from lipsplat.track.flow import FlowConfig, follow_points
from lipsplat.track.footage import Footage, open_footage
from lipsplat.track.head_model import head_model
from lipsplat.track.landmarks import check_found
from lipsplat.track.motion import Motion, between, track_motion
from lipsplat.track.pose import angles_of


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


@dataclass(frozen=True)
class TrackConfig:
    focal: float | None = None  # px; None: searched (eq 7)
    focal_frames: int = 16  # that the search looks at
    identity_frames: int = 32  # from which the person's shape is fitted
    flow: FlowConfig | None = FlowConfig()  # None: poses as the landmarks have them
    adjust: AdjustConfig = AdjustConfig()
    smooth: int = 7  # frames over which poses are smoothed; 0: none


def quiet(done: int, of: int) -> None:
    pass


def track_video(
    video: Path | Footage | np.ndarray,
    landmarks: np.ndarray,
    config: TrackConfig = TrackConfig(),
    progress: Callable[[int, int], None] = quiet,
    takes: Sequence[int] = (),
) -> Track:
    """The head in every frame of a video: a file, or its frames (F,H,W,3) uint8; landmarks (F,478,3) of find_landmarks.

    progress: called with how many of how many steps (two a frame) are done. takes: first frames of all takes but
    the first. Raises ValueError, naming the frame and what to do, where there are too few faces to track.
    """
    footage = open_footage(video)
    check_found(landmarks)
    count = len(landmarks)
    motion = track_motion(
        head_model(), landmarks, footage.size, config.focal, config.focal_frames, config.identity_frames,
        lambda done, _: progress(done, 2 * count),
    )  # fmt: skip
    good = motion.good
    if config.flow is not None:
        motion = between(motion, good)
        sheets = follow_points(
            head_model(), motion, footage, config.flow, lambda done, _: progress(count + done, 2 * count)
        )
        motion, good = adjust(motion, sheets, np.array(footage.size) / 2, config.adjust)
    progress(2 * count, 2 * count)
    return as_track(between(motion, good, config.smooth, takes), good, footage.size)


def as_track(motion: Motion, steady: np.ndarray, size: tuple[int, int]) -> Track:
    """The camera is put where the head's usual place is the head model's own."""
    model = head_model()
    position = motion.pivot - np.median(motion.at, 0)
    return Track(
        size=size,
        focal=motion.focal,
        principal=np.array(size) / 2,
        position=position,
        rotation=angles_of(motion.rotation),
        translation=motion.at + position - motion.pivot,
        pivot=motion.pivot,
        shape=model.shape(motion.identity),
        names=model.expressions,
        weights=motion.expression.astype(np.float32),
        steady=steady,
    )
