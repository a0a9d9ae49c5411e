"""The frames of a video, in order and as often as wanted, without holding them all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from lipsplat.capture import each_picture


@dataclass(frozen=True)
class Footage:
    source: Path | np.ndarray  # a file, or (F,H,W,3) uint8 RGB
    size: tuple[int, int]  # width, height

    def grey(self) -> Iterator[np.ndarray]:
        """Frame after frame (H,W) uint8."""
        import cv2

        if isinstance(self.source, np.ndarray):
            for frame in self.source:
                yield cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
        else:
            yield from each_picture(self.source, "gray")


def open_footage(video: Path | str | np.ndarray | Footage) -> Footage:
    """Raises ValueError where there is no picture."""
    if isinstance(video, Footage):
        return video
    if isinstance(video, np.ndarray):
        if video.ndim != 4 or video.shape[3] != 3 or not len(video):
            raise ValueError(f"frames: want (F,H,W,3) uint8 RGB, got {video.shape}: give at least one picture")
        return Footage(video, (video.shape[2], video.shape[1]))
    with av.open(str(video)) as container:
        if not container.streams.video:
            raise ValueError(f"{Path(video).name} holds no picture: give a video")
        stream = container.streams.video[0]
        return Footage(Path(video), (stream.width, stream.height))
