"""Portrait-sync's other half: the blend mask, and the source frames with the head taken out."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from lipsplat.capture import BACKGROUND, HAIR, NECK, TORSO
from lipsplat.portrait.model import Array

HEAD_GROWTH = 14  # pixels around the head and neck that the Gaussians draw
MASK_BLUR = 6.0  # sigma of the mask's edge, pixels
SAFE = 5  # pixels a background sample keeps from the subject's edge


@dataclass(frozen=True)
class Plate:
    mask: np.ndarray  # (H,W) float32: 1 where the render is trusted, 0 where the source frame is
    plate: np.ndarray  # (H,W,3) float32 0..1: wall and torso, no head


def disc(radius: int) -> np.ndarray:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))


def make_plate(frames: np.ndarray, labels: np.ndarray, every: int = 6) -> Plate:
    """frames (n,H,W,3) uint8, labels (n,H,W): training frames only. Median over time of what shows behind the head."""
    head = (labels >= NECK).any(0).astype(np.uint8)
    mask = cv2.GaussianBlur(cv2.dilate(head, disc(HEAD_GROWTH + 12)).astype(np.float32), (0, 0), MASK_BLUR)
    frames, labels = frames[::every], labels[::every]
    grown = np.stack([cv2.dilate((x >= NECK).astype(np.uint8), disc(SAFE)) for x in labels]) > 0  # (n,H,W)
    seen = ~grown
    # where a pixel is sometimes wall and sometimes torso, the more frequent one stays
    torso = labels == TORSO
    mostly = (torso & seen).sum(0) > ((labels == BACKGROUND) & seen).sum(0)
    seen &= torso == mostly
    plate = np.zeros(frames.shape[1:], np.float32)
    for y in range(frames.shape[1]):  # by rows: the median of everything at once would need gigabytes
        row = np.where(seen[:, y, :, None], frames[:, y], np.nan).astype(np.float32)
        with np.errstate(all="ignore"):
            plate[y] = np.nan_to_num(nan_median(row))
    never = (seen.sum(0) < 3).astype(np.uint8)
    never[(labels == HAIR).mean(0) > 0.98] = 1
    plate = fill(plate, never)
    return Plate(mask.astype(np.float32), plate / 255)


def nan_median(values: np.ndarray) -> np.ndarray:
    """Median over the first axis, NaN left out: (n,W,3) to (W,3)."""
    ordered = np.sort(values, 0)  # NaN go last
    n = np.isfinite(values).sum(0)
    middle = np.maximum((n - 1) // 2, 0)
    return np.where(n > 0, np.take_along_axis(ordered, middle[None], 0)[0], np.nan)


def fill(image: np.ndarray, holes: np.ndarray) -> np.ndarray:
    """Smooth fill from the holes' edges (image pyramid of known pixels). Never on screen: the head covers it."""
    known = (1 - holes).astype(np.float32)
    if known.all():
        return image
    value, weight = image * known[..., None], known
    if min(image.shape[:2]) <= 2:
        mean = value.sum((0, 1)) / max(weight.sum(), 1e-6)
        return np.where(holes[..., None] > 0, mean, image)
    small, small_weight = cv2.pyrDown(value), cv2.pyrDown(weight)
    coarse = fill(small / np.maximum(small_weight, 1e-3)[..., None], (small_weight < 0.02).astype(np.uint8))
    up = cv2.pyrUp(coarse, dstsize=(image.shape[1], image.shape[0]))
    return np.where(holes[..., None] > 0, up, image)


def composite(colour: Array, coverage: Array, background: Array, mask: Array) -> Array:
    """ARCHITECTURE.md "Composite", for arrays and tensors alike: (h,w,3), (h,w), (h,w,3), (h,w) -> (h,w,3)."""
    m = mask[..., None]
    return m * (colour + (1 - coverage[..., None]) * background) + (1 - m) * background


def torso_frame(frame: np.ndarray, plate: Plate) -> np.ndarray:
    """One source frame (H,W,3) uint8 with the head taken out: the plate inside the mask, the frame outside."""
    m = plate.mask[..., None]
    return (m * plate.plate * 255 + (1 - m) * frame + 0.5).clip(0, 255).astype(np.uint8)
