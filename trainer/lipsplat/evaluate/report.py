"""What to look at after measuring: the worst frames, and the opening curves, as one small HTML page."""

from __future__ import annotations

import html
import json
from pathlib import Path

import cv2
import numpy as np

WORST, TILE = 8, 256  # frames, pixels
GAIN = 4  # the difference is shown this many times brighter
Curves = dict[str, tuple[np.ndarray, np.ndarray]]  # clip: truth (n,) and avatar (n,)


def contact_sheet(truths: np.ndarray, renders: list[np.ndarray], order: np.ndarray) -> np.ndarray:
    """Rows of truth, render and difference (rows·256, 3·256, 3) uint8 for the frames `order`."""
    rows = []
    for i in order:
        difference = np.clip(np.abs(truths[i].astype(int) - renders[i]) * GAIN, 0, 255).astype(np.uint8)
        tiles = (cv2.resize(x, (TILE, TILE), interpolation=cv2.INTER_AREA) for x in (truths[i], renders[i], difference))
        rows.append(np.hstack(list(tiles)))
    return np.vstack(rows)


def plot(truth: np.ndarray, avatar: np.ndarray, width: int = 900, height: int = 120) -> str:
    """Both curves (n,) as an SVG picture."""
    top = max(truth.max(), avatar.max(), 1e-9)

    def line(values: np.ndarray, colour: str) -> str:
        x, y = np.linspace(0, width, len(values)), height - 2 - np.clip(values / top, 0, 1) * (height - 4)
        points = " ".join(f"{a:.0f},{b:.0f}" for a, b in zip(x, y, strict=True))
        return f'<polyline fill="none" stroke="{colour}" stroke-width="1.5" points="{points}"/>'

    return f'<svg width="{width}" height="{height}">{line(truth, "#888")}{line(avatar, "#c20")}</svg>'


def write_report(
    folder: Path, figures: dict, truths: np.ndarray, renders: list[np.ndarray], head_psnr: list[float], curves: Curves
) -> Path:
    """folder/index.html with the figures, folder/worst.jpg: frames by head PSNR, worst first."""
    folder.mkdir(parents=True, exist_ok=True)
    order = np.argsort(head_psnr)[:WORST]
    sheet = contact_sheet(truths, renders, order)
    cv2.imwrite(str(folder / "worst.jpg"), sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])
    worst = ", ".join(f"{i} ({head_psnr[i]:.1f} dB)" for i in order)
    shown = list(curves.items())[:13]
    plots = "".join(f"<h3>{html.escape(name)}</h3>{plot(*pair)}" for name, pair in shown)
    (folder / "index.html").write_text(
        "<!doctype html><meta charset=utf-8><title>lipsplat eval</title><body style='font:14px sans-serif;margin:2em'>"
        f"<h2>Figures</h2><pre>{html.escape(json.dumps(figures, indent=1))}</pre>"
        f"<h2>Worst held-out frames: {worst}</h2><p>truth, render, difference ×{GAIN}</p><img src=worst.jpg>"
        f"<h2>Opening: truth grey, avatar red</h2>{plots}"
    )
    return folder / "index.html"
