"""One or more clips of any size and rate, read as pictures at 25 a second and as sound that belongs to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from lipsplat.capture import FPS
from lipsplat.create.colour import HLG, PQ, rgb

SOUND_RATE = 24_000  # Hz, of what is kept


@dataclass(frozen=True)
class Clip:
    """What the container says; frame counts of many containers are guesses, so the frames are counted when read."""

    path: Path
    width: int  # as shown, before any turn that `rotation` asks for
    height: int
    rate: float  # frames a second
    seconds: float
    sound: bool
    curve: int  # transfer characteristic

    @property
    def hdr(self) -> bool:
        return self.curve in (PQ, HLG)


@dataclass(frozen=True)
class Picture:
    """Frame `index` of the footage at 25 a second, taken from frame `source` of clip number `clip`."""

    index: int
    clip: int
    source: int
    image: np.ndarray  # (H,W,3) uint8 sRGB


class FootageError(ValueError):
    """Footage that nothing can be made of; the message names file or frame, and the remedy."""


def probe(path: Path) -> Clip:
    """Raises FootageError where the file holds no picture that can be read."""
    path = Path(path)
    if not path.exists():
        raise FootageError(f"{path} does not exist: give the path of a video file")
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise FootageError(f"{path.name} holds no picture: give a video file")
            video = container.streams.video[0]
            context = video.codec_context
            seconds = float(container.duration or 0) / av.time_base
            return Clip(
                path, context.width, context.height, float(video.average_rate or video.guessed_rate or 0), seconds,
                bool(container.streams.audio), int(context.color_trc or 0),
            )  # fmt: skip
    except av.FFmpegError as error:
        raise FootageError(f"{path.name} cannot be opened ({error}): export it as MP4 (H.264) and try again") from error


def pictures(clips: Sequence[Clip]) -> Iterator[Picture]:
    """The clips one after another, each at 25 frames a second: frame i shows what was on screen at (i + 0.5)/25 s.

    Raises FootageError, naming the frame, where a clip is damaged.
    """
    index = 0
    for number, clip in enumerate(clips):
        for source, image in at_fps(clip):
            yield Picture(index, number, source, image)
            index += 1


def at_fps(clip: Clip) -> Iterator[tuple[int, np.ndarray]]:
    """(source frame, picture) for every frame at 25 a second; a picture stays until the next one's time."""
    start, shown, due = None, None, 0  # seconds; the frame on screen; the next frame that is wanted
    for source, (time, frame) in enumerate(timed(clip)):
        start = time if start is None else start
        while shown is not None and (due + 0.5) / FPS < time - start:
            yield shown[0], rgb(shown[1], clip.curve)
            due += 1
        shown = (source, frame)
    if shown is not None:  # the last picture stays for as long as one of its kind does
        end = time - start + 1 / (clip.rate or FPS)
        while (due + 0.5) / FPS < end:
            yield shown[0], rgb(shown[1], clip.curve)
            due += 1


def timed(clip: Clip) -> Iterator[tuple[float, av.VideoFrame]]:
    """Every frame with its time in seconds."""
    count, last = 0, -1.0
    try:
        with av.open(str(clip.path)) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            for frame in container.decode(stream):
                time = frame.time if frame.time is not None else last + 1 / (clip.rate or FPS)
                if time > last:  # a container may repeat a time; the first frame keeps it
                    yield time, frame
                    last = time
                count += 1
    except av.FFmpegError as error:
        raise FootageError(
            f"{clip.path.name} is damaged at frame {count} ({error}): copy it again, or cut it before that frame"
        ) from error


def sound_of(clips: Sequence[Clip], frames: Sequence[int], late: float = 0.0) -> np.ndarray:
    """Mono sound (N,) float32 at 24 kHz of all clips, each cut to its own `frames` at 25 a second.

    late: seconds by which the mouth comes after its sound in the footage: the sound is held back by as much.
    """
    parts = []
    for clip, count in zip(clips, frames, strict=True):
        wanted = round(count / FPS * SOUND_RATE)
        whole = read_sound(clip)
        shift = round(late * SOUND_RATE)
        whole = np.concatenate([np.zeros(max(shift, 0), np.float32), whole[max(-shift, 0) :]])
        parts.append(np.pad(whole[:wanted], (0, max(wanted - len(whole), 0))))
    return np.concatenate(parts)


def read_sound(clip: Clip) -> np.ndarray:
    """Mono sound (N,) float32 at 24 kHz from the time of the first picture on; empty where there is none."""
    if not clip.sound:
        return np.zeros(0, np.float32)
    begin = next(timed(clip), (0.0, None))[0]
    blocks, first = [], None
    try:
        with av.open(str(clip.path)) as container:
            mono = av.AudioResampler(format="flt", layout="mono", rate=SOUND_RATE)
            for frame in container.decode(container.streams.audio[0]):
                first = (frame.time or 0.0) if first is None else first
                blocks += [b.to_ndarray()[0] for b in mono.resample(frame)]
            blocks += [b.to_ndarray()[0] for b in mono.resample(None)]
    except av.FFmpegError as error:
        heard = sum(map(len, blocks)) / SOUND_RATE
        raise FootageError(
            f"the sound of {clip.path.name} is damaged at {heard:.2f} s, frame {int(heard * FPS)} ({error}): "
            "copy it again, or cut it before that time"
        ) from error
    sound = np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
    lead = round(((first or 0.0) - begin) * SOUND_RATE)  # samples by which the sound begins after the picture
    return np.concatenate([np.zeros(max(lead, 0), np.float32), sound[max(-lead, 0) :]]).astype(np.float32)
