"""Pictures seen through a similarity."""

from __future__ import annotations

import numpy as np


def warp(picture: np.ndarray, move: np.ndarray, size: tuple[int, int], interpolation: int) -> np.ndarray:
    """A picture (H,W[,3]) uint8 moved by `move` (2,3), pixel centres at half integers, into `size` (width, height).

    interpolation: OpenCV's. What lies outside repeats the edge; where much is shrunk, an area filter goes before.
    """
    import cv2

    shrink = np.hypot(*move[:, 0])
    if shrink < 0.7:  # lest a large picture alias
        picture = cv2.GaussianBlur(picture, (0, 0), 0.4 / shrink)
    shifted = move.copy()
    shifted[:, 2] += move[:, :2] @ (0.5, 0.5) - 0.5  # cv2 counts pixel centres as integers
    return cv2.warpAffine(picture, shifted, size, flags=interpolation, borderMode=cv2.BORDER_REPLICATE)
