"""Brows, lids and stillness of rendered landmarks: the part of the face that the sound does not move, and rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lipsplat.evaluate.closure import FPS
from lipsplat.evaluate.detector import (
    BROWS,
    INNER_LIPS,
    LEFT_EYE,
    LEFT_LIDS,
    OUTER_LIPS,
    RIGHT_EYE,
    RIGHT_LIDS,
    point_distance,
    to_head,
)
from lipsplat.evaluate.metrics import correlation

if TYPE_CHECKING:  # it needs ../shared, and `lipsplat create` does without
    from lipsplat.speech.truth import Phone

MARGIN = 0.12  # seconds from any phone: beyond it the lips rest


def upper_face_figures(truth: np.ndarray, render: np.ndarray, frozen: np.ndarray) -> dict[str, float]:
    """Errors in pixels of brows and lids, and how the lids follow. Landmarks (n,478,2); frozen: truth's mean face."""
    lids = RIGHT_LIDS + LEFT_LIDS
    pairs = [lid_opening(truth), lid_opening(render)]  # (n,2) each
    found = np.isfinite(pairs).all((0, 2))
    return {
        "brow_px": float(np.nanmean(point_distance(truth, render, BROWS))),
        "brow_frozen_px": float(np.nanmean(point_distance(truth, frozen, BROWS))),
        "lid_px": float(np.nanmean(point_distance(truth, render, lids))),
        "lid_frozen_px": float(np.nanmean(point_distance(truth, frozen, lids))),
        "lid_r": correlation(*(p[found].ravel() for p in pairs)),
    }


def mean_face(points: np.ndarray, count: int) -> np.ndarray:
    """A face (count,478,2) that never moves: the mean of landmarks (n,478,2) laid over the first by the skull."""
    laid = to_head(points)
    return np.repeat(np.nanmean(laid, 0)[None], count, 0)


def lid_opening(points: np.ndarray) -> np.ndarray:
    """Opening (n,2) of the right and left eye over the distance of their outer corners; landmarks (n,478,2)."""
    width = np.linalg.norm(points[:, RIGHT_EYE] - points[:, LEFT_EYE], axis=-1)
    gaps = [np.linalg.norm(points[:, up] - points[:, low], axis=-1) for up, low in ((159, 145), (386, 374))]
    return np.stack(gaps, -1) / width[:, None]


def jitter(points: np.ndarray, still: np.ndarray) -> float:
    """Rms second difference in pixels a frame² of the lip points at rest, the head's own motion taken out.

    Landmarks (n,478,2); still (n,) bool: frames at whose neighbours, too, the lips rest.
    """
    lips = to_head(points)[:, list(OUTER_LIPS + INNER_LIPS)]  # (n,40,2)
    second = np.diff(lips, n=2, axis=0)  # of frame i+1
    kept = still[1:-1] & np.isfinite(second).all((1, 2))
    return float(np.sqrt(np.square(second[kept]).sum(-1).mean()))


def at_rest(phones: list[Phone], count: int) -> np.ndarray:
    """Frames (count,) bool in which nothing is spoken, nor just before or after."""
    times = (np.arange(count) + 0.5) / FPS
    near = [(times > p.start - MARGIN) & (times < p.end + MARGIN) for p in phones]
    return ~np.any(near, 0) if near else np.ones(count, bool)
