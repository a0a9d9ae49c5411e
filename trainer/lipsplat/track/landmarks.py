"""MediaPipe's 478 points in every frame of a video, and how many faces there are. The caller keeps what was found."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from lipsplat.evaluate.detector import POINTS, faces

LEAST = 0.8  # share of the frames that must show a face


def find_landmarks(frames: Iterable[np.ndarray]) -> np.ndarray:
    """(F,478,3) float32 of frames (H,W,3) uint8 RGB: x, y in pixels (centres at half integers), z of x's scale and
    smaller towards the camera; NaN rows where no face was found."""
    return find_faces(frames)[0]


def find_faces(frames: Iterable[np.ndarray], most: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """`find_landmarks`' (F,478,3) of one person, and how many faces each frame shows (F,) int, at most `most`.

    The person is the largest face of the first frame that has one, then always the face nearest to the last one seen.
    """
    points, counts, last = [], [], None
    with faces(most, still=False) as find:
        for frame in frames:
            found = find(frame)
            counts.append(len(found))
            if not found:
                points.append(np.full((POINTS, 3), np.nan, np.float32))
                continue
            centres = np.array([face[:, :2].mean(0) for face in found])  # (n,2)
            if last is None:
                mine = int(np.argmax([np.ptp(face[:, 1]) for face in found]))
            else:
                mine = int(np.argmin(np.linalg.norm(centres - last, axis=1)))
            last = centres[mine]
            points.append(found[mine].astype(np.float32))
    return np.array(points, np.float32).reshape(-1, POINTS, 3), np.array(counts, int)


def check_found(points: np.ndarray) -> None:
    """Raises ValueError where too few of the frames of landmarks (F,478,3) show a face."""
    found = np.isfinite(points).all((1, 2))
    if not found.any():
        raise ValueError("no face was found in any frame: film one face that looks at the camera, in good light")
    if found.mean() < LEAST:
        first = int(np.argmin(found))
        raise ValueError(
            f"no face was found in {np.sum(~found)} of {len(found)} frames, first in frame {first}: cut the video to "
            "where the face is seen, or film again with the whole head in the picture"
        )
