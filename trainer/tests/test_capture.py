"""A capture whose parts do not belong together is told apart in one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from lipsplat.capture import load_capture, read_video
from lipsplat.paths import CAPTURE

SIZE, FRAMES = 64, 12


def film(path: Path, frames: int = FRAMES, rate: int = 25, size: int = SIZE) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.width = stream.height = size
        stream.pix_fmt = "yuv420p"
        for i in range(frames):
            picture = np.full((size, size, 3), 20 * i, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small capture in order, with the poses of the real one."""
    film(tmp_path / "capture.mp4")
    camera = json.loads((CAPTURE / "camera.json").read_text())
    (tmp_path / "camera.json").write_text(json.dumps(camera | {"size": SIZE}))
    motion = dict(np.load(CAPTURE / "motion.npz"))
    per_frame = {k: motion[k][:FRAMES] for k in ("weights", "rotation", "translation", "gaze")}
    np.savez(tmp_path / "motion.npz", **(motion | per_frame))
    soundfile.write(tmp_path / "voice.flac", np.zeros(FRAMES * 960, np.float32), 24_000)
    return tmp_path


def test_a_capture_in_order_is_taken(folder: Path) -> None:
    assert len(load_capture(folder)) == FRAMES


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda f: film(f / "capture.mp4", size=32), "32×32, camera.json says 64×64: crop and scale"),
        (lambda f: film(f / "capture.mp4", rate=30), "30 frames a second, 25 are needed: ffmpeg"),
        (lambda f: film(f / "capture.mp4", frames=9), "they part at frame 9; track the video again"),
        (lambda f: soundfile.write(f / "voice.flac", np.zeros(2400), 24_000), "before frame 2 of 12: give the whole"),
        (lambda f: (f / "voice.flac").unlink(), "voice.flac is missing"),
    ],
)
def test_what_does_not_belong_together_is_named(folder: Path, spoil: Callable[[Path], object], says: str) -> None:
    spoil(folder)
    with pytest.raises((ValueError, FileNotFoundError), match=says):
        load_capture(folder)


def test_colours_are_those_of_the_standard(tmp_path: Path) -> None:
    """BT.709 video of known luma and chroma, decoded to within rounding."""
    y, u, v = 140, 110, 160
    luma, blue, red = (y - 16) / 219, (u - 128) / 224, (v - 128) / 224
    truth = 255 * np.array([luma + 1.5748 * red, luma - 0.18733 * blue - 0.46813 * red, luma + 1.8556 * blue])
    with av.open(str(tmp_path / "flat.mkv"), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = SIZE, SIZE, "yuv420p"
        planes = np.concatenate([np.full(SIZE * SIZE, y), np.full(SIZE * SIZE // 4, u), np.full(SIZE * SIZE // 4, v)])
        frame = av.VideoFrame.from_ndarray(planes.astype(np.uint8).reshape(-1, SIZE), format="yuv420p")
        frame.colorspace, frame.color_range = 1, 1
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert np.abs(read_video(tmp_path / "flat.mkv", "rgb24")[0] - truth).max() <= 1
