"""The capturer's figures on the default capture, against its truth, and what it finds in real clips.

lipsplat face-report                          # figures, one JSON object on the last line
lipsplat face-report --video me.mp4 --out DIR # a picture of what it finds: frames over curves
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np

from lipsplat.capture import FPS, read_video
from lipsplat.evaluate.metrics import correlation
from lipsplat.face.calibrate import blinks
from lipsplat.face.capture import FaceMotion, ask, assemble, look, rest_frames
from lipsplat.face.names import NETWORK
from lipsplat.paths import CAPTURE
from lipsplat.track.landmarks import find_landmarks

APART, STEADY = 448, 460  # frames from which left and right move apart, and do so fully
CORE = ("browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "eyeBlinkLeft",
        "eyeBlinkRight")  # fmt: skip
BESIDE = ("eyeSquintLeft", "eyeSquintRight", "mouthSmileLeft", "mouthSmileRight")  # conditions of the avatar, too


def report(network: Path = NETWORK, folder: Path = CAPTURE) -> dict[str, object]:
    """The figures of the issue: `blink_f1`, `core_seven_r_min`, `gaze_r`, and what they are made of."""
    frames = read_video(folder / "capture.mp4", "rgb24")
    began = time.process_time()
    points = find_landmarks(frames)
    middle = time.process_time()
    seen, found = look(frames, points)
    motion = assemble(*ask(seen, rest_frames(seen), network), found)
    spent = (middle - began) / len(frames), (time.process_time() - middle) / len(frames)
    truth = np.load(folder / "motion.npz")
    figures = score(motion, dict(zip(map(str, truth["names"]), truth["weights"].T, strict=True)), truth["gaze"])
    figures |= {"landmarks_cpu_ms": 1000 * spent[0], "capturer_cpu_ms": 1000 * spent[1]}
    return figures | {"network_bytes": network.stat().st_size}


def score(motion: FaceMotion, truth: dict[str, np.ndarray], gaze: np.ndarray) -> dict[str, object]:
    """Figures of a motion against true curves (F,) by name, and gaze (F,2)."""
    curve = dict(zip(motion.names, motion.weights.T, strict=True))
    r = {n: correlation(curve[n][STEADY:], truth[n][STEADY:]) for n in CORE + BESIDE}
    matched = [blink_matches(truth[n][APART:], curve[n][APART:]) for n in CORE[5:]]
    hits, wanted, given = np.sum(matched, 0)
    looks = [correlation(motion.gaze[STEADY:, k], gaze[STEADY:, k]) for k in (0, 1)]
    return {
        "blink_f1": float(2 * hits / max(wanted + given, 1)),
        "blinks_found": f"{hits} of {wanted}, {given - hits} false",
        "core_seven_r_min": min(r[n] for n in CORE),
        "gaze_r": min(looks),
        "gaze_yaw_r": looks[0],
        "gaze_pitch_r": looks[1],
        "r": r,
    }


def blink_matches(truth: np.ndarray, found: np.ndarray) -> tuple[int, int, int]:
    """Blinks of one eye found within one frame, how many there are, and how many were said, of curves (F,)."""
    there, said = blinks(truth), list(blinks(found))
    hits = 0
    for frame in there:
        near = [s for s in said if abs(s - frame) <= 1]
        if near:
            said.remove(min(near, key=lambda s: abs(s - frame)))
            hits += 1
    return hits, len(there), hits + len(said)


def draw(frames: np.ndarray, motion: FaceMotion, columns: int = 12) -> np.ndarray:
    """A picture (H,W,3) uint8: frames (F,H,W,3) evenly taken over curves of lids, brows and gaze."""
    import cv2

    width, rows = 100 * columns, (("eyeBlink", 1.0), ("browOuterUp", 0.6), ("browDown", 0.6), ("browInnerUp", 0.6))
    at = np.linspace(0, len(frames) - 1, columns).astype(int)
    picture = [np.hstack([cv2.resize(frames[i], (100, 100 * frames.shape[1] // frames.shape[2])) for i in at])]
    curve = dict(zip(motion.names, motion.weights.T, strict=True))
    plots = [(n, [curve[n + s] for s in ("Left", "Right") if n + s in curve] or [curve[n]], 0, m) for n, m in rows]
    plots += [("gaze yaw, pitch", list(motion.gaze.T), -0.4, 0.4)]
    for name, lines, low, high in plots:
        panel = np.full((90, width, 3), 255, np.uint8)
        for line, colour in zip(lines, ((200, 30, 30), (30, 60, 200)), strict=False):
            x = (np.arange(len(line)) + 0.5) * width / len(line)
            y = 85 - 80 * (np.clip(line, low, high) - low) / (high - low)
            cv2.polylines(panel, [np.stack([x, y], 1).astype(np.int32)], False, colour, 1, cv2.LINE_AA)
        cv2.putText(panel, name, (4, 12), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (0, 0, 0), 1, cv2.LINE_AA)
        picture.append(panel)
    return np.vstack(picture)


def print_report(network: Path = NETWORK, folder: Path = CAPTURE) -> None:
    """The figures, read by people and, on the last line, by programs."""
    figures = report(network, folder)
    for name, value in figures.items():
        print(f"{name}: {value:.3f}" if isinstance(value, float) else f"{name}: {value}")
    print(json.dumps(figures))


def show(video: Path, out: Path) -> Path:
    """Writes `out`/NAME.png: what is found in a video, left in red and right in blue."""
    from PIL import Image

    from lipsplat.face.capture import capture_face

    frames = read_video(video, "rgb24")
    motion = capture_face(frames, find_landmarks(frames))
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{video.stem}.png"
    Image.fromarray(draw(frames, motion)).save(path)
    for side in ("Left", "Right"):
        times = blinks(motion.weights[:, motion.names.index(f"eyeBlink{side}")]) / FPS
        print(f"{video.name}: {side.lower()} eye shuts at {', '.join(f'{t:.2f}' for t in times) or 'no time'} s")
    return path
