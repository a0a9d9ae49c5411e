"""How opaque the person is at each pixel, so that another background can be put behind it."""

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
    Of a frame without head. plate (H,W,3) 0..1: wall and torso; torso (H,W) bool: by the labels; seen (H,W) bool:
    filmed, not filled; hidden (H,W) bool: always head, which counts as the person. Returns (H,W) float32 0..1.
    """
    person = fill(torso.astype(np.float32)[..., None], ~seen)[..., 0] > 0.5
    core, away = edge_of(person)
    front, back = fill(plate, ~(core & seen)), fill(plate, ~(away & seen))  # (H,W,3)
    matte = np.where(seen | core | away, coverage(plate, front, back, person), person)
    depth = cv2.distanceTransform(hidden.astype(np.uint8), cv2.DIST_L2, 5)  # pixels from where the wall was seen once
    return np.maximum(matte, (depth / INNER - 0.5).clip(0, 1)).astype(np.float32)


def frame_matte(frame: np.ndarray, person: np.ndarray, plate: np.ndarray) -> np.ndarray:
    """Of a source frame (H,W,3) 0..1, the person by its labels (H,W) bool, before a known plate. (H,W) float32 0..1."""
    return coverage(frame, fill(frame, ~edge_of(person)[0]), plate, person).astype(np.float32)


def edge_of(person: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What is certainly person, and what is certainly not, both (H,W) bool; the picture tells of the rest."""
    core = cv2.erode(person.astype(np.uint8), disc(BAND)) > 0
    return core, cv2.dilate(person.astype(np.uint8), disc(BAND)) == 0


def coverage(image: np.ndarray, front: np.ndarray, back: np.ndarray, person: np.ndarray) -> np.ndarray:
    """
    Near the labels' edge a colour lies between those of person and wall there, all (H,W,3) 0..1, which gives the
    coverage (H,W): I = αF + (1 − α)B, solved along F − B.
    """
    core, away = edge_of(person)
    difference, contrast = front - back, ((front - back) ** 2).sum(2)
    along = ((image - back) * difference).sum(2)
    solved = (along / np.maximum(contrast, DOUBT)).clip(0, 1)
    astray = ((image - back - solved[..., None] * difference) ** 2).sum(2)  # neither person nor wall nor between
    doubt = DOUBT + DOUBT_ASTRAY * astray
    believed = cv2.GaussianBlur(person.astype(np.float32), (0, 0), LABEL_BLUR)
    solved = ((along + doubt * believed) / (contrast + doubt)).clip(0, 1)
    return np.where(core, 1, np.where(away, 0, solved))
