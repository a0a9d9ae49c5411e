"""The face detector, MediaPipe face mesh: measures truth and render alike (every image for itself), and tracks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import numpy as np

from lipsplat.evaluate.metrics import similarity

POINTS = 478
UPPER, LOWER, RIGHT_EYE, LEFT_EYE = 13, 14, 33, 263
RIGHT_CORNER, LEFT_CORNER = 61, 291
OUTER_LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409)
INNER_LIPS = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 191, 80, 81, 82, 13, 312, 311, 310, 415)
BROWS = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46, 300, 293, 334, 296, 336, 285, 295, 282, 283, 276)
RIGHT_LIDS = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
LEFT_LIDS = (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249)
# Points that only the skull moves: nose bridge, eye corners, forehead, temples.
RIGID = (168, 6, 197, 195, 33, 133, 362, 263, 10, 151, 9, 8, 127, 356, 21, 251)


Detect = Callable[[np.ndarray], np.ndarray]


@contextmanager
def faces(most: int = 1, still: bool = True) -> Iterator[Callable[[np.ndarray], list[np.ndarray]]]:
    """A function from an (H, W, 3) uint8 RGB image to its faces, at most `most`: each (478, 3) in pixels.

    still: every image stands alone; else each is looked for where it was in the one before.
    """
    os.environ.setdefault("GLOG_minloglevel", "2")
    import mediapipe  # slow to import, and only measuring and tracking need it

    with mediapipe.solutions.face_mesh.FaceMesh(
        static_image_mode=still, max_num_faces=most, refine_landmarks=True
    ) as mesh:

        def find(image: np.ndarray) -> list[np.ndarray]:
            height, width = image.shape[:2]
            found = mesh.process(np.ascontiguousarray(image)).multi_face_landmarks or []
            return [np.array([(p.x, p.y, p.z) for p in face.landmark]) * (width, height, width) for face in found]

        yield find


@contextmanager
def detector() -> Iterator[Detect]:
    """A function from an (H, W, 3) uint8 RGB image to the face's (478, 2) pixels; NaN where it finds none."""
    with faces() as find:

        def detect(image: np.ndarray) -> np.ndarray:
            found = find(image)
            return found[0][:, :2] if found else np.full((POINTS, 2), np.nan)

        yield detect


def landmarks(images: Iterable[np.ndarray]) -> np.ndarray:
    """(F, 478, 2) pixels for F images (H, W, 3) uint8."""
    with detector() as detect:
        found = [detect(image) for image in images]
    return np.array(found).reshape(-1, POINTS, 2)


def opening(points: np.ndarray) -> np.ndarray:
    """Lip distance over eye-corner distance (F,) of landmarks (F, 478, 2)."""
    lips = np.linalg.norm(points[:, UPPER] - points[:, LOWER], axis=-1)
    return lips / np.linalg.norm(points[:, RIGHT_EYE] - points[:, LEFT_EYE], axis=-1)


def lip_distance(truth: np.ndarray, render: np.ndarray) -> np.ndarray:
    """`point_distance` (F,) of the lips: `lmd_px`."""
    return point_distance(truth, render, OUTER_LIPS + INNER_LIPS)


def point_distance(truth: np.ndarray, render: np.ndarray, which: tuple[int, ...]) -> np.ndarray:
    """Mean distance (F,) in pixels of points `which` of landmarks (F, 478, 2), render aligned to truth by the skull."""
    result = np.full(len(truth), np.nan)
    for i, (t, r) in enumerate(zip(truth, render, strict=True)):
        if np.isfinite(t).all() and np.isfinite(r).all():
            result[i] = np.linalg.norm(_laid(r, t)[list(which)] - t[list(which)], axis=-1).mean()
    return result


def to_head(points: np.ndarray) -> np.ndarray:
    """Landmarks (F, 478, 2) laid over the first face's by the skull: what is left is the face's own motion."""
    found = np.isfinite(points).all((1, 2))
    first = points[np.argmax(found)]
    return np.array([_laid(p, first) if ok else p for p, ok in zip(points, found, strict=True)])


def _laid(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Landmarks `source` (478, 2) carried over `target` by the similarity of the points that only the skull moves."""
    move = similarity(source[list(RIGID)], target[list(RIGID)])  # (2, 3)
    return source @ move[:, :2].T + move[:, 2]
