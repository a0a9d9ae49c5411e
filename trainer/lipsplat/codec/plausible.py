"""What one avatar has shown, as a set, and the nearest point of it to anything else: what the codec is taught."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lipsplat.capture import FPS
from lipsplat.codec.channels import PARTS

APART = FPS  # frames: nearer in time than this, two frames are no evidence for each other
WITHIN = 0.8  # of its own frames lie at most a radius from what it showed at other times
LEAST_RADIUS = 0.15  # of a channel's range: lids stand still for most of a capture, and may be half shut yet
FALL = 4  # beyond the radius what is left of the distance falls with this power of it
SOFTNESS = 0.1  # of the distance: how far beyond the nearest frame others still weigh
CHUNK = 2048


@dataclass(frozen=True)
class Shown:
    """The frames of one avatar."""

    frames: np.ndarray  # (F,13)
    least: np.ndarray  # (13,)
    most: np.ndarray  # (13,)

    @classmethod
    def of(cls, frames: np.ndarray, channels: list[dict]) -> Shown:
        """frames (F,13) and the `expression` of avatar.json."""
        least, most = (np.array([c[k] for c in channels], np.float32) for k in ("min", "max"))
        return cls(frames.astype(np.float32), least, most)

    def scaled(self, values: np.ndarray) -> np.ndarray:
        """(…,13): 0 at the least, 1 at the most that was shown."""
        return (values - self.least) / (self.most - self.least)

    def clamped(self, values: np.ndarray) -> np.ndarray:
        return np.clip(values, self.least, self.most)

    def distance(self, values: np.ndarray, part: str, apart: int = 0) -> np.ndarray:
        """(n,) from `values` (n,13) to the nearest frame, in ranges of a channel; apart: values are its own frames."""
        return np.sqrt(np.concatenate([d.min(1) for d in self._squares(values, part, apart)]))

    def radius(self, part: str) -> float:
        """How far its own frames lie from what it showed at other times."""
        own = self.distance(self.frames, part, min(APART, len(self.frames) // 4))  # (F,)
        return max(float(np.quantile(own, WITHIN)), LEAST_RADIUS)

    def nearest(self, values: np.ndarray, part: str) -> np.ndarray:
        """(n,) which frame is nearest to `values` (n,13) in one part."""
        return np.concatenate([d.argmin(1) for d in self._squares(values, part)])

    def project(self, values: np.ndarray) -> np.ndarray:
        """(n,13): within a radius of what was shown a part stays as it is; from further off it is drawn to the shown
        frames around the nearest, the closer the further off it was: what lies far out tells of no detail."""
        out = self.clamped(values)
        for part, columns in PARTS.items():
            radius, columns = self.radius(part), list(columns)
            span = (self.most - self.least)[columns]
            mine = self.scaled(values)[:, columns]  # (n,k)
            shown, rows = self.scaled(self.frames)[:, columns], []
            for at, square in enumerate(self._squares(values, part)):
                near = square.min(1, keepdims=True)
                weight = np.exp((near - square) / (2 * SOFTNESS**2 * near + 1e-6))
                middle = weight @ shown / weight.sum(1, keepdims=True)
                off = mine[at * CHUNK : at * CHUNK + len(square)] - middle
                far = np.sqrt(near)
                rows.append(middle + off * np.minimum(1, (radius / np.maximum(far, 1e-6)) ** FALL))
            out[:, columns] = self.least[columns] + span * np.concatenate(rows)
        return self.clamped(out).astype(np.float32)

    def _squares(self, values: np.ndarray, part: str, apart: int = 0):
        """Squared distances (m,F) of each CHUNK of `values`."""
        columns = list(PARTS[part])
        shown, mine = self.scaled(self.frames)[:, columns], self.scaled(values)[:, columns]
        for first in range(0, len(mine), CHUNK):
            some = mine[first : first + CHUNK]
            square = np.square(some).sum(1)[:, None] + np.square(shown).sum(1) - 2 * some @ shown.T
            if apart:
                at = np.arange(first, first + len(some))[:, None]
                square[np.abs(at - np.arange(len(shown))) < apart] = np.inf
            yield np.maximum(square, 0)
