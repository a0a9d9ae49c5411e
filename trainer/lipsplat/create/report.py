"""The page at the end: what was filmed, what was found in it, what came of it."""

from __future__ import annotations

import html
from pathlib import Path

import cv2
import numpy as np

from lipsplat.capture import EXPRESSION, Capture
from lipsplat.create.doctor import Finding
from lipsplat.create.evaluate import Measured
from lipsplat.evaluate.report import contact_sheet, frame_plot, pair_plot

SHOWN, TILE = 5, 256  # frames of a contact sheet, pixels of each
COLOURS = np.array(  # of the labels, background first
    [(0, 0, 0), (80, 80, 200), (200, 160, 60), (230, 190, 160), (140, 70, 30), (60, 220, 60), (255, 0, 0)], np.uint8
)
MEANINGS = {
    "head_psnr_db": "likeness of the head on held-out frames, dB; more is better",
    "head_ms_ssim": "the same by structure; 1 is the footage itself",
    "mouth_psnr_db": "likeness of the mouth, dB",
    "portrait_psnr_db": "likeness of the whole picture, dB",
    "lmd_px": "distance of the lips from the footage's, pixels of 512",
    "lip_r_heldout": "correlation of the lips' opening with the footage's",
    "lip_ccc_heldout": "concordance of the same: 1 only if equal",
    "held_out_frames": "frames at the end that no training step saw",
    "spoken_frames": "frames of these in which somebody is heard: of few, the lips' figures say little",
    "trained_frames": "frames it was trained on",
    "gaussians": "how many",
    "bundle_bytes": "size of the avatar",
}


def write_report(
    folder: Path, name: str, consent: str | None, findings: list[Finding], capture: Capture, measured: Measured
) -> Path:
    """folder/index.html with its pictures beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    save(folder / "tracked.jpg", labelled(capture))
    order = np.linspace(0, len(measured.renders) - 1, min(SHOWN, len(measured.renders))).astype(int)
    save(folder / "held-out.jpg", contact_sheet(measured.truths, measured.renders, order))
    body = [
        f"<h1>{html.escape(name)}</h1>",
        f"<p><b>Consent:</b> {html.escape(consent or 'none was given. Do not show this avatar without it.')}</p>",
        "<h2>The footage</h2>",
        "<ul>" + "".join(f"<li>{html.escape(f.text)}</li>" for f in findings) + "</ul>" if findings else "<p>In order.",
        "<h2>What was found in it</h2><img src=tracked.jpg>",
        *(f"<h3>{n}, degrees</h3>{frame_plot(np.degrees(c))}" for n, c in zip(POSE, capture.rotation.T, strict=True)),
        *(f"<h3>{n}</h3>{frame_plot(c)}" for n, c in zip(EXPRESSION, capture.expression.T, strict=True)),
        "<h2>Held-out frames: footage, avatar, difference ×4</h2><img src=held-out.jpg>",
        f"<h3>head_psnr_db by frame</h3>{frame_plot(measured.head_psnr)}",
        f"<h3>Lip opening: footage grey, avatar red</h3>{pair_plot(*map(filled, measured.openings))}",
        "<h2>Figures</h2><table>",
        *(f"<tr><td>{k}<td>{shown(v)}<td>{MEANINGS[k]}" for k, v in measured.figures.items()),
        "</table>",
    ]  # fmt: skip
    (folder / "index.html").write_text(
        f"<!doctype html><meta charset=utf-8><title>{html.escape(name)}</title>"
        "<style>body{font:15px/1.5 system-ui;margin:2em;max-width:960px}img{max-width:100%}td{padding:0 1.5em 0 0}"
        "h3{margin:.6em 0 0;font-size:13px}svg{background:#f4f4f4;font:11px sans-serif}</style>" + "\n".join(body)
    )
    return folder / "index.html"


POSE = ("Pitch", "Yaw", "Roll")


def labelled(capture: Capture) -> np.ndarray:
    """Frames spread over the capture, and beneath each the parts that were told apart: (2·256,n·256,3) uint8."""
    columns = []
    every = max(len(capture) // SHOWN, 1)
    for frame, label in zip(capture.each_frame(every=every), capture.each_label(every=every), strict=True):
        over = (0.45 * frame + 0.55 * COLOURS[label]).astype(np.uint8)
        columns.append(np.vstack([cv2.resize(x, (TILE, TILE), interpolation=cv2.INTER_AREA) for x in (frame, over)]))
    return np.hstack(columns[:SHOWN])


def filled(curve: np.ndarray) -> np.ndarray:
    """(n,) with gaps as 0."""
    return np.nan_to_num(curve)


def shown(value: float | int | None) -> str:
    return "not measured" if value is None else f"{value:.4g}" if isinstance(value, float) else f"{value:,}"


def save(path: Path, image: np.ndarray) -> None:
    cv2.imwrite(str(path), image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])
