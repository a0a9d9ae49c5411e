"""Portrait-sync's other half: the blend mask, and the source frames with the head taken out."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from lipsplat.capture import BACKGROUND, HAIR, NECK, TORSO, Capture
from lipsplat.portrait.fill import disc, fill
from lipsplat.portrait.matte import torso_matte
from lipsplat.portrait.model import Array

HEAD_GROWTH = 14  # pixels around the head and neck that the Gaussians draw
MASK_BLUR = 6.0  # sigma of the mask's edge, pixels
SAFE = 5  # pixels a background sample keeps from the subject's edge
EVERY, SAMPLES = 6, 256  # the plate is the median of every 6th frame, of fewer where they would be more than 256


@dataclass(frozen=True)
class Plate:
    mask: np.ndarray  # (H,W) float32: 1 where the render is trusted, 0 where the source frame is
    plate: np.ndarray  # (H,W,3) float32 0..1: wall and torso, no head
    matte: np.ndarray  # (H,W) float32 0..1: how opaque the person is in a frame without head


def make_plate(capture: Capture, last: int) -> Plate:
    """Of frames before `last`: training frames only. Median over time of what shows behind the head.

    Raises ValueError, naming the frame, where the labels are not the footage's.
    """
    every, chosen = max(EVERY, -(-last // SAMPLES)), []
    head, hidden = np.zeros((2, capture.camera["size"], capture.camera["size"]), bool)  # ever, always head
    hidden |= True
    count = 0
    for i, label in enumerate(capture.each_label(0, last)):
        if label.shape != head.shape:
            raise ValueError(
                f"labels.mkv is {label.shape[1]}×{label.shape[0]} at frame {i}, the footage {head.shape[1]}×"
                f"{head.shape[0]}: label the footage as it is"
            )
        count += 1
        head |= label >= NECK
        hidden &= label >= NECK
        if i % every == 0:
            chosen.append(label)
    if count < last:
        raise ValueError(f"labels.mkv ends before frame {count} of {last}: label the whole footage")
    if not head.any():
        raise ValueError("labels.mkv shows no head in any frame: label head, hair, eyes and mouth")
    mask = cv2.GaussianBlur(
        cv2.dilate(head.astype(np.uint8), disc(HEAD_GROWTH + 12)).astype(np.float32), (0, 0), MASK_BLUR
    )
    frames, labels = np.stack(list(capture.each_frame(0, last, every))), np.stack(chosen)  # (n,H,W,3), (n,H,W)
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
    plate = fill(plate, never) / 255
    return Plate(mask.astype(np.float32), plate, torso_matte(plate, mostly, never == 0, hidden))


def nan_median(values: np.ndarray) -> np.ndarray:
    """Median over the first axis, NaN left out: (n,W,3) to (W,3)."""
    ordered = np.sort(values, 0)  # NaN go last
    n = np.isfinite(values).sum(0)
    middle = np.maximum((n - 1) // 2, 0)
    return np.where(n > 0, np.take_along_axis(ordered, middle[None], 0)[0], np.nan)


def composite(colour: Array, coverage: Array, background: Array, mask: Array) -> Array:
    """ARCHITECTURE.md "Composite", for arrays and tensors alike: (h,w,3), (h,w), (h,w,3), (h,w) -> (h,w,3)."""
    m = mask[..., None]
    return m * (colour + (1 - coverage[..., None]) * background) + (1 - m) * background


def torso_frame(frame: np.ndarray, plate: Plate) -> np.ndarray:
    """One source frame (H,W,3) uint8 with the head taken out: the plate inside the mask, the frame outside."""
    m = plate.mask[..., None]
    return (m * plate.plate * 255 + (1 - m) * frame + 0.5).clip(0, 255).astype(np.uint8)
