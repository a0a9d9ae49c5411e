"""What was never filmed, guessed from what lies around it."""

from __future__ import annotations

import cv2
import numpy as np


def disc(radius: int) -> np.ndarray:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))


def fill(image: np.ndarray, holes: np.ndarray) -> np.ndarray:
    """image (H,W,C), holes (H,W): a smooth fill from the holes' edges (image pyramid of known pixels)."""
    known = (1 - holes).astype(np.float32)
    if known.all():
        return image
    value, weight = image * known[..., None], known
    if min(image.shape[:2]) <= 2:
        mean = value.sum((0, 1)) / max(weight.sum(), 1e-6)
        return np.where(holes[..., None] > 0, mean, image)
    small, small_weight = cv2.pyrDown(value), cv2.pyrDown(weight)
    coarse = small.reshape(*small_weight.shape, -1) / np.maximum(small_weight, 1e-3)[..., None]
    coarse = fill(coarse, (small_weight < 0.02).astype(np.uint8))
    up = cv2.pyrUp(coarse, dstsize=(image.shape[1], image.shape[0])).reshape(image.shape)
    return np.where(holes[..., None] > 0, up, image)
