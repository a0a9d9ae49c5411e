"""What the doctor looks at: one pass over the footage, faces in some frames, mouth against sound where it speaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from lipsplat.capture import FPS
from lipsplat.create.footage import SOUND_RATE, Clip, Picture, pictures, probe, sound_of

EVERY = 5  # frames at 25 a second: where a face is looked for
LARGEST = 960  # pixels: larger pictures are made smaller first
WINDOWS, WINDOW = 3, 100  # stretches in which mouth and sound are compared, frames each
THUMB = (64, 36)


@dataclass(frozen=True)
class Examination:
    """F frames at 25 a second; n of them looked at closely."""

    clips: tuple[Clip, ...]
    frames: tuple[int, ...]  # of each clip
    source: np.ndarray  # (F,) frame of its clip that is shown
    change: np.ndarray  # (F,) mean difference to the frame before, 0..255; 0 for the first of a clip
    light: np.ndarray  # (F,) mean brightness, 0..255
    looked: np.ndarray  # (n,) frames
    points: np.ndarray  # (n,478,3) pixels of the footage; NaN where no face
    faces: np.ndarray  # (n,) how many faces
    face_light: np.ndarray  # (n,) mean brightness of the face; of the picture where there is none
    face_white: np.ndarray  # (n,) share of the face's pixels that are burnt out
    size: tuple[int, int]  # width, height in pixels, the right way up
    sound: np.ndarray  # (N,) at 24 kHz, from the first frame on; as long as the frames
    heard: float  # seconds of sound that there are
    offset: tuple[float, float] | None  # ms by which the mouth is late, and how sure; None where it could not be told

    def __len__(self) -> int:
        return len(self.source)

    def name(self, frame: int) -> str:
        """How a frame is called in a sentence: by its number in its own file, and its time there."""
        ends = np.cumsum(self.frames)
        clip = int(np.searchsorted(ends, frame, "right"))
        time = (frame - (ends[clip] - self.frames[clip])) / FPS
        where = f" of {self.clips[clip].path.name}" if len(self.clips) > 1 else ""
        return f"frame {self.source[frame]}{where} ({time:.1f} s)"


def examine(paths: Sequence[Path], bar: Callable[[Iterator[Picture]], Iterator[Picture]] = iter) -> Examination:
    """One pass. Raises FootageError where a file cannot be read."""
    from lipsplat.track import find_faces

    clips = tuple(probe(path) for path in paths)
    spoken = speaking(clips)
    source, change, light, per_clip = [], [], [], [0] * len(clips)
    looked, face_light, size, scale, thumb_before = [], [], (0, 0), 1.0, None
    greys, kept = [], {}

    def chosen() -> Iterator[np.ndarray]:
        nonlocal size, scale, thumb_before
        for picture in bar(pictures(clips)):
            image, i = picture.image, picture.index
            grey = cv2.resize(image, THUMB, interpolation=cv2.INTER_AREA).mean(2)
            fresh = per_clip[picture.clip] == 0
            change.append(0.0 if fresh else float(np.abs(grey - thumb_before).mean()))
            light.append(float(grey.mean()))
            source.append(picture.source)
            thumb_before = grey
            per_clip[picture.clip] += 1
            if i == 0:
                size = (image.shape[1], image.shape[0])
                scale = min(1.0, LARGEST / max(size))
            mine = any(first <= i < first + WINDOW for first in spoken)
            if mine or i % EVERY == 0:
                if scale < 1:
                    image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
                looked.append(i)
                greys.append(image.mean(2).astype(np.uint8))
                if mine:
                    kept[i] = image
                yield image

    points, faces = find_faces(chosen())
    face_light = [face_brightness(grey, p) for grey, p in zip(greys, points, strict=True)]
    frames = tuple(per_clip)
    sound = sound_of(clips, frames)
    at = {frame: k for k, frame in enumerate(looked)}
    offset = mouth_offset([(kept, points, at, first) for first in spoken], sound)
    return Examination(
        clips, frames, np.array(source, int), np.array(change), np.array(light), np.array(looked, int),
        points / scale, faces, np.array([x for x, _ in face_light]), np.array([x for _, x in face_light]), size, sound,
        heard_seconds(clips, sound), offset,
    )  # fmt: skip


def face_brightness(grey: np.ndarray, points: np.ndarray) -> tuple[float, float]:
    """Mean of the face's pixels, 0..255, and the share above 250; of the whole picture where there is no face."""
    if np.isfinite(points).all():
        (x0, y0), (x1, y1) = points[:, :2].min(0).astype(int), points[:, :2].max(0).astype(int) + 1
        part = grey[max(y0, 0) : y1, max(x0, 0) : x1]
        grey = part if part.size else grey
    return float(grey.mean()), float((grey > 250).mean())


def heard_seconds(clips: Sequence[Clip], sound: np.ndarray) -> float:
    """Until where the sound is more than digital silence."""
    told = np.flatnonzero(np.abs(sound) > 1e-5)
    return 0.0 if len(told) == 0 or not any(c.sound for c in clips) else (int(told[-1]) + 1) / SOUND_RATE


def speaking(clips: Sequence[Clip]) -> list[int]:
    """First frames of the loudest stretches of footage that do not meet; fewer where it is short."""
    from lipsplat.create.footage import read_sound

    loud, before = [], 0  # (loudness, first frame)
    for clip in clips:
        hop = SOUND_RATE // FPS
        sound = read_sound(clip)
        count = len(sound) // hop
        level = np.log10(np.square(sound[: count * hop].reshape(count, hop)).mean(1) + 1e-8)  # (count,)
        step = WINDOW // 2
        last = max(count - WINDOW, 0)
        loud += [(float(level[i : i + WINDOW].mean()), before + i) for i in {*range(0, last + 1, step), last} if count]
        before += round(clip.seconds * FPS)
    found: list[int] = []
    for _, first in sorted(loud, reverse=True):
        if len(found) < WINDOWS and all(abs(first - other) >= WINDOW for other in found):
            found.append(first)
    return found


def mouth_offset(windows: list[tuple[dict, np.ndarray, dict, int]], sound: np.ndarray) -> tuple[float, float] | None:
    """ms by which the mouth comes after its sound, and the discriminator's confidence, over all windows together."""
    from lipsplat.speech.features import to_rate
    from lipsplat.speech.names import RATE
    from lipsplat.sync.crops import crop_frames
    from lipsplat.sync.offset import FARTHEST, embeddings, find_offset
    from lipsplat.sync.weights import shipped_discriminator

    curves = []
    for kept, points, at, first in windows:
        frames = [i for i in range(first, first + WINDOW) if i in kept]
        seen = np.array([points[at[i]] for i in frames]).reshape(-1, *points.shape[1:])
        if len(frames) < 2 * FARTHEST or np.isfinite(seen[:, 0, 0]).mean() < 0.8:
            continue
        part = sound[frames[0] * SOUND_RATE // FPS : (frames[-1] + 1) * SOUND_RATE // FPS]
        crops = crop_frames(np.stack([kept[i] for i in frames]), seen[:, :, :2].astype(np.float64))
        curves.append(find_offset(*embeddings(shipped_discriminator(), crops, to_rate(part, SOUND_RATE, RATE))).curve)
    if not curves or np.isnan(curve := np.nanmean(curves, 0)).all():
        return None
    late = int(np.nanargmax(curve)) - FARTHEST
    return late * 1000 / FPS, float(np.nanmax(curve) - np.nanmedian(curve))
