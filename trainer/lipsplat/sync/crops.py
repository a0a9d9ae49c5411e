"""Where the mouth is cut out: the lower half of the face, grey, the same for rendered and for filmed people.

Three points that the jaw does not move (outer eye corners, base of the nose) are brought to fixed places in the crop by
a similarity, so that the crop follows the head and shows the jaw drop. Grey, because colour tells nothing about time.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from lipsplat.evaluate.metrics import similarity
from lipsplat.warp import warp

HEIGHT, WIDTH = 72, 96  # of what is stored; the networks see a part of it
EYE_DISTANCE = 71.0  # pixels between the outer eye corners
ANCHORS = np.array([[-0.5, -0.51], [0.5, -0.51], [0.0, 0.0]]) * EYE_DISTANCE + (WIDTH / 2, 14.0)  # (3,2)
DETECTED = (33, 263, 2)  # the same points of MediaPipe's face mesh
BASE = (24, 6808, 317)  # and of the kit's base mesh
LUMA = np.array([0.299, 0.587, 0.114])


def crop_transform(anchors: np.ndarray) -> np.ndarray:
    """The similarity (2,3) from a picture's pixels to the crop's, from its anchors (3,2): right eye, left eye, nose."""
    return similarity(anchors, ANCHORS)


def crop_frames(frames: np.ndarray, landmarks: np.ndarray, smooth: float = 1.0) -> np.ndarray:
    """Crops (F,72,96) uint8 of pictures (F,H,W,3) uint8 with MediaPipe landmarks (F,478,2) in pixels.

    smooth: sigma in frames of a filter over the anchors, which takes out the detector's jitter. Frames without a face
    take the anchors of their neighbours; raises ValueError where no frame has one.
    """
    import cv2

    anchors = landmarks[:, list(DETECTED)].reshape(len(frames), -1)  # (F,6)
    found = np.isfinite(anchors).all(1)
    if not found.any():
        raise ValueError("no face was found in any frame: use a clip in which one face looks at the camera")
    at = np.arange(len(frames))
    anchors = np.stack([np.interp(at, at[found], column[found]) for column in anchors.T], 1)
    anchors = gaussian_filter1d(anchors, smooth, axis=0, mode="nearest").reshape(-1, 3, 2)
    crops = np.empty((len(frames), HEIGHT, WIDTH), np.uint8)
    for i, frame in enumerate(frames):
        grey = np.round(frame @ LUMA).astype(np.uint8)
        crops[i] = warp(grey, crop_transform(anchors[i]), (WIDTH, HEIGHT), cv2.INTER_LINEAR)
    return crops
