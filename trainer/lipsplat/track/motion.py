"""The Head Motion Tracker: focal length, identity, and a first pose and expression of every frame (eq 7 and 8)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import median_filter
from scipy.signal import savgol_filter

from lipsplat.track.fit import Pose, fit_frame, fit_identity, start_pose
from lipsplat.track.head_model import FACE, HeadModel
from lipsplat.track.pose import turn, vector_of

FOCALS = np.geomspace(0.8, 5.0, 10)  # tried, in longer sides of the frame
BAD = 2.5  # a frame is bad where its landmarks lie so many times further off than is usual


@dataclass(frozen=True)
class Motion:
    """Of F frames; NaN where no face was found."""

    focal: float  # px
    identity: np.ndarray  # (K,)
    pivot: np.ndarray  # (3,) dm
    rotation: np.ndarray  # (F,3,3) head to camera axes
    at: np.ndarray  # (F,3) of the pivot from the camera, dm
    expression: np.ndarray  # (F,52)
    error: np.ndarray  # (F,) rms of the landmarks, px
    good: np.ndarray  # (F,) bool


def spread_frames(seen: np.ndarray, count: int) -> np.ndarray:
    """Frames (≤ count,) whose faces differ most, the first the most usual one; seen (F,468,2), NaN where none is."""
    found = np.flatnonzero(np.isfinite(seen).all((1, 2)))
    centred = seen[found] - seen[found].mean(1, keepdims=True)
    flat = centred[:, ::6].reshape(len(found), -1)
    chosen = [int(np.argmin(((flat - np.median(flat, 0)) ** 2).sum(1)))]
    far = ((flat - flat[chosen[0]]) ** 2).sum(1)
    while len(chosen) < min(count, len(found)):
        chosen.append(int(np.argmax(far)))
        far = np.minimum(far, ((flat - flat[chosen[-1]]) ** 2).sum(1))
    return np.sort(found[chosen])


def search_focal(model: HeadModel, seen: np.ndarray, size: tuple[int, int]) -> float:
    """The focal length in px under which the fitted head's landmarks lie nearest to those seen (M,468,2) (eq 7)."""
    logs = np.log(FOCALS * max(size))
    errors = np.array([fit_identity(model, seen, f, np.array(size) / 2, steps=6)[-1] for f in np.exp(logs)])
    best = int(np.clip(np.argmin(errors), 1, len(errors) - 2))
    a, b, c = errors[best - 1 : best + 2]
    shift = 0.5 * (a - c) / max(a - 2 * b + c, 1e-9)  # of the parabola's lowest point
    return float(np.exp(logs[best] + np.clip(shift, -1, 1) * (logs[1] - logs[0])))


def track_motion(
    model: HeadModel, landmarks: np.ndarray, size: tuple[int, int], focal: float | None, focal_frames: int,
    identity_frames: int, progress: Callable[[int, int], None],
) -> Motion:  # fmt: skip
    """Of landmarks (F,478,3) px in frames of `size`; a focal length of None is searched."""
    seen = landmarks[:, :FACE, :2].astype(float)
    found = np.isfinite(seen).all((1, 2))
    principal = np.array(size) / 2
    if focal is None:
        focal = search_focal(model, seen[spread_frames(seen, focal_frames)], size)
    picked = spread_frames(seen, identity_frames)
    identity, *_ = fit_identity(model, seen[picked], focal, principal)
    pivot, rest = model.pivot(identity), np.zeros(len(model.expressions))
    rotation, at = np.full((len(seen), 3, 3), np.nan), np.full((len(seen), 3), np.nan)
    expression, error = np.full((len(seen), len(rest)), np.nan), np.full(len(seen), np.nan)
    last: tuple[Pose, np.ndarray] | None = None
    for i in range(len(seen)):
        if not found[i]:
            last = None
            continue
        first = last is None
        pose, weights = last or (
            start_pose(seen[i], model.points(identity, rest)[:FACE], pivot, focal, principal), rest,
        )  # fmt: skip
        pose, weights, error[i] = fit_frame(
            model, seen[i], identity, weights, pose, focal, principal, pivot, steps=8 if first else 3
        )
        last = pose, weights
        rotation[i], at[i], expression[i] = pose.rotation, pose.at, weights
        progress(i + 1, len(seen))
    usual = np.nanmedian(error)
    around = median_filter(np.where(found, error, usual), 51, mode="nearest")  # a turned head fits less well for long
    good = found & (error < BAD * np.maximum(around, usual))
    return Motion(focal, identity, pivot, rotation, at, expression, error, good)


def between(motion: Motion, good: np.ndarray, smooth: int = 0, takes: Sequence[int] = ()) -> Motion:
    """Frames that are not `good` (F,) take what lies between their good neighbours; poses are smoothed over `smooth`
    frames (odd; 0: not at all) by parabolas (Savitzky-Golay), which keep nods and shakes. takes: the first frame of
    every take but the first: the head jumps there, and is not smoothed across."""
    frames, known = np.arange(len(good)), np.flatnonzero(good)

    def filled(values: np.ndarray) -> np.ndarray:  # (F,n)
        return np.stack([np.interp(frames, known, column[known]) for column in values.T], 1)

    def calmed(values: np.ndarray) -> np.ndarray:
        parts = np.split(values, takes)
        return np.concatenate([savgol_filter(p, smooth, 2, axis=0) if 3 <= smooth <= len(p) else p for p in parts])

    middle = motion.rotation[known[len(known) // 2]]  # from it, rotation vectors are small and may be mixed
    turned = vector_of(np.where(good[:, None, None], middle.T @ motion.rotation, np.eye(3)))
    return replace(
        motion,
        rotation=middle @ turn(calmed(filled(turned))),
        at=calmed(filled(motion.at)),
        expression=filled(motion.expression),
    )
