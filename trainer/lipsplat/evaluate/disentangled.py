"""Whether lips and expression keep to their halves of the face, in one pose: what the mask of eq 6 is for."""

from __future__ import annotations

import numpy as np

from lipsplat.capture import EXPRESSION, GAZE
from lipsplat.evaluate.detector import landmarks
from lipsplat.evaluate.drive import Avatar, to_bytes

FRAME = 12  # whose pose it is: a training frame, eyes open
LOWER_LIDS, UNDER_NOSE = (145, 374), 2  # points of the detector
BLOCK = 8  # pixels


def most_moved(a: np.ndarray, b: np.ndarray) -> float:
    """The greatest rms difference of two pictures (h,W,3) in 0..1 over blocks of 8×8, in 1/255."""
    h, w = (n // BLOCK for n in a.shape[:2])
    square = np.square(255 * (a - b))[: h * BLOCK, : w * BLOCK].reshape(h, BLOCK, w, BLOCK, 3)
    return float(np.sqrt(square.mean((1, 3, 4)).max()))


def movements(avatar: Avatar, rest: np.ndarray, said: np.ndarray) -> dict[str, float]:
    """`most_moved` above the lower lids and below the nose, by lips that speak and by brows and lids at their most.

    rest (32,): the lip feature all is held against; said (n,32): what the lips are moved by.
    """

    def picture(lip: np.ndarray, expression: np.ndarray) -> np.ndarray:
        colour, coverage = avatar.draw(lip, expression, avatar.motion[FRAME, :3], avatar.motion[FRAME, 3:6])
        return avatar.composite(colour, coverage, avatar.torso(FRAME))

    face = avatar.motion[FRAME, 6:]  # (13,)
    still = picture(rest, face)
    points = landmarks([to_bytes(still)])[0]
    lids, nose = np.s_[: int(points[list(LOWER_LIDS), 1].min())], np.s_[int(points[UNDER_NOSE, 1]) :]
    spoken = [picture(lip, face) for lip in said]
    moved = []
    for k, name in enumerate(EXPRESSION):
        if name not in GAZE and not name.startswith("mouth"):
            expression = face.copy()
            expression[k] = avatar.motion[:, 6 + k].max()
            moved.append(picture(rest, expression))
    return {
        "lips_below_nose": max(most_moved(x[nose], still[nose]) for x in spoken),
        "lips_above_lids": max(most_moved(x[lids], still[lids]) for x in spoken),
        "brows_above_lids": max(most_moved(x[lids], still[lids]) for x in moved),
        "brows_below_nose": max(most_moved(x[nose], still[nose]) for x in moved),
    }
