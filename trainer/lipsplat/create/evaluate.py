"""Figures of an avatar on the end of its own footage, which no training step saw; keys as in FIGURES.md."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lipsplat.bundle import load_bundle
from lipsplat.capture import FPS, Capture
from lipsplat.evaluate.detector import landmarks, lip_distance, opening
from lipsplat.evaluate.drive import conditions_of, draw, to_bytes
from lipsplat.evaluate.metrics import concordance, correlation, psnr
from lipsplat.evaluate.picture import head_mask, head_ms_ssim, mouth_box
from lipsplat.restore.attach import finisher

SMALLEST_HEAD = 176  # pixels a side that MS-SSIM needs
LOUDNESS, HEARD = 31, 0.1  # of the lip features (ARCHITECTURE.md), and how much of it is speech


@dataclass(frozen=True)
class Measured:
    figures: dict[str, float | int | None]
    truths: np.ndarray  # (n,H,W,3) uint8: the held-out frames
    renders: list[np.ndarray]  # n of (H,W,3) uint8: as the page shows them
    head_psnr: np.ndarray  # (n,) dB
    openings: tuple[np.ndarray, np.ndarray]  # (n,) lip opening of footage and avatar, NaN where no face is seen


def measure(folder: Path, capture: Capture, lip: np.ndarray, first: int) -> Measured:
    """Of the bundle in `folder` on frames `first` and on; lip (F,32): of every frame of the capture."""
    avatar = load_bundle(folder)
    frames = np.arange(first, len(capture))
    conditions = conditions_of(capture, avatar, lip[frames], frames)
    truths, labels = np.stack(list(capture.each_frame(first))), list(capture.each_label(first))
    seen = landmarks(truths)
    head, similar, mouth, whole, renders = [], [], [], [], []
    finish = finisher(avatar)
    for i, (frame, label) in enumerate(zip(truths, labels, strict=True)):
        truth, mask = frame / 255.0, head_mask(label)
        colour, coverage = draw(avatar, conditions, i)
        torso = avatar.torso(int(conditions.torso[i]))
        raw = to_bytes(colour + (1 - coverage[..., None]) * torso) / 255.0
        moved = conditions.rotation[i], conditions.translation[i]
        final = finish(to_bytes(avatar.composite(colour, coverage, torso)), *moved)
        renders.append(final)
        head.append(psnr(truth, raw, mask))
        rows, columns = np.nonzero(mask)
        if len(rows) and min(np.ptp(rows), np.ptp(columns)) >= SMALLEST_HEAD:
            similar.append(head_ms_ssim(truth, raw, mask))
        if np.isfinite(seen[i]).all():
            box = mouth_box(seen[i], *mask.shape)
            mouth.append(psnr(truth[box], raw[box]))
        whole.append(psnr(truth, final / 255.0))
    drawn = landmarks(renders)
    curves = opening(seen), opening(drawn)
    both = np.isfinite(curves[0]) & np.isfinite(curves[1])
    lips = [c[both] for c in curves]
    figures: dict[str, float | int | None] = {
        "head_psnr_db": mean(head), "head_ms_ssim": mean(similar), "mouth_psnr_db": mean(mouth),
        "portrait_psnr_db": mean(whole), "lmd_px": mean(list(lip_distance(seen, drawn))),
        "lip_r_heldout": correlation(*lips) if both.sum() > FPS / 2 else None,
        "lip_ccc_heldout": concordance(*lips) if both.sum() > FPS / 2 else None,
        "held_out_frames": len(frames), "spoken_frames": int((lip[first:, LOUDNESS] > HEARD).sum()),
        "trained_frames": first, "gaussians": avatar.meta["gaussians"],
        "bundle_bytes": sum(f.stat().st_size for f in folder.iterdir() if f.is_file()),
    }  # fmt: skip
    return Measured(figures, truths, renders, np.array(head), curves)


def mean(values: list[float]) -> float | None:
    known = [v for v in values if np.isfinite(v)]
    return float(np.mean(known)) if known else None
