"""Faces with and without the expression codec, to be looked at."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from lipsplat.evaluate.drive import Avatar, Conditions, portraits

SIDE = 224  # of a cutout, pixels
FRAMES, EVERY, TILE = 8, 6, 160  # of a strip: pictures, frames between them, pixels


def cutout(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """(SIDE,SIDE,3) uint8 around the middle of `mask` (H,W), of an image 0..1."""
    y, x = (int(np.clip(c.mean() - SIDE / 2, 0, n - SIDE)) for c, n in zip(np.nonzero(mask), mask.shape, strict=True))
    return np.round(image[y : y + SIDE, x : x + SIDE] * 255).astype(np.uint8)


def labelled(picture: np.ndarray, text: str) -> np.ndarray:
    cv2.putText(picture, text, (4, 13), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (0, 0, 0), 3, cv2.LINE_AA)
    return cv2.putText(picture, text, (4, 13), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (255, 255, 0), 1, cv2.LINE_AA)


def write_rows(path: Path, rows: list[np.ndarray]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.vstack(rows)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 82])


def write_strip(path: Path, avatar: Avatar, conditions: Conditions, rows: dict[str, np.ndarray], first: int) -> None:
    """Frames first, first + EVERY, … of `rows`, expressions (F,13) by what they are, in one pose after another."""
    at, out = first + EVERY * np.arange(FRAMES), []
    c = conditions
    for text, expression in rows.items():
        shown = Conditions(c.lip[at], expression[at].astype(np.float32), c.rotation[at], c.translation[at], c.torso[at])
        faces = [picture[90:390, 106:406] for picture in portraits(avatar, shown)]
        tiles = [cv2.resize(face, (TILE, TILE), interpolation=cv2.INTER_AREA) for face in faces]
        out.append(labelled(np.hstack(tiles), text))
    write_rows(path, out)
