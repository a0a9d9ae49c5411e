"""What the restorer learns from: the capture's training frames beside what the avatar itself shows there."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np

from lipsplat.bundle.reader import Bundle
from lipsplat.capture import BACKGROUND, EYE, MOUTH, NECK, SKIN, Capture
from lipsplat.paths import CACHE
from lipsplat.portrait.data import capture_lip
from lipsplat.portrait.draw import crop
from lipsplat.portrait.matte import frame_matte
from lipsplat.restore.masks import GROWTH

FACE = (SKIN, EYE, MOUTH)
ABOVE, BELOW = 56, 56  # pixels
GRID = 8  # pixels: the network halves its picture three times, and the video's blocks are as wide
BOXED = 8  # the box is made of every n-th frame
MATTED = 8  # the matte of every n-th lesson: it costs a second
MOST = 2_000  # lessons: they lie in memory
TORSOS = 80  # frames of the torso that make the plate
Box = tuple[int, int, int, int]  # x, y, width, height on the canvas, pixels


@dataclass(frozen=True)
class Lessons:
    """n training frames, cut to the band's box."""

    pose: np.ndarray  # (n,6) float32: rotation and translation of the head
    drawn: np.ndarray  # (n,h,w,3) uint8: as the page composites it, over a torso frame of another time
    truth: np.ndarray  # (n,h,w,3) uint8: the footage
    face: np.ndarray  # (n,h,w) bool: the face, without hair and neck
    behind: np.ndarray  # (n,h,w) uint8: how much of what lies behind the head comes through the composite
    wall: np.ndarray  # (n,h,w) uint8: how much of the wall shows in the footage; 0 but for every MATTED-th lesson
    plate: np.ndarray  # (h,w,3) uint8: wall and torso, no head
    bare: np.ndarray  # (h,w) uint8: how much of the wall shows in the plate

    def __len__(self) -> int:
        return len(self.drawn)


def band_box(capture: Capture, last: int) -> Box:
    """Jaw and neck in every pose: from ABOVE the highest chin to BELOW the lowest, as wide as face, neck and band."""
    chins, columns = [], []
    for label in capture.each_label(0, last, BOXED):
        face = np.isin(label, FACE)
        if not face.any():
            continue
        chins.append(np.flatnonzero(face.any(1))[-1])
        shown = np.flatnonzero((face | (label == NECK))[chins[-1] - ABOVE :].any(0))
        columns += [shown[0] - GROWTH, shown[-1] + 1 + GROWTH]
    size = capture.camera["size"]
    top, bottom = max(GRID * round((min(chins) - ABOVE) / GRID), 0), min(max(chins) + BELOW, size)
    width = 32 * min(-(-int(max(columns) - min(columns)) // 32), size // 32)
    left = GRID * round((max(columns) + min(columns) - width) / 2 / GRID)
    return int(np.clip(left, 0, size - width)), top, width, int(bottom - top) // GRID * GRID


def lessons_key(bundle: Bundle, box: Box, last: int) -> str:
    """Of all that decides the lessons: the bundle's files and the box."""
    decides = [bundle.meta["files"][name]["sha256"] for name in ("gaussians", "deform", "torso", "mask", "matte")]
    return sha256(repr((decides, box, last, "lessons 2")).encode()).hexdigest()[:16]


def make_lessons(bundle: Bundle, capture: Capture, speech: Path, box: Box, last: int) -> Lessons:
    """Of frames before `last`, of every n-th where they would be more than MOST; kept between runs."""
    kept = CACHE / "restore" / f"lessons-{lessons_key(bundle, box, last)}.npz"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(".part.npz")
        np.savez(part, **vars(draw_lessons(bundle, capture, capture_lip(capture, speech), box, last)))
        part.replace(kept)
    with np.load(kept) as stored:
        return Lessons(**stored)


def draw_lessons(bundle: Bundle, capture: Capture, lip: np.ndarray, box: Box, last: int) -> Lessons:
    x, y, width, height = box
    at = np.s_[y : y + height, x : x + width]
    whole, mask = bundle.view, bundle.mask[at]
    every = -(-last // MOST)
    shown = range(0, len(bundle.motion), max(len(bundle.motion) // TORSOS, 1))
    plate = np.median([bundle.torso(i) for i in shown], 0)  # (H,W,3)
    torsos = np.random.default_rng(0).integers(0, len(bundle.motion), last)
    lessons: dict[str, list[np.ndarray]] = {name: [] for name in ("pose", "drawn", "truth", "face", "behind", "wall")}
    bundle.view = crop(whole, x, y, width, height)
    try:
        pictures = zip(capture.each_frame(0, last, every), capture.each_label(0, last, every), strict=True)
        for i, (frame, label) in zip(range(0, last, every), pictures, strict=True):
            face = np.isin(label, FACE)[at]
            if not face.any():
                continue
            colour, coverage = bundle.draw(lip[i], capture.expression[i], capture.rotation[i], capture.translation[i])
            m, torso = mask[..., None], bundle.torso(int(torsos[i]))[at]
            drawn = m * (colour + (1 - coverage[..., None]) * torso) + (1 - m) * torso
            wall = np.zeros_like(mask)
            if len(lessons["wall"]) % MATTED == 0:
                wall = 1 - frame_matte(frame[at].astype(np.float32) / 255, label[at] != BACKGROUND, plate[at])
            lessons["pose"].append(np.concatenate([capture.rotation[i], capture.translation[i]]))
            lessons["drawn"].append(to_bytes(drawn))
            lessons["truth"].append(frame[at])
            lessons["face"].append(face)
            lessons["behind"].append(to_bytes(1 - mask * coverage))
            lessons["wall"].append(to_bytes(wall))
    finally:
        bundle.view = whole
    bare = 1 - cv2.imread(str(bundle.folder / bundle.meta["files"]["matte"]["path"]), cv2.IMREAD_GRAYSCALE)[at] / 255
    stacked = {name: np.stack(values) for name, values in lessons.items()}
    return Lessons(**stacked, plate=to_bytes(plate[at]), bare=to_bytes(bare))


def to_bytes(image: np.ndarray) -> np.ndarray:
    return np.round(np.clip(image, 0, 1) * 255).astype(np.uint8)
