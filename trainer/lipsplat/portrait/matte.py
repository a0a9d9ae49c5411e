"""How opaque the person is at each pixel of the torso stream, so that another background can be put behind it."""

from __future__ import annotations

import cv2
import numpy as np

from lipsplat.portrait.fill import disc, fill

BAND = 3  # pixels to each side of the labels' edge in which the picture itself tells the coverage
DOUBT = 1e-3  # squared colour difference (0..1) of person and wall below which the labels are believed instead
DOUBT_ASTRAY = 10  # the same by how far a colour lies from those in between
LABEL_BLUR = 0.7  # sigma of the labels' own edge, pixels
INNER = 6  # pixels within what is always head, over which the matte rises to 1


def torso_matte(plate: np.ndarray, torso: np.ndarray, seen: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """
    plate (H,W,3) 0..1: wall and torso, no head; torso (H,W) bool: by the labels; seen (H,W) bool: filmed, not filled;
    hidden (H,W) bool: always head. Returns (H,W) float32 0..1. Near the labels' edge the colour lies between those of
    torso and wall nearby, which gives the coverage: I = αF + (1 − α)B, solved along F − B. What the head always hides
    counts as the person.
    """
    person = fill(torso.astype(np.float32)[..., None], ~seen)[..., 0] > 0.5
    core = cv2.erode(person.astype(np.uint8), disc(BAND)) > 0
    away = cv2.erode((~person).astype(np.uint8), disc(BAND)) > 0
    front, back = fill(plate, ~(core & seen)), fill(plate, ~(away & seen))  # (H,W,3)
    difference, contrast = front - back, ((front - back) ** 2).sum(2)
    along = ((plate - back) * difference).sum(2)
    solved = (along / np.maximum(contrast, DOUBT)).clip(0, 1)
    astray = ((plate - back - solved[..., None] * difference) ** 2).sum(2)  # neither torso nor wall nearby nor between
    doubt = DOUBT + DOUBT_ASTRAY * astray
    believed = cv2.GaussianBlur(person.astype(np.float32), (0, 0), LABEL_BLUR)
    solved = ((along + doubt * believed) / (contrast + doubt)).clip(0, 1)
    matte = np.where(core, 1, np.where(away, 0, np.where(seen, solved, person)))
    depth = cv2.distanceTransform(hidden.astype(np.uint8), cv2.DIST_L2, 5)  # pixels from where the wall was seen once
    return np.maximum(matte, (depth / INNER - 0.5).clip(0, 1)).astype(np.float32)
