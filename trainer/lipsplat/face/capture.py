"""The facial animation capturer: a video and its landmarks to 52 ARKit coefficients and the gaze of every frame."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter1d, median_filter

from lipsplat.face.align import EYE, GEOMETRY, view
from lipsplat.face.calibrate import lids, rest_at_zero
from lipsplat.face.looks import look_weights
from lipsplat.face.names import ARKIT, EYE_NAMES, GAZE_SCALE, MOUTH_NAMES, NETWORK, SIDE

RESTS = 4  # frames of the person at rest that every frame is compared with
BATCH = 128  # faces a run of the network
STEADY = 1.5  # frames: sigma of the filter over what is slow
HOLD = 5  # frames that a look is held at least: the median's width, which keeps its jumps
GREY = np.array([0.299, 0.587, 0.114], np.float32)
BLINK = EYE_NAMES.index("eyeBlink")


class NoFaceError(ValueError):
    """There is no face to capture; the message says where and what to do."""


@dataclass(frozen=True)
class FaceMotion:
    """What F frames show. Where no face was found, values are drawn on between the neighbours."""

    names: tuple[str, ...]  # the 52 ARKit coefficients
    weights: np.ndarray  # (F,52) float32, 0 to 1
    gaze: np.ndarray  # (F,2) float32: yaw to the image's right, pitch down, of the eyes in the head, radians
    found: np.ndarray  # (F,) bool


@dataclass(frozen=True)
class Seen:
    """What the network is given of n frames: left side, right side mirrored."""

    crops: np.ndarray  # (n,2,64,64) uint8
    geometry: np.ndarray  # (n,2,375) float32


def capture_face(frames: Iterable[np.ndarray], landmarks: np.ndarray, network: Path = NETWORK) -> FaceMotion:
    """The face's motion in a video of one person (eq 4-5).

    frames: F pictures (H,W,3) uint8 RGB. landmarks: MediaPipe's (F,478,3) in pixels, NaN rows where there is no face.
    The core seven are this person's own: rest is 0, a shut eye 1. Raises NoFaceError where no frame has a face, and
    ValueError where frames and landmarks do not belong together.
    """
    seen, found = look(frames, landmarks)
    eye, mouth = ask(seen, rest_frames(seen), network)
    return assemble(eye, mouth, found)


def look(frames: Iterable[np.ndarray], landmarks: np.ndarray) -> tuple[Seen, np.ndarray]:
    """Crops and geometry of the frames that show a face, and which do (F,)."""
    landmarks = np.asarray(landmarks, np.float64)
    if landmarks.ndim != 3 or landmarks.shape[1:] != (478, 3):
        raise ValueError(f"landmarks: want (frames, 478, 3), got {landmarks.shape}: use track.landmarks.find_landmarks")
    found = np.isfinite(landmarks).all((1, 2))
    if not found.any():
        raise NoFaceError(
            "the video has no frames: give a video with a picture" if not len(found)
            else f"no face was found in any of {len(found)} frames: film one face that looks at the camera"
        )  # fmt: skip
    crops, geometry, count = [], [], 0
    edge = (EYE - SIDE) // 2
    for frame in frames:
        if count < len(found) and found[count]:
            if frame.ndim != 3 or frame.shape[2] != 3 or frame.dtype != np.uint8:
                raise ValueError(f"frame {count}: want (height, width, 3) uint8, got {frame.shape} {frame.dtype}")
            eyes, points = view(frame, landmarks[count])
            crops.append((eyes[:, edge : edge + SIDE, edge : edge + SIDE] @ GREY + 0.5).astype(np.uint8))
            geometry.append(points)
        count += 1
    if count != len(found):
        raise ValueError(f"{count} frames, but landmarks of {len(found)}: find the landmarks of this video again")
    return Seen(np.stack(crops), np.stack(geometry)), found


def rest_frames(seen: Seen, count: int = RESTS) -> np.ndarray:
    """Indices of frames in which the face is most like its own median: the nearest of each part of the video."""
    points = seen.geometry[:, 0, :-3]  # (n,372)
    off = np.abs(points - np.median(points, 0))
    off = (off / (np.median(off, 0) + 1e-3)).clip(max=6).mean(1)  # (n,)
    parts = np.array_split(np.arange(len(off)), min(count, len(off)))
    return np.array([part[off[part].argmin()] for part in parts])


@lru_cache(1)
def session(path: Path):
    import onnxruntime

    if not Path(path).exists():
        raise FileNotFoundError(f"{path} is missing: install the trainer whole, or run `lipsplat train-face`")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def ask(seen: Seen, rests: np.ndarray, network: Path = NETWORK) -> tuple[np.ndarray, np.ndarray]:
    """The network's answers (n,2,20) and (n,2,29) for each side, mean over the frames `rests` of comparison."""
    run, n = session(Path(network)), len(seen.crops)
    crops, geometry = seen.crops.reshape(2 * n, SIDE, SIDE), seen.geometry.reshape(2 * n, GEOMETRY)
    eye, mouth = 0.0, 0.0
    for rest in rests:
        said = []
        for first in range(0, 2 * n, BATCH):
            mine = np.arange(first, min(first + BATCH, 2 * n))
            other = 2 * rest + mine % 2
            pair = np.stack([crops[mine], crops[other]], 1).astype(np.float32)
            said.append(run.run(None, {"crops": pair, "geometry": geometry[mine], "rest": geometry[other]}))
        e, m = (np.concatenate(x) for x in zip(*said, strict=True))
        eye, mouth = eye + e / len(rests), mouth + m / len(rests)
    return eye.reshape(n, 2, -1), mouth.reshape(n, 2, -1)


