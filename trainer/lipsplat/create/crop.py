"""The square that is kept of the footage: one for all frames, so that the camera stands still."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from lipsplat.warp import warp

SIZE = 512  # pixels a side of what is kept
HEAD_SHARE = 0.55  # of the square's height, from chin to crown
CROWN = 0.42  # of the height of the landmarks' face: how far hair rises above them
LEFT_ALONE = 0.40  # a square picture whose head takes this much or more of it is kept whole
ABOVE = 0.12  # of the square: room over the crown
FOREHEAD, CHIN = 10, 152  # landmarks


@dataclass(frozen=True)
class Square:
    left: float  # pixels of the footage
    top: float
    side: float

    def cut(self, image: np.ndarray) -> np.ndarray:
        """(512,512,3) uint8 of a picture (H,W,3); what lies outside repeats the edge."""
        if self == Square(0, 0, SIZE) and image.shape[:2] == (SIZE, SIZE):
            return image
        scale = SIZE / self.side
        move = np.array([[scale, 0, -self.left * scale], [0, scale, -self.top * scale]])
        return warp(image, move, (SIZE, SIZE), cv2.INTER_CUBIC)


def head_square(points: np.ndarray, width: int, height: int) -> Square:
    """For landmarks (n,478,≥2) of frames spread over the footage, in pixels, NaN where no face. Inside the picture."""
    seen = points[np.isfinite(points[:, CHIN, 0])]
    if len(seen) == 0:
        raise ValueError("no face was found in any frame: film one face that looks at the camera, in more light")
    tall = np.median(np.linalg.norm(seen[:, FOREHEAD, :2] - seen[:, CHIN, :2], axis=1)) * (1 + CROWN)
    if width == height and tall >= LEFT_ALONE * height:
        return Square(0, 0, height)
    side = min(tall / HEAD_SHARE, width, height)
    middle = np.median(seen[:, :, 0].min(1) + seen[:, :, 0].max(1)) / 2
    crown = np.median(seen[:, CHIN, 1]) - tall
    left, top = np.clip(middle - side / 2, 0, width - side), np.clip(crown - ABOVE * side, 0, height - side)
    return Square(float(left), float(top), float(side))
