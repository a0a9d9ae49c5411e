"""How well heads are tracked: the capture against its truth, real clips against tracks that were held out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import av
import numpy as np

from lipsplat.capture import decoded
from lipsplat.paths import CACHE, CAPTURE, SHARED
from lipsplat.track.adjust import adjust, held_out_errors
from lipsplat.track.flow import FlowConfig, follow_points
from lipsplat.track.footage import Footage, open_footage
from lipsplat.track.head_model import head_model
from lipsplat.track.landmarks import find_landmarks
from lipsplat.track.motion import Motion, between, track_motion
from lipsplat.track.pose import angles_of, matrix_of, mean_rotation, vector_of
from lipsplat.track.track import TrackConfig, quiet

REAL_CLIPS = SHARED / "data" / "real-clips"
HELD_OUT = 0.2  # share of the tracks
LONG = 25  # frames: shorter tracks are not measured
NOISE = 0.1  # px, for placing held-out points


def pose_figures(estimate: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Of pitch, yaw, roll (F,3) in radians, one constant rotation of the head's axes removed: degrees."""
    r, t = matrix_of(estimate), matrix_of(truth)  # (F,3,3)
    constant = mean_rotation(t.transpose(0, 2, 1) @ r)  # estimate ≈ truth · constant
    left = np.degrees(vector_of(r @ (t @ constant).transpose(0, 2, 1)))  # (F,3) in camera axes
    second = np.diff(left, 2, axis=0)
    angle = np.linalg.norm(left, axis=1)
    return {
        "rotation_error_deg_median": float(np.median(angle)),
        "rotation_error_deg_p95": float(np.percentile(angle, 95)),
        "rotation_jitter_deg": float(np.sqrt((second**2).sum(1).mean())),
    }


def ways(config: TrackConfig) -> dict[str, TrackConfig]:
    """The stabilizer and what is left of it without each of its parts."""
    return {
        "full": config,
        "without_flow": replace(config, flow=None),
        "without_weighting": replace(config, adjust=replace(config.adjust, weighting=False)),
        "without_adjustment": replace(config, adjust=replace(config.adjust, move_points=False)),
        "without_smoothing": replace(config, smooth=0),
    }


def track_report(frames: int | None, log: Callable[[str], None]) -> dict:
    """On the first so many frames of the capture (None: all), and on the real clips."""
    config = TrackConfig()
    figures: dict = {"capture": {}, "real": {}}
    footage = open_footage(CAPTURE / "capture.mp4")
    truth = np.load(CAPTURE / "motion.npz")["rotation"][:frames].astype(float)
    motion, seconds = first_motion(footage, frames)
    figures["focal_px"] = motion.focal
    start = time.process_time()
    filled = between(motion, motion.good)
    sheets = follow_points(head_model(), filled, footage, FlowConfig(), quiet)
    done: dict[tuple, tuple[Motion, np.ndarray]] = {}
    for name, way in ways(config).items():
        key = (way.flow, way.adjust)
        if key not in done:
            done[key] = adjust(filled, sheets, centre(footage), way.adjust) if way.flow else (motion, motion.good)
        moved, good = done[key]
        calm = between(moved, good, way.smooth)
        if name == "full":
            spent = (time.process_time() - start + seconds) / len(truth)
            figures["tracking_fps"] = 1 / spent  # on one core, decoding and landmarks included
        figures["capture"][name] = pose_figures(angles_of(calm.rotation), truth)
        log(f"{name}: {figures['capture'][name]}")
    for path in sorted(REAL_CLIPS.iterdir()):
        figures["real"][path.stem] = reprojection(path, config)
        log(f"{path.name}: {figures['real'][path.stem]}")
    errors = [f["reprojection_px_rms"] for f in figures["real"].values()]
    figures["reprojection_px_rms"] = float(np.sqrt(np.mean(np.square(errors))))
    return figures


def centre(footage: Footage) -> np.ndarray:
    return np.array(footage.size) / 2


def reprojection(path: Path, config: TrackConfig) -> dict[str, float]:
    """A fifth of the tracks is held out of a real clip; the rest say where the head is."""
    footage = open_footage(path)
    motion, _ = first_motion(footage, None)
    filled = between(motion, motion.good)
    sheets = follow_points(head_model(), filled, footage, FlowConfig(held_out=HELD_OUT), quiet)
    moved, good = adjust(filled, sheets, centre(footage), config.adjust)
    left = held_out_errors(between(moved, good, config.smooth), sheets, centre(footage), LONG, NOISE)
    return {
        "reprojection_px_rms": float(np.sqrt((left**2).sum(1).mean())),
        "tracks": sum(int((s.held_out & (s.weight > 0.5)).sum()) for s in sheets if len(s.frames) >= LONG),
        "focal_px": moved.focal,
        "steady": float(good.mean()),
    }


def first_motion(footage: Footage, frames: int | None) -> tuple[Motion, float]:
    """Poses by landmarks, which the cache keeps, and the processor's seconds that finding both took."""
    assert isinstance(footage.source, Path)
    kept = CACHE / "track" / f"{footage.source.stem}-{footage.source.stat().st_size}.npz"
    if kept.exists():
        with np.load(kept) as file:
            points, seconds = file["points"], float(file["seconds"])
    else:
        start = time.process_time()
        points = find_landmarks(colours(footage.source))
        seconds = time.process_time() - start
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.savez(kept, points=points, seconds=seconds)
    share = 1.0 if frames is None else min(frames / len(points), 1.0)
    start = time.process_time()
    motion = track_motion(
        head_model(), points[:frames], footage.size, None, TrackConfig.focal_frames, TrackConfig.identity_frames,
        quiet,
    )  # fmt: skip
    return motion, seconds * share + time.process_time() - start


def colours(path: Path) -> Iterator[np.ndarray]:
    """Frame after frame (H,W,3) uint8 RGB."""
    with av.open(str(path)) as container:
        frames: Iterable[av.VideoFrame] = decoded(container, container.streams.video[0], path.name)
        for frame in frames:
            yield frame.to_ndarray(format="rgb24")
