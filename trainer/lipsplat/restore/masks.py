"""Where head and torso meet: the band around the face's lower edge, and the gaps that training cuts there."""

from __future__ import annotations

import cv2
import numpy as np

GROWTH = 15  # pixels, where it runs and where it is measured
TRAINING_GROWTH = (10, 30)
TURN, SHIFT = 8.0, 6.0  # of the face's mask in training: at most so many degrees and pixels


def band(face: np.ndarray, growth: float) -> np.ndarray:
    """What the mask `face` (h,w) bool gains where it is grown by `growth` pixels: cheeks, chin and below."""
    away = cv2.distanceTransform((~face).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)  # (h,w)
    return (away > 0) & (away <= growth)


def random_band(face: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """The face's mask turned, moved and grown at random, less the mask: (h,w) bool."""
    height, width = face.shape
    rows, columns = np.nonzero(face)
    turn = cv2.getRotationMatrix2D((columns.mean(), rows.mean()), chance.uniform(-TURN, TURN), 1)
    turn[:, 2] += chance.uniform(-SHIFT, SHIFT, 2)
    turned = cv2.warpAffine(face.astype(np.uint8), turn, (width, height), borderMode=cv2.BORDER_REPLICATE) > 0
    return band(turned, chance.uniform(*TRAINING_GROWTH)) & ~face
