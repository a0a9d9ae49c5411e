"""The camera of the image plane."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pinhole:
    """Image size, focal length and principal point, all in pixels; pixel centres at half integers."""

    width: int
    height: int
    focal: float
    cx: float
    cy: float
