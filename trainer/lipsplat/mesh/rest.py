"""The CC0 head at rest, of any identity, from `rest.npz` beside this file: all that an avatar needs of the kit.

`write_rest.py` makes the file. Positions only: no textures, no expressions; what no portrait starts from is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

FILE = Path(__file__).with_name("rest.npz")
PIVOT_FROM_EYES = np.array([0.0, -1.35, -0.95])  # dm: between skull and spine, as in ../shared/subject/rig.py
NECK_LOW, NECK_HIGH = -0.75, 0.25  # dm from the pivot: below the one nothing follows the head, above the other all
HAIR = "hair-"  # parts of that beginning: one of them is worn


@dataclass(frozen=True)
class RestPart:
    name: str
    position: np.ndarray  # (P,3) dm
    quads: np.ndarray  # (Q,4)


@dataclass(frozen=True)
class RestHead:
    """World axes and units as in ARCHITECTURE.md: x right, y up, z to the camera, decimetres."""

    parts: tuple[RestPart, ...]
    mouth: np.ndarray  # (3,) where the lips meet, on the midline
    eyes: np.ndarray  # (2,3) centres of the left and the right eyeball

    @property
    def pivot(self) -> np.ndarray:
        """(3,) the point about which the head turns."""
        return self.eyes.mean(0) + PIVOT_FROM_EYES


@lru_cache(1)
def stored() -> dict[str, np.ndarray]:
    with np.load(FILE) as file:
        return {name: file[name] for name in file.files}


def hairs() -> tuple[str, ...]:
    """The hair that a head can wear."""
    return tuple(str(name).removeprefix(HAIR) for name in stored()["parts"] if str(name).startswith(HAIR))


def rest_head(shape: dict[str, float], hair: str = "short02") -> RestHead:
    """The head of an identity, by weights of the kit's targets. Raises ValueError for a target or hair not kept."""
    kept = stored()
    number = {str(name): i for i, name in enumerate(kept["targets"])}
    if unknown := sorted(set(shape) - set(number)):
        raise ValueError(f"shape: {unknown[0]} is no target of the head that ships: track the video again")
    if hair not in hairs():
        raise ValueError(f"hair: {hair} does not ship; choose from {', '.join(hairs())}")
    base = kept["base"].astype(float)  # (B,3)
    for name, weight in shape.items():
        rows = slice(*kept["starts"][number[name] : number[name] + 2])
        base[kept["moved"][rows]] += weight * kept["by"][rows].astype(float)
    parts = []
    for name in map(str, kept["parts"]):
        if name.startswith(HAIR) and name != HAIR + hair:
            continue
        corner, share, offset = (kept[f"{name}/{key}"] for key in ("corner", "share", "offset"))
        low, high = base[kept[f"{name}/across"]].transpose(1, 0, 2)  # (3,3) each: the two ends that measure an axis
        size = np.abs(np.diagonal(low - high)) / kept[f"{name}/length"]  # (3,) of the offsets
        position = (base[corner] * share[..., None]).sum(1) + offset * size
        parts.append(RestPart(name.split("-")[0], position, kept[f"{name}/quads"].astype(int)))
    return RestHead(tuple(parts), base[kept["lips"]].mean(0), np.stack([base[ids].mean(0) for ids in kept["eyes"]]))
