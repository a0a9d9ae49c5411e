"""From a picture and its 478 landmarks to what the capturer sees: crops that follow the skull, and the face's motion.

The template is MediaPipe's mean face, x to the image's right, y down, z away from the camera, 1 between the outer
corners of the eyes. A similarity of the points that only the skull moves takes it to every face; crops are planes of
it, so that a turned head is seen from the front, and what moves in them is the face.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from lipsplat.evaluate.detector import BROWS, INNER_LIPS, LEFT_LIDS, OUTER_LIPS, RIGHT_LIDS

TEMPLATE = Path(__file__).parent / "template.npy"  # (478,4) float32: x, y, z, index of the mirror image
RIGID = (168, 6, 197, 195, 5, 33, 133, 362, 263, 127, 356, 234, 454, 2, 129, 358)
LIDS = RIGHT_LIDS + LEFT_LIDS
IRISES = tuple(range(468, 478))
LIPS = OUTER_LIPS + INNER_LIPS
CHEEKS = (4, 1, 98, 327, 50, 280, 205, 425, 117, 346, 9, 8, 151, 152, 148, 377, 172, 397, 136, 365, 58, 288)
MOVING = BROWS + LIDS + IRISES + LIPS + CHEEKS  # P = 124 points
EYE, EYE_SPAN = 72, 0.74  # side of the crops in pixels and in eye distances
GEOMETRY = 3 * len(MOVING) + 3


@lru_cache(1)
def template() -> np.ndarray:
    """(478,3): the mean face."""
    return np.load(TEMPLATE)[:, :3].astype(np.float64)


@lru_cache(1)
def mirrored() -> np.ndarray:
    """(478,) index of each point's mirror image."""
    return np.load(TEMPLATE)[:, 3].astype(int)


def skull_pose(points: np.ndarray, face: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """R (3,3), t (3,), s with points ≈ s·R·face + t, of landmarks and template (478,3), by the RIGID points."""
    a, b = face[list(RIGID)], points[list(RIGID)]
    ma, mb = a.mean(0), b.mean(0)
    u, d, v = np.linalg.svd((b - mb).T @ (a - ma))
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ v))])
    turn = u @ np.diag(sign) @ v
    scale = (d * sign).sum() / np.square(a - ma).sum()
    return turn, mb - scale * turn @ ma, scale


def view(picture: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the network sees of a picture (H,W,3) uint8 and its landmarks (478,3) in pixels, left side and right.

    Right sides are mirrored, so that one network serves both. Returns crops (2,72,72,3) uint8 and geometry (2,375)
    float32: MOVING points in the template's axes, less the template, and the turn of the head.
    """
    face = template()
    turn, shift, scale = skull_pose(points, face)
    own = (points - shift) @ turn / scale  # (478,3) in the template's axes
    around = turn_vector(turn)
    order = mirrored()
    which = list(MOVING)
    geometry = np.stack(
        [
            np.append((own - face)[which].ravel(), around),
            np.append(((own[order] * (-1, 1, 1)) - face)[which].ravel(), around * (1, -1, -1)),
        ]
    )
    corners = face[[263, 362]].mean(0), face[[33, 133]].mean(0)
    eyes = [
        _plane(picture, turn, shift, scale, c + (0, -0.1, 0), flip)
        for c, flip in zip(corners, (False, True), strict=True)
    ]
    return np.stack(eyes), geometry.astype(np.float32)


def turn_vector(turn: np.ndarray) -> np.ndarray:
    """Rotation vector (3,) of a rotation matrix (3,3)."""
    import cv2

    return cv2.Rodrigues(turn)[0][:, 0]


def _plane(
    picture: np.ndarray,
    turn: np.ndarray,
    shift: np.ndarray,
    scale: float,
    centre: np.ndarray,
    flip: bool,
) -> np.ndarray:
    """The square of the template's plane z = const about `centre` (3,), EYE_SPAN wide, as (72,72,3) uint8."""
    import cv2

    span, side = EYE_SPAN, EYE
    step = span / side * scale * turn[:2, :2]  # (2,2) picture pixels a crop pixel
    if flip:
        step = step * (-1, 1)
    at = (scale * turn @ centre + shift)[:2]
    move = np.column_stack([step, at - step @ np.full(2, side / 2)])  # crop (centres at half integers) to picture
    # the part of the picture that is seen, shrunk by averaging first where it is large
    corners = np.array([[0, 0], [side, 0], [0, side], [side, side]]) @ step.T + move[:, 2]
    height, width = picture.shape[:2]
    low = np.clip(np.floor(corners.min(0)).astype(int) - 2, 0, (width - 2, height - 2))
    high = np.clip(np.ceil(corners.max(0)).astype(int) + 2, low + 2, (width, height))
    part = picture[low[1] : high[1], low[0] : high[0]]
    move[:, 2] -= low
    shrink = float(np.sqrt(abs(np.linalg.det(step))))
    if shrink > 1.5:
        size = tuple(int(max(2, round(n / shrink))) for n in part.shape[1::-1])
        ratio = np.array(size) / part.shape[1::-1]
        part = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
        move *= ratio[:, None]
    move[:, 2] += move[:, :2] @ (0.5, 0.5) - 0.5  # cv2 counts pixel centres as integers
    return cv2.warpAffine(
        part, move, (side, side), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )
