"""Picture figures on the held-out frames.

Nothing of a held-out frame but its pose and expression reaches the picture: behind the render stands the bundle's torso
frame nearest in pose among the training frames (the head taken out, clean wall and collar behind it), which is also the
"true background" of `head_psnr_db`: the wall and the suit stand still in this capture. The `*_own_torso` rows take the
paper's way: outside the head's mask the held-out frame itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from lipsplat.capture import EYE, HAIR, HELD_OUT_FROM, MOUTH, SKIN, Capture
from lipsplat.evaluate.detector import LEFT_CORNER, RIGHT_CORNER
from lipsplat.evaluate.drive import Avatar, Conditions, draw, to_bytes
from lipsplat.evaluate.metrics import edge_band, grow, ms_ssim, psnr
from lipsplat.restore.attach import finisher

GROWTH, BAND = 8, 12  # pixels
MOUTH_BOX = (96, 64)  # width, height
FILLER = 0.5  # what stands for both pictures outside the head, for MS-SSIM


@dataclass
class Scores:
    """Sums of per-frame figures by key, and the frames worth looking at."""

    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, key: str, value: float) -> None:
        self.values.setdefault(key, []).append(value)

    def means(self) -> dict[str, float]:
        return {key: float(np.mean(v)) for key, v in self.values.items()}


def mouth_box(points: np.ndarray, height: int, width: int) -> tuple[slice, slice]:
    """The 96 × 64 box between the lip corners of landmarks (478, 2), kept inside the picture."""
    x, y = (points[LEFT_CORNER] + points[RIGHT_CORNER]) / 2
    left = int(np.clip(round(x - MOUTH_BOX[0] / 2), 0, width - MOUTH_BOX[0]))
    top = int(np.clip(round(y - MOUTH_BOX[1] / 2), 0, height - MOUTH_BOX[1]))
    return slice(top, top + MOUTH_BOX[1]), slice(left, left + MOUTH_BOX[0])


def head_mask(labels: np.ndarray) -> np.ndarray:
    """Pixels (H, W) bool of head skin, hair, eye or mouth-inside, grown by 8 px."""
    return grow(np.isin(labels, (SKIN, HAIR, EYE, MOUTH)), GROWTH)


def bounds(mask: np.ndarray) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def head_ms_ssim(truth: np.ndarray, image: np.ndarray, mask: np.ndarray) -> float:
    """MS-SSIM on the mask's bounding box, pixels outside the mask filled alike."""
    box, outside = bounds(mask), ~mask[..., None]
    return ms_ssim(np.where(outside, FILLER, truth)[box], np.where(outside, FILLER, image)[box])


def reference_frames(folder: Path) -> dict[int, np.ndarray]:
    """Held-out frames at 128 samples a pixel, by capture frame: (H, W, 3) uint8."""
    return {int(p.stem): cv2.imread(str(p))[..., ::-1] for p in sorted((folder / "reference").glob("*.png"))}


def measure_picture(
    capture: Capture,
    avatar: Avatar,
    conditions: Conditions,
    truth_points: np.ndarray,
    progress: Callable[[int], None] = lambda i: None,
    every: int = 1,
) -> tuple[Scores, list[np.ndarray], np.ndarray]:
    """Scores, finished and true frames (n, H, W, 3) uint8 of every n-th held-out frame; truth_points (n, 478, 2)."""
    truths = np.stack(list(capture.each_frame(HELD_OUT_FROM, every=every)))
    labels = np.stack(list(capture.each_label(HELD_OUT_FROM, every=every)))
    clean, scores, finals = reference_frames(capture.folder), Scores(), []
    band, finish = edge_band(avatar.mask, BAND), finisher(avatar)
    for i, truth_bytes in enumerate(truths):
        progress(i)
        truth, mask = truth_bytes / 255.0, head_mask(labels[i])
        colour, coverage = draw(avatar, conditions, i)
        torso = avatar.torso(int(conditions.torso[i]))
        own = np.where(mask[..., None], torso, truth)

        def over(plate: np.ndarray, c: np.ndarray = colour, a: np.ndarray = coverage) -> np.ndarray:
            return to_bytes(c + (1 - a[..., None]) * plate) / 255.0

        raw = over(torso)
        moved = conditions.rotation[i], conditions.translation[i]
        final_bytes = finish(to_bytes(avatar.composite(colour, coverage, torso)), *moved)
        final_own = finish(to_bytes(avatar.composite(colour, coverage, own)), *moved) / 255.0
        final = final_bytes / 255.0
        finals.append(final_bytes)
        scores.add("head_psnr_db", psnr(truth, raw, mask))
        scores.add("head_ms_ssim", head_ms_ssim(truth, raw, mask))
        scores.add("head_psnr_db_own_torso", psnr(truth, over(own), mask))
        if np.isfinite(truth_points[i]).all():
            box = mouth_box(truth_points[i], *mask.shape)
            scores.add("mouth_psnr_db", psnr(truth[box], raw[box]))
        scores.add("portrait_psnr_db", psnr(truth, final))
        scores.add("portrait_psnr_db_own_torso", psnr(truth, final_own))
        scores.add("seam_psnr_db", psnr(truth, final, band))
        scores.add("seam_psnr_db_own_torso", psnr(truth, final_own, band))
        if (frame := HELD_OUT_FROM + every * i) in clean:
            reference = clean[frame] / 255.0
            scores.add("head_psnr_clean_db", psnr(reference, raw, mask))
            scores.add("footage_head_psnr_clean_db", psnr(reference, truth, mask))
    return scores, finals, truths
