"""What is known of a picture before it is parsed: MediaPipe's person mask, and the face's landmarks as areas."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import cv2
import numpy as np

SIZE = 256  # pixels a side of what the network reads
CUES = 4  # channels: person, face, eyes, inner lips
FACE = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
EYES = (
    (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246),
    (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466),
)
INNER_LIPS = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191)
FINER = 4  # bits of a polygon's corners below the pixel


@contextmanager
def person_mask() -> Iterator[Callable[[np.ndarray], np.ndarray]]:
    """A function from a picture (H,W,3) uint8 to how much of each pixel is person, (256,256) uint8."""
    os.environ.setdefault("GLOG_minloglevel", "2")
    import mediapipe  # slow to import

    with mediapipe.solutions.selfie_segmentation.SelfieSegmentation(model_selection=0) as model:

        def segment(image: np.ndarray) -> np.ndarray:
            mask = model.process(np.ascontiguousarray(image)).segmentation_mask
            return (cv2.resize(mask, (SIZE, SIZE), interpolation=cv2.INTER_AREA) * 255).round().astype(np.uint8)

        yield segment


def areas(points: np.ndarray) -> np.ndarray:
    """Face, eyes, inner lips (256,256,3) uint8, drawn from landmarks (478,≥2) in pixels of a 256² picture; 0 of NaN."""
    drawn = [np.zeros((SIZE, SIZE), np.uint8) for _ in range(3)]
    if np.isfinite(points).all():
        for image, outlines in zip(drawn, ((FACE,), EYES, (INNER_LIPS,)), strict=True):
            for outline in outlines:
                # cv2 counts pixel centres as integers, we as half integers
                corners = np.round((points[list(outline), :2] - 0.5) * 2**FINER).astype(np.int32)
                cv2.fillPoly(image, [corners], 255, cv2.LINE_AA, FINER)
    return np.stack(drawn, -1)


def network_input(image: np.ndarray, person: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(256,256,7) uint8 of a picture (256,256,3), its person mask (256,256) and its landmarks (478,≥2)."""
    return np.concatenate([image, person[..., None], areas(points)], -1)
