"""How far the avatar's lips are from the footage's in held-out frames, and what bounds that."""

from __future__ import annotations

import numpy as np
from PIL import Image

from lipsplat.capture import FPS, HELD_OUT_FROM, Capture
from lipsplat.evaluate.detector import landmarks, lip_distance
from lipsplat.speech.dataset import capture_phones
from lipsplat.speech.truth import TRUTH_RATE, targets, utterance


def true_lip(capture: Capture) -> np.ndarray:
    """What a speech model that made no mistake would tell of the capture's voice: (F,32), from its phones."""
    truth = targets(utterance(*capture.voice(), capture_phones(capture.folder)))
    at = TRUTH_RATE // FPS * np.arange(len(capture)) + TRUTH_RATE // FPS // 2  # the frames' middles
    return truth[np.minimum(at, len(truth) - 1)]


def lip_distances(
    capture: Capture, truth_points: np.ndarray, rendered: dict[str, np.ndarray]
) -> tuple[dict[str, float], np.ndarray]:
    """Mean distances in pixels, of landmarks truth_points (F,478,2) and rendered ones by job of `lips.lip_jobs`, and
    that of each held-out frame (n,).

    lmd_told_px: lips moved by the truth instead of the sound, what the picture costs. lmd_clean_px: the footage's own
    frames rendered without its noise, what the detector costs; NaN where the capture has none.
    """

    def far(points: np.ndarray, frames: np.ndarray | slice = slice(HELD_OUT_FROM, None)) -> np.ndarray:
        return lip_distance(truth_points[frames], points)

    clean = sorted((capture.folder / "reference").glob("*.png"))
    seen = landmarks(np.asarray(Image.open(path).convert("RGB")) for path in clean)
    heard = far(rendered["held out"])
    jobs = {"lmd_dub_px": "held out, dubbed", "lmd_told_px": "held out, told", "lmd_frozen_px": "frozen"}
    figures = {
        "lmd_px": float(np.nanmean(heard)),
        "lmd_px_median": float(np.nanmedian(heard)),
        **{key: float(np.nanmean(far(rendered[job]))) for key, job in jobs.items()},
        "lmd_clean_px": float(np.nanmean(far(seen, np.array([int(p.stem) for p in clean])))) if clean else np.nan,
    }
    return figures, heard
