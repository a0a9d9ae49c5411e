"""What moves the avatar while it is measured, and the frames and landmarks that come out."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import Protocol

import numpy as np

from lipsplat.capture import HELD_OUT_FROM, Capture
from lipsplat.evaluate.closure import FPS
from lipsplat.evaluate.detector import landmarks
from lipsplat.paths import CACHE, REPOSITORY

# What of a bundle and of the sources decides what a rendered frame's landmarks are; a change of any voids the cache.
DRAWN, PLACED = ("gaussians", "deform", "torso", "mask"), ("canvas", "camera", "pivot")
DECIDING = (
    "raster/raster.cpp",
    "raster/cpu.py",
    "portrait/draw.py",
    "bundle/reader.py",
    "bundle/ply.py",
    "capture.py",
    "evaluate/detector.py",
    "evaluate/drive.py",
)


class Avatar(Protocol):
    """The part of `lipsplat.bundle.Bundle` that measuring needs."""

    meta: dict
    motion: np.ndarray  # (F,19)
    mask: np.ndarray  # (H,W)

    def draw(
        self, lip: np.ndarray, expression: np.ndarray, rotation: np.ndarray, translation: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]: ...

    def torso(self, frame: int) -> np.ndarray: ...

    def composite(self, colour: np.ndarray, coverage: np.ndarray, torso: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True)
class Conditions:
    """What decides n frames."""

    lip: np.ndarray  # (n,32)
    expression: np.ndarray  # (n,13)
    rotation: np.ndarray  # (n,3) radians
    translation: np.ndarray  # (n,3) dm
    torso: np.ndarray  # (n,) frames of the torso video

    def __len__(self) -> int:
        return len(self.lip)

    def part(self, which: slice | np.ndarray) -> Conditions:
        return Conditions(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


def lip_of_frames(times: np.ndarray, lip: np.ndarray, count: int) -> np.ndarray:
    """Features (n, 32) stamped `times` (n,) at 50 Hz to frames 0 … count-1, centred on (i + 0.5)/25 s: (count, 32)."""
    wanted = np.round(((np.arange(count) + 0.5) / FPS - times[0]) * 2 * FPS).astype(int)
    return lip[np.clip(wanted, 0, len(lip) - 1)]


def conditions_of(capture: Capture, avatar: Avatar, lip: np.ndarray, frames: np.ndarray) -> Conditions:
    """Pose and expression of the capture's `frames` (n,), lips `lip` (n, 32), and the training torso nearest."""
    rotation, translation = capture.rotation[frames], capture.translation[frames]
    source = avatar.motion[:HELD_OUT_FROM, :6]  # nothing of a held-out frame but its pose may reach the picture
    pose = np.concatenate([rotation, translation], 1)  # (n,6); a radian and a decimetre weigh alike
    torso = np.array([int(np.argmin(np.square(source - p).sum(1))) for p in pose])
    return Conditions(lip.astype(np.float32), capture.expression[frames], rotation, translation, torso)


def training_motion(count: int, index: int) -> np.ndarray:
    """`count` consecutive training frames (count,), another stretch for another `index`, back and forth if too few."""
    there_and_back = np.concatenate([np.arange(HELD_OUT_FROM), np.arange(HELD_OUT_FROM)[::-1]])
    return there_and_back[(index * 211 + np.arange(count)) % len(there_and_back)]


def draw(avatar: Avatar, conditions: Conditions, i: int) -> tuple[np.ndarray, np.ndarray]:
    """Premultiplied colour (H, W, 3) and coverage (H, W) of frame i."""
    c = conditions
    return avatar.draw(c.lip[i], c.expression[i], c.rotation[i], c.translation[i])


def portraits(avatar: Avatar, conditions: Conditions) -> Iterator[np.ndarray]:
    """The finished frames (H, W, 3) uint8, as the page shows them."""
    for i in range(len(conditions)):
        colour, coverage = draw(avatar, conditions, i)
        yield to_bytes(avatar.composite(colour, coverage, avatar.torso(int(conditions.torso[i]))))


def to_bytes(image: np.ndarray) -> np.ndarray:
    return np.round(np.clip(image, 0, 1) * 255).astype(np.uint8)


def render_landmarks(bundle: Path, jobs: dict[str, Conditions]) -> Iterator[tuple[str, np.ndarray]]:
    """Landmarks (n, 478, 2) of every job's rendered frames, as they are done, on all cores.

    Kept in the cache by everything that decides them, so that a killed run goes on where it was.
    """
    meta = json.loads((bundle / "avatar.json").read_text())
    base = sha256(json.dumps([meta["files"][k]["sha256"] for k in DRAWN] + [meta[k] for k in PLACED]).encode())
    for source in DECIDING:
        base.update((REPOSITORY / "trainer" / "lipsplat" / source).read_bytes())
    kept = {name: CACHE / "eval" / f"render-{_key(base.hexdigest(), job)}.npy" for name, job in jobs.items()}
    missing = {name: job for name, job in jobs.items() if not kept[name].exists()}
    yield from ((name, np.load(kept[name])) for name in jobs if name not in missing)
    if not missing:
        return
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn"), _start, (bundle,)) as pool:
        for name, points in zip(missing, pool.map(_landmarks, missing.values()), strict=True):
            part = kept[name].with_suffix(".part.npy")
            part.parent.mkdir(parents=True, exist_ok=True)
            np.save(part, points)
            os.replace(part, kept[name])
            yield name, points


def _key(base: str, conditions: Conditions) -> str:
    arrays = (np.ascontiguousarray(getattr(conditions, name)) for name in conditions.__dataclass_fields__)
    return sha256(base.encode() + b"".join(a.tobytes() for a in arrays)).hexdigest()[:24]


_avatar: Avatar | None = None  # one a process


def _start(bundle: Path) -> None:
    global _avatar
    os.environ["OMP_NUM_THREADS"] = "1"  # the processes share the cores; read when the rasterizer is loaded
    import torch

    from lipsplat.bundle import load_bundle

    torch.set_num_threads(1)

    _avatar = load_bundle(bundle)


def _landmarks(conditions: Conditions) -> np.ndarray:
    if _avatar is None:
        raise RuntimeError("the worker process was started without an avatar")
    return landmarks(portraits(_avatar, conditions))