def assemble(eye: np.ndarray, mouth: np.ndarray, found: np.ndarray) -> FaceMotion:
    """Coefficients of answers (n,2,20) and (n,2,29), for all frames found (F,)."""
    k = len(EYE_NAMES)
    change, level, turn = eye[..., :k], eye[..., 2 * k : 2 * k + 2], eye[..., 2 * k + 2 :]  # (n,2,8), (n,2,2) twice
    gaze = 0.5 * (level + turn + np.median(level - turn, 0)) * GAZE_SCALE
    shut = np.stack([lids(change[:, s, BLINK]) for s in (0, 1)], 1)  # (n,2)
    gaze = visible_gaze(gaze * ((1, 1), (-1, 1)), shut)
    said = {}
    both = steady(0.5 * (change + eye[..., k : 2 * k]))  # what changed and what is: their errors are not the same
    for i, name in enumerate(EYE_NAMES):
        sides = rest_at_zero(both[..., i]) if i != BLINK else shut
        if name in ARKIT:
            said[name] = rest_at_zero(both[..., i].mean(1))
        else:
            said |= {f"{name}Left": sides[:, 0], f"{name}Right": sides[:, 1]}
    for i, name in enumerate(MOUTH_NAMES):
        other = MOUTH_NAMES.index(name.replace("Left", "*").replace("Right", "Left").replace("*", "Right"))
        said[name] = 0.5 * (mouth[:, 0, i] + mouth[:, 1, other])
    said |= look_weights(gaze)
    weights = np.stack([said[n] for n in ARKIT], 1).clip(0, 1)
    at, known = np.arange(len(found)), np.flatnonzero(found)

    def whole(values: np.ndarray) -> np.ndarray:
        return np.stack([np.interp(at, known, column) for column in values.T], 1).astype(np.float32)

    return FaceMotion(ARKIT, whole(weights), whole(gaze), found)


def visible_gaze(gaze: np.ndarray, shut: np.ndarray) -> np.ndarray:
    """One gaze (n,2) of both eyes' (n,2,2): what the more open eye shows; between open frames where both are shut."""
    seen = np.clip(1 - shut / 0.6, 0, 1)  # (n,2)
    total = seen.sum(1)
    open_ = total > 0.3
    if not open_.any():
        return np.zeros((len(gaze), 2))
    mean = ((gaze * seen[..., None]).sum(1) / np.maximum(total, 0.3)[:, None])[open_]
    mean = median_filter(mean, (HOLD, 1), mode="nearest")
    at = np.arange(len(gaze))
    return np.stack([np.interp(at, at[open_], column) for column in mean.T], 1)


def steady(values: np.ndarray) -> np.ndarray:
    """Curves (n,…) with the landmarks' jitter taken out: brows and the like are slow. Never for lids."""
    return gaussian_filter1d(values, STEADY, axis=0, mode="nearest")
