"""What to look at after measuring: the worst frames, and the opening curves, as one small HTML page."""

from __future__ import annotations

import html
import json
from pathlib import Path

import cv2
import numpy as np

WORST, TILE = 8, 256  # frames, pixels
GAIN = 4  # the difference is shown this many times brighter
WIDTH, HEIGHT = 900, 120  # of a plot, pixels
Curves = dict[str, tuple[np.ndarray, np.ndarray]]  # clip: truth (n,) and avatar (n,)


def contact_sheet(truths: np.ndarray, renders: list[np.ndarray], order: np.ndarray) -> np.ndarray:
    """Rows of truth, render and difference (rows·256, 3·256, 3) uint8 for the frames `order`."""
    rows = []
    for i in order:
        difference = np.clip(np.abs(truths[i].astype(int) - renders[i]) * GAIN, 0, 255).astype(np.uint8)
        tiles = (cv2.resize(x, (TILE, TILE), interpolation=cv2.INTER_AREA) for x in (truths[i], renders[i], difference))
        rows.append(np.hstack(list(tiles)))
    return np.vstack(rows)


def line(values: np.ndarray, colour: str, low: float, high: float) -> str:
    """A curve (n,) as an SVG line between the values `low` and `high`."""
    x = np.linspace(0, WIDTH, len(values))
    y = HEIGHT - 2 - np.clip((values - low) / max(high - low, 1e-9), 0, 1) * (HEIGHT - 4)
    points = " ".join(f"{a:.0f},{b:.1f}" for a, b in zip(x, y, strict=True) if np.isfinite(b))
    return f'<polyline fill="none" stroke="{colour}" stroke-width="1.5" points="{points}"/>'


def pair_plot(truth: np.ndarray, avatar: np.ndarray) -> str:
    """Both curves (n,) from 0 up: truth grey, avatar red."""
    top = max(truth.max(), avatar.max())
    return picture(line(truth, "#888", 0, top) + line(avatar, "#c20", 0, top))


def frame_plot(values: np.ndarray) -> str:
    """One figure by frame (n,) between its least and its largest value, both written beside it."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    labels = "".join(f'<text x="4" y="{y}">{v:.2f}</text>' for y, v in ((13, high), (HEIGHT - 4, low)))
    return picture(line(values, "#c20", low, high) + labels)


def picture(inside: str) -> str:
    return f'<svg width="{WIDTH}" height="{HEIGHT}">{inside}</svg>'


def write_report(
    folder: Path,
    figures: dict,
    truths: np.ndarray,
    renders: list[np.ndarray],
    by_frame: dict[str, np.ndarray],
    curves: Curves,
) -> Path:
    """folder/index.html and worst.jpg: frames by head PSNR, worst first, plots, figures; by_frame (n,) by key."""
    folder.mkdir(parents=True, exist_ok=True)
    order = np.argsort(by_frame["head_psnr_db"])[:WORST]
    sheet = contact_sheet(truths, renders, order)
    cv2.imwrite(str(folder / "worst.jpg"), sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])
    worst = ", ".join(f"{i} ({by_frame['head_psnr_db'][i]:.1f} dB)" for i in order)
    frames = "".join(f"<h3>{html.escape(name)}</h3>{frame_plot(values)}" for name, values in by_frame.items())
    shown = list(curves.items())[:13]
    openings = "".join(f"<h3>{html.escape(name)}</h3>{pair_plot(*pair)}" for name, pair in shown)
    (folder / "index.html").write_text(
        "<!doctype html><meta charset=utf-8><title>lipsplat eval</title><body style='font:14px sans-serif;margin:2em'>"
        f"<h2>Worst held-out frames: {worst}</h2><p>truth, render, difference ×{GAIN}</p><img src=worst.jpg>"
        f"<h2>Held-out frames, in time</h2>{frames}"
        f"<h2>Opening: truth grey, avatar red</h2>{openings}"
        f"<h2>Figures</h2><pre>{html.escape(json.dumps(figures, indent=1))}</pre>"
    )
    return folder / "index.html"
