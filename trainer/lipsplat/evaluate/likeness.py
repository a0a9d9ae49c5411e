"""How like the truth, and how like a photograph, finished frames look: measures that stand nearer to the eye than PSNR.

FLIP (Andersson et al. 2020) and BRISQUE (Mittal et al. 2012) come with their packages; LPIPS and FID need weights on
disk (`lipsplat.evaluate.pretrained`). NIQE is not here: no maintained package carries the model that it compares with.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator

import cv2
import numpy as np

from lipsplat.evaluate import pretrained
from lipsplat.evaluate.picture import bounds, head_mask

EVERY = 4  # frames: neighbours are all but the same picture
SMOOTH = 3.0  # pixels of blur before frames are held against their neighbours: the footage's noise is no flicker


def likeness_figures(truths: np.ndarray, renders: list[np.ndarray], labels: np.ndarray) -> dict[str, float | None]:
    """Means over held-out frames (n,H,W,3) uint8 and their labels (n,H,W), on the head's bounding box."""
    flip, brisque, footage, pairs = [], [], [], []
    naturalness = naturalness_of()
    for truth, render, label in list(zip(truths, renders, labels, strict=True))[::EVERY]:
        box = bounds(head_mask(label))
        pairs.append((truth[box], render[box]))
        flip.append(flip_of(truth[box], render[box]))
        if naturalness:
            brisque.append(naturalness(render[box]))
            footage.append(naturalness(truth[box]))
    true_heads, heads = (list(x) for x in zip(*pairs))
    return {
        "flip": mean(flip),
        "brisque": mean(brisque),
        "footage_brisque": mean(footage),
        "lpips": pretrained.lpips(true_heads, heads),
        "fid": pretrained.fid(true_heads, heads),
        "flicker": flicker(truths, renders, labels),
    }


def mean(values: list[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return float(np.mean(known)) if known else None


def flip_of(truth: np.ndarray, render: np.ndarray) -> float | None:
    """FLIP, 0 alike … 1, of pictures (H,W,3) uint8 seen on a desk's screen; None without its package."""
    if not importlib.util.find_spec("flip_evaluator"):
        return None
    import flip_evaluator

    a, b = (np.ascontiguousarray(x, np.float32) / 255 for x in (truth, render))
    return float(flip_evaluator.evaluate(a, b, "LDR")[1])


def naturalness_of() -> Callable[[np.ndarray], float] | None:
    """BRISQUE of a picture (H,W,3) uint8, 0 as a photograph … 100; None without its package."""
    if not importlib.util.find_spec("brisque"):
        return None
    from brisque import BRISQUE

    measure = BRISQUE(url=False)
    return lambda picture: float(measure.score(np.ascontiguousarray(picture)))


def flicker(truths: np.ndarray, renders: list[np.ndarray], labels: np.ndarray) -> float:
    """Rms of what changes from frame to frame in the render but not in truth, or the reverse, on the head, in 1/255.

    Pictures (n,H,W,3) uint8 are blurred first; labels (n,H,W).
    """
    squares: list[float] = []
    changes = zip(_changes(truths), _changes(renders), labels[1:], strict=True)
    for truth, render, label in changes:
        squares.append(float(np.square(render - truth)[head_mask(label)].mean()))
    return float(np.sqrt(np.mean(squares)))


def _changes(frames: np.ndarray | list[np.ndarray]) -> Iterator[np.ndarray]:
    before = None
    for frame in frames:
        now = cv2.GaussianBlur(frame.astype(np.float32), (0, 0), SMOOTH)
        if before is not None:
            yield now - before
        before = now
