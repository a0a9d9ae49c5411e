"""The Torso Restorer: mismatched jaws against path-traced truth, and ordinary held-out frames that it must not harm.

A pair has one held-out frame's pose, upper face and torso (its own: the frame with its head taken out), and another's
lips, one jaw closed and one open. The band is what the true face's mask gains when it is grown by 15 px.

The truth is path-traced twice. Each render's noise is a third of what is left to mend, and no error of the picture: as
the two know nothing of each other, the product of the picture's differences from both has the error alone as its mean:
`jaw_gap_clean_psnr_db`. `jaw_gap_psnr_db` is against one render as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from lipsplat.bundle.reader import Bundle
from lipsplat.capture import EYE, HELD_OUT_FROM, MOUTH, SKIN, Capture
from lipsplat.evaluate.drive import to_bytes
from lipsplat.evaluate.metrics import edge_band, psnr
from lipsplat.evaluate.picture import BAND, head_mask
from lipsplat.portrait.data import capture_lip
from lipsplat.portrait.plate import Plate, torso_frame
from lipsplat.restore.attach import Restorer
from lipsplat.restore.masks import GROWTH, band
from lipsplat.restore.network import FEATHER
from lipsplat.restore.truth import CROP, Truth, load_truth

KEYS = (
    "jaw_gap_psnr_db", "jaw_gap_psnr_db_without", "jaw_gap_clean_psnr_db", "jaw_gap_clean_psnr_db_without",
    "jaw_gap_cut_psnr_db", "jaw_gap_cut_psnr_db_without",
)  # fmt: skip
SOFT = 1.5  # sigma of the cut gap's edge, pixels
EVERY = 12  # of the held-out frames: the capture's clean ones
SHOWN, GAIN = (0, 2, 3, 9), 6  # pairs on the strip; its differences are shown so many times brighter


@dataclass(frozen=True)
class Mismatch:
    """One pair, in the truth's crop."""

    truths: np.ndarray  # (2,h,w,3) 0..1
    without: np.ndarray  # (h,w,3) 0..1, rounded to bytes
    restored: np.ndarray  # (h,w,3) 0..1, rounded to bytes
    band: np.ndarray  # (h,w) bool
    cut: np.ndarray  # (h,w,3) 0..1: without, the band taken out, as the paper's compositing would leave it
    mended: np.ndarray  # (h,w,3) 0..1: the cut one, restored
    gap: np.ndarray  # (h,w) bool: what of the band was cut


def mismatches(capture: Capture, bundle: Bundle, lip: np.ndarray) -> list[Mismatch]:
    """lip (F,32): of every frame of the capture. Raises BundleError, FileNotFoundError: no restorer, no truth."""
    restorer, truths = Restorer(bundle), load_truth()
    bodies = {t.pair.body for t in truths}
    frames = {
        i + HELD_OUT_FROM: f for i, f in enumerate(capture.each_frame(HELD_OUT_FROM)) if i + HELD_OUT_FROM in bodies
    }
    plate = Plate(bundle.mask, np.median([bundle.torso(i) for i in range(0, len(bundle.motion), 32)], 0), bundle.mask)
    return [mismatch(t, frames[t.pair.body], plate, capture, bundle, restorer, lip) for t in truths]


