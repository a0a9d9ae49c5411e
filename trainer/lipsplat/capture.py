"""A capture folder (see ../shared/subject/README.md) as arrays."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import av.filter
import numpy as np

HELD_OUT_FROM = 1289  # of the default capture: frames from here on are for measuring, never for training
HELD_OUT = 289  # frames at the end of any capture are kept for measuring; at most a fifth of them
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

    @property
    def held_out_from(self) -> int:
        return len(self) - min(HELD_OUT, len(self) // 5)

    def frames(self, first: int = 0, last: int | None = None) -> np.ndarray:
        """(n,H,W,3) uint8 sRGB."""
        return np.stack(list(self.each_frame(first, last)))

    def labels(self, first: int = 0, last: int | None = None) -> np.ndarray:
        """(n,H,W) uint8: BACKGROUND … MOUTH."""
        return np.stack(list(self.each_label(first, last)))

    def each_frame(self, first: int = 0, last: int | None = None, every: int = 1) -> Iterator[np.ndarray]:
        """(H,W,3) uint8 sRGB, one at a time; every n-th from the first."""
        return each_picture(self.folder / "capture.mp4", "rgb24", first, last, every)

    def each_label(self, first: int = 0, last: int | None = None, every: int = 1) -> Iterator[np.ndarray]:
        """(H,W) uint8: BACKGROUND … MOUTH, one at a time."""
        return (x // 40 for x in each_picture(self.folder / "labels.mkv", "gray", first, last, every))

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
    camera = json.loads((folder / "camera.json").read_text())
    check_footage(folder, camera["size"], len(motion["rotation"]))
    return Capture(
        folder,
        camera,
        expression.astype(np.float32),
        motion["rotation"].astype(np.float32),
        motion["translation"].astype(np.float32),
    )


def check_footage(folder: Path, size: int, poses: int) -> None:
    """Raises ValueError, naming the frame and what to do, where picture, sound and poses do not belong together."""
    import soundfile

    with av.open(str(folder / "capture.mp4")) as container:
        if not container.streams.video:
            raise ValueError("capture.mp4 holds no picture: film again")
        video = container.streams.video[0]
        if (video.width, video.height) != (size, size):
            raise ValueError(
                f"capture.mp4 is {video.width}×{video.height}, camera.json says {size}×{size}: crop and scale "
                "the video to a square of that size and track it again"
            )
        if video.average_rate != FPS:
            raise ValueError(
                f"capture.mp4 has {float(video.average_rate):g} frames a second, {FPS} are needed: "
                f"ffmpeg -i capture.mp4 -r {FPS} new.mp4, and track that"
            )
        if video.frames and video.frames != poses:
            raise ValueError(
                f"capture.mp4 has {video.frames} frames, motion.npz {poses}: they part at frame "
                f"{min(video.frames, poses)}; track the video again"
            )
    heard = soundfile.info(folder / "voice.flac").duration
    if heard < poses / FPS - 0.2:
        raise ValueError(
            f"voice.flac ends at {heard:.2f} s, before frame {int(heard * FPS)} of {poses}: give the whole sound, or "
            "cut the video there"
        )


def read_video(path: Path, pixels: str, first: int = 0, last: int | None = None) -> np.ndarray:
    """Frames first ≤ i < last as (n,H,W[,3]) uint8; "rgb24" by BT.709, "gray" as stored."""
    return np.stack(list(each_picture(path, pixels, first, last)))


def each_picture(
    path: Path, pixels: str, first: int = 0, last: int | None = None, every: int = 1
) -> Iterator[np.ndarray]:
    """`read_video`'s frames one at a time, every n-th of them: no length of video fills the memory."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        colours = bt709(stream) if pixels == "rgb24" else None
        for i, frame in enumerate(decoded(container, stream, path.name)):
            if last is not None and i >= last:
                break
            if i < first or (i - first) % every:
                continue
            if colours is None:
                yield frame.to_ndarray(format=pixels)
            else:
                colours.push(frame)
                yield colours.pull().to_ndarray()


def decoded(container: av.container.InputContainer, stream: av.VideoStream, name: str) -> Iterator[av.VideoFrame]:
    """The frames of a stream; ValueError names the first that is damaged."""
    i = 0
    try:
        for frame in container.decode(stream):
            yield frame
            i += 1
    except av.FFmpegError as error:
        raise ValueError(f"{name} is damaged after frame {i - 1} ({error}): copy or encode it again") from error


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
