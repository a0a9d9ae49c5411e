"""A capture folder (../shared/subject/README.md) from what was tracked, so that the trainer reads it as any other."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from lipsplat.capture import FPS, HAIR, NECK
from lipsplat.create.crop import CHIN
from lipsplat.mesh.rest import rest_head
from lipsplat.track.pose import matrix_of

HAIRS = ("short02", "bob02")  # whose points a portrait begins with
LONG = 0.04  # of the head's pixels: more hair than this below the chin is long
SKIN = "young_lightskinned_male_diffuse2.png"  # only rendered heads have one; points have none


def write_camera(path: Path, size: int, focal: float, principal: np.ndarray, position: np.ndarray) -> None:
    """camera.json: a pinhole camera; pixels, decimetres."""
    camera = {
        "size": size, "focal_px": float(focal), "principal_px": [float(x) for x in principal],
        "position": [float(x) for x in position], "looks_along": [0, 0, -1], "up": [0, 1, 0], "unit": "decimetre",
    }  # fmt: skip
    path.write_text(json.dumps(camera, indent=1))


def write_motion(
    path: Path,
    names: tuple[str, ...],  # of the W coefficients
    weights: np.ndarray,  # (F,W)
    rotation: np.ndarray,  # (F,3) pitch, yaw, roll in radians
    translation: np.ndarray,  # (F,3) dm
    pivot: np.ndarray,  # (3,) dm, of that rotation
    gaze: np.ndarray,  # (F,2) yaw, pitch in radians
    shape: dict[str, float],
    hair: str,
) -> None:
    """motion.npz. The rotation is told about the pivot that the head of this shape has, wherever tracking had it."""
    own = rest_head(shape).pivot  # (3,)
    arm = own - pivot
    turned = np.einsum("fij,j->fi", matrix_of(rotation), arm)  # (F,3)
    part = path.with_suffix(".part.npz")
    np.savez(
        part, names=np.array(names), weights=weights.astype(np.float32), rotation=rotation.astype(np.float32),
        translation=(translation + turned - arm).astype(np.float32), gaze=gaze.astype(np.float32), fps=FPS,
        shape=json.dumps(shape), hair=json.dumps(["hair", "hair", hair, f"{hair}_diffuse.png"]), skin=SKIN,
    )  # fmt: skip
    part.replace(path)


def hair_like(labels: np.ndarray, points: np.ndarray) -> str:
    """The kit's hair nearest to that of labels (n,H,W) with landmarks (n,478,≥2) in their pixels."""
    below, head = 0, 1
    for label, face in zip(labels, points, strict=True):
        if np.isfinite(face[CHIN, 1]):
            below += int((label[max(int(face[CHIN, 1]), 0) :] == HAIR).sum())
            head += int((label >= NECK).sum())
    return HAIRS[below / head > LONG]