def mismatch(
    truth: Truth, frame: np.ndarray, plate: Plate, capture: Capture, bundle: Bundle, restorer: Restorer, lip: np.ndarray
) -> Mismatch:
    body, mouth = truth.pair.body, truth.pair.mouth
    rotation, translation = capture.rotation[body], capture.translation[body]
    colour, coverage = bundle.draw(lip[mouth], capture.expression[body], rotation, translation)
    torso = torso_frame(frame, plate) / 255  # the frame's own, as a bundle made of it would hold it
    final = to_bytes(bundle.composite(colour, coverage, torso)) / 255.0
    x, y, width, height = CROP
    at = np.s_[y : y + height, x : x + width]
    ring, gap = band(np.isin(truth.labels, (SKIN, EYE, MOUTH)), GROWTH), np.zeros(final.shape[:2], bool)
    left, top, wide, high = restorer.box
    inner = np.s_[top + FEATHER : top + high - FEATHER, left + FEATHER : left + wide - FEATHER]
    whole = np.zeros_like(gap)
    whole[at] = ring
    gap[inner] = whole[inner]
    share = cv2.GaussianBlur(gap.astype(np.float32), (0, 0), SOFT)[..., None]
    cut = to_bytes(final + share * (torso - final)) / 255.0  # what is behind the head shows through
    pose = np.concatenate([rotation, translation])
    restored, mended = (to_bytes(restorer(image, pose)) / 255.0 for image in (final, cut))
    return Mismatch(truth.pictures, final[at], restored[at], ring, cut[at], mended[at], gap[at])


def restorer_figures(capture: Capture, bundle: Bundle, speech: Path) -> dict[str, float]:
    """Means over the pairs: of the band as the page shows it, with and without the truth's noise, and of a gap that
    is cut there."""
    found = mismatches(capture, bundle, capture_lip(capture, speech))
    values = [
        (psnr(m.truths[0], m.restored, m.band), psnr(m.truths[0], m.without, m.band),
         noiseless_psnr(m.truths, m.restored, m.band), noiseless_psnr(m.truths, m.without, m.band),
         noiseless_psnr(m.truths, m.mended, m.gap), noiseless_psnr(m.truths, m.cut, m.gap))
        for m in found
    ]  # fmt: skip
    return dict(zip(KEYS, np.mean(values, 0).tolist(), strict=True))


def noiseless_psnr(truths: np.ndarray, image: np.ndarray, mask: np.ndarray) -> float:
    """PSNR in dB over `mask` (h,w) bool to what two renders (2,h,w,3) show, but for the noise that each has alone."""
    first, second = (image.astype(np.float64) - truths)[:, mask]  # (n,3) each
    return float(-10 * np.log10((first * second).mean()))


def ordinary_figures(capture: Capture, bundle: Bundle, speech: Path) -> dict[str, float]:
    """Held-out frames as they are, restored and not: head, mask's edge and whole frame against the footage."""
    restorer, lip, edge = Restorer(bundle), capture_lip(capture, speech), edge_band(bundle.mask, BAND)
    values: dict[str, list[float]] = {}
    seen = zip(capture.each_frame(HELD_OUT_FROM, every=EVERY), capture.each_label(HELD_OUT_FROM, every=EVERY))
    for n, (frame, label) in enumerate(seen):
        i = HELD_OUT_FROM + EVERY * n
        pose = np.concatenate([capture.rotation[i], capture.translation[i]])
        nearest = int(np.argmin(np.square(bundle.motion[:, :6] - pose).sum(1)))
        colour, coverage = bundle.draw(lip[i], capture.expression[i], capture.rotation[i], capture.translation[i])
        final = to_bytes(bundle.composite(colour, coverage, bundle.torso(nearest))) / 255.0
        restored = to_bytes(restorer(final, pose)) / 255.0
        for name, where in (("head", head_mask(label)), ("seam", edge), ("portrait", None)):
            values.setdefault(f"ordinary_{name}_psnr_db", []).append(psnr(frame / 255, restored, where))
            values.setdefault(f"ordinary_{name}_psnr_db_without", []).append(psnr(frame / 255, final, where))
    return {name: float(np.mean(v)) for name, v in values.items()}


def strips(capture: Capture, bundle: Bundle, speech: Path) -> np.ndarray:
    """Rows of truth, without, with, both differences, and the cut gap without and with: (n·h,7w,3) uint8."""
    found = mismatches(capture, bundle, capture_lip(capture, speech))
    rows = []
    for m in (found[i] for i in SHOWN):
        truth = m.truths.mean(0)
        differences = [GAIN * np.abs(image - truth) for image in (m.without, m.restored)]
        rows.append(np.hstack([truth, m.without, m.restored, *differences, m.cut, m.mended]))
    return to_bytes(np.vstack(rows))
