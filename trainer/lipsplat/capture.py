"""A capture folder (see ../shared/subject/README.md) as arrays."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import av
import av.filter
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
    """Frames first ≤ i < last as (n,H,W[,3]) uint8; "rgb24" by BT.709, "gray" as stored."""
    out = []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        colours = bt709(stream) if pixels == "rgb24" else None
        for i, frame in enumerate(container.decode(stream)):
            if last is not None and i >= last:
                break
            if i < first:
                continue
            if colours is None:
                out.append(frame.to_ndarray(format=pixels))
            else:
                colours.push(frame)
                out.append(colours.pull().to_ndarray())
    return np.stack(out)


def bt709(stream: av.VideoStream) -> av.filter.Graph:
    """From BT.709 video to RGB to the nearest step; swscale's quick way is 0.7 to 1.5 of 255 too dark."""
    graph = av.filter.Graph()
    flags = "accurate_rnd+full_chroma_int+full_chroma_inp+bicubic"
    graph.link_nodes(
        graph.add_buffer(template=stream),
        graph.add("scale", f"in_color_matrix=bt709:flags={flags}"),
        graph.add("format", "rgb24"),
        graph.add("buffersink"),
    ).configure()
    return graph
