"""How well the parser agrees with the default capture's true labels."""

from __future__ import annotations

import numpy as np

from lipsplat.capture import Capture
from lipsplat.parser.network import PARTS, ParserNet
from lipsplat.parser.parse import parse_frames

NAMES = ("background", "torso", "neck", "skin", "hair", "eye", "mouth_inside")


def parser_figures(capture: Capture, every: int = 20, net: ParserNet | None = None) -> dict[str, float]:
    """Intersection over union of each part over every `every`-th frame pooled, and their mean."""
    from lipsplat.track import find_landmarks

    frames, truth = list(capture.each_frame(every=every)), capture.each_label(every=every)
    both, either = np.zeros(PARTS), np.zeros(PARTS)
    for label, true in zip(parse_frames(frames, find_landmarks(frames), net), truth, strict=True):
        for part in range(PARTS):
            both[part] += ((label == part) & (true == part)).sum()
            either[part] += ((label == part) | (true == part)).sum()
    figures = {f"parser_iou_{name}": float(b / e) for name, b, e in zip(NAMES, both, either, strict=True)}
    return figures | {"parser_iou": float(np.mean(list(figures.values())))}
