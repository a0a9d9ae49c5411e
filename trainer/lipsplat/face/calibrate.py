"""From what the network says to this person's coefficients: rest is 0, a shut eye is 1. Nothing is smoothed here."""

from __future__ import annotations

import numpy as np

REST_SHARE = 0.2  # quantile that counts as rest: brows and the like rest at least that often
BLINK = 0.4  # of the scale: a lid that falls by less was no blink
LEAST_SHUT = 0.5  # a person's blinks are not taken for more than twice what the network saw


def rest_at_zero(raw: np.ndarray) -> np.ndarray:
    """Coefficients (F,…) less their rest, within 0 to 1."""
    return np.clip(raw - np.quantile(raw, REST_SHARE, axis=0), 0, 1)


def lids(raw: np.ndarray) -> np.ndarray:
    """eyeBlink (F,) within 0 to 1 of a lid's raw curve (F,): the open eye's median becomes 0, the blinks' bottom 1.

    Who never blinks keeps the network's own scale.
    """
    middle = np.median(raw)
    rest = float(np.median(raw[raw < middle + BLINK]))
    peaks = raw[1:-1][(raw[1:-1] >= raw[:-2]) & (raw[1:-1] > raw[2:])] - rest
    peaks = peaks[peaks > BLINK]
    shut = max(float(np.quantile(peaks, 0.6)), LEAST_SHUT) if len(peaks) else 1.0
    return np.clip((raw - rest) / shut, 0, 1)


def blinks(lid: np.ndarray, level: float = 0.5) -> np.ndarray:
    """Frames at which an eye is most shut: the middle of the top of each run of lid (F,) above `level`, in 0 to 1.

    Two tops of a run count apart where the lid opens by a quarter between them.
    """
    out, start = [], None
    for i, shut in enumerate(np.append(lid > level, False)):
        if shut and start is None:
            start = i
        elif not shut and start is not None:
            out += _tops(lid[start:i], start)
            start = None
    return np.array(out, int)


def _tops(run: np.ndarray, first: int) -> list[int]:
    """Frames of the tops of one run (n,) that begins at frame `first`."""
    tops: list[int] = []
    for k in np.flatnonzero((run >= np.append(-1, run[:-1])) & (run >= np.append(run[1:], -1))):
        if tops and run[tops[-1] : k + 1].min() > min(run[tops[-1]], run[k]) - 0.25:
            if run[k] > run[tops[-1]]:
                tops[-1] = int(k)
        else:
            tops.append(int(k))
    return [first + t for t in tops]
