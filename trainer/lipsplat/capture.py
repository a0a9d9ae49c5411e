"""A capture folder (see ../shared/subject/README.md) as arrays."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

HELD_OUT_FROM = 1289  # frames from here on are for measuring, never for training
FPS = 25
EXPRESSION = [
    *("browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight"),
    *("eyeBlinkLeft", "eyeBlinkRight", "gazeYaw", "gazePitch", "mouthSmileLeft", "mouthSmileRight"),
    *("eyeSquintLeft", "eyeSquintRight"),
]
GAZE = ("gazeYaw", "gazePitch")
BACKGROUND, TORSO, NECK, SKIN, HAIR, EYE, MOUTH = range(7)  # values of the labels


@dataclass(frozen=True)
class Capture:
    """F frames; frame i stands for t = (i + 0.5) / 25 s of the voice."""

    folder: Path
    camera: dict  # camera.json: pinhole, px, dm
    expression: np.ndarray  # (F,13) float32: the order of EXPRESSION; coefficients 0..1, gaze in radians
    rotation: np.ndarray  # (F,3) float32: pitch, yaw, roll in radians
    translation: np.ndarray  # (F,3) float32: dm

    def __len__(self) -> int:
        return len(self.rotation)

    def frames(self, first: int = 0, last: int | None = None) -> np.ndarray:
        """(n,H,W,3) uint8 sRGB."""
        return read_video(self.folder / "capture.mp4", "rgb24", first, last)

    def labels(self, first: int = 0, last: int | None = None) -> np.ndarray:
        """(n,H,W) uint8: BACKGROUND … MOUTH."""
        return read_video(self.folder / "labels.mkv", "gray", first, last) // 40

    def voice(self) -> tuple[np.ndarray, int]:
        """Mono float32 sound and its rate in Hz."""
        import soundfile

        return soundfile.read(self.folder / "voice.flac", dtype="float32")

    def opening(self) -> np.ndarray:
        """(F,) lip opening of the mesh, dm."""
        with open(self.folder / "opening.csv", newline="") as file:
            return np.array([float(row["opening_dm"]) for row in csv.DictReader(file)], np.float32)


def load_capture(folder: Path) -> Capture:
    folder = Path(folder)
    for name in ("capture.mp4", "motion.npz", "camera.json", "voice.flac"):
        if not (folder / name).exists():
            raise FileNotFoundError(f"{folder / name} is missing: a capture needs it (see the subject's README)")
    motion = np.load(folder / "motion.npz")
    column = {str(name): i for i, name in enumerate(motion["names"])}
    expression = np.stack(
        [motion["gaze"][:, GAZE.index(n)] if n in GAZE else motion["weights"][:, column[n]] for n in EXPRESSION], 1
    )
    return Capture(
        folder,
        json.loads((folder / "camera.json").read_text()),
        expression.astype(np.float32),
        motion["rotation"].astype(np.float32),
        motion["translation"].astype(np.float32),
    )


def read_video(path: Path, pixels: str, first: int = 0, last: int | None = None) -> np.ndarray:
    """Frames first ≤ i < last as (n,H,W[,3]) uint8; colours by the matrix the file names (BT.709 for H.264)."""
    out = []
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        for i, frame in enumerate(container.decode(video=0)):
            if last is not None and i >= last:
                break
            if i >= first:
                matrix = (
                    {"src_colorspace": "ITU709"}
                    if pixels == "rgb24" and not frame.format.name.startswith("gray")
                    else {}
                )
                out.append(
                    frame.reformat(format=pixels, **matrix).to_ndarray() if matrix else frame.to_ndarray(format=pixels)
                )
    return np.stack(out)
