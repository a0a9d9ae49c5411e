"""A face-shaped start: points on the CC0 head's mesh, denser at lips, eyes, brows, and inside the mouth."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lipsplat.capture import Capture
from lipsplat.mesh.rest import NECK_HIGH, NECK_LOW, rest_head
from lipsplat.portrait.config import TrainConfig
from lipsplat.portrait.model import Portrait, fade

# points per unit of area; the mesh's inside of the mouth and the eyes need more than their area says
DENSITY = {"skin": 1.0, "hair": 0.8, "brow": 1.5, "lash": 1.5, "teeth": 3.0, "tongue": 1.5, "suit": 0.5, "eyes": 3.0}
LIPS_EYES_EXTRA = 2.5


@dataclass(frozen=True)
class Start:
    position: np.ndarray  # (N,3) float32, the head's rest pose, dm
    head_weight: np.ndarray  # (N,) 1 moves with the head, 0 stays with the torso
    pivot: np.ndarray  # (3,) of the head's rotation
    nose_y: float  # height of the nose tip: the border between lip-driven and expression-driven
    landmarks: np.ndarray  # (3,3) mouth, left eye, right eye: where the losses look closer


def face_shaped_start(capture: Capture, count: int, seed: int = 0) -> Start:
    with np.load(capture.folder / "motion.npz") as motion:
        head = rest_head(json.loads(str(motion["shape"])), json.loads(str(motion["hair"]))[2])
    chance = np.random.default_rng(seed)
    eyes, mouth, pivot = head.eyes, head.mouth, head.pivot
    skin = next(p for p in head.parts if p.name == "skin").position
    nose = skin[np.argmax(np.where(skin[:, 1] > mouth[1], skin[:, 2], -9))]
    corners, weight, still = [], [], []
    for part in head.parts:
        triangles = part.quads[:, [[0, 1, 2], [0, 2, 3]]].reshape(-1, 3)
        corner = part.position[triangles]  # (T,3 corners,3)
        middle = corner.mean(1)
        normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])  # (T,3)
        area = np.linalg.norm(normal, axis=1) / 2
        out = normal / np.maximum(2 * area, 1e-12)[:, None]
        if part.name == "hair":  # cards have two sides: look outwards from the skull instead
            out = middle - np.array([0, eyes[0][1] + 0.3, eyes[0][2] - 0.9])
            out /= np.linalg.norm(out, axis=1, keepdims=True)
        near = sum(np.exp(-(((middle - c) / 0.22) ** 2).sum(1)) for c in (*eyes, mouth))
        keep = (out[:, 2] > -0.35) & (middle[:, 1] > pivot[1] + NECK_LOW - 0.15)
        if part.name == "suit":  # only the collar, where the neck meets it
            keep &= (np.abs(middle[:, 0]) < 1.1) & (middle[:, 2] > pivot[2] - 0.3)
        extra = DENSITY[part.name] * (1 + LIPS_EYES_EXTRA * near * (part.name == "skin"))
        corners.append(corner)
        weight.append(area * keep * extra)
        still.append(np.full(len(corner), part.name == "suit"))
    corner, weight, still = np.concatenate(corners), np.concatenate(weight), np.concatenate(still)
    pick = chance.choice(len(corner), count, p=weight / weight.sum())
    u = np.sort(chance.random((count, 2)), 1)
    barycentric = np.stack([u[:, 0], u[:, 1] - u[:, 0], 1 - u[:, 1]], 1)  # uniform in the triangle
    position = (corner[pick] * barycentric[..., None]).sum(1)
    low, high = pivot[1] + NECK_LOW, pivot[1] + NECK_HIGH
    w = np.where(still[pick], 0.0, fade(position[:, 1], low, high))  # as the capture's neck bends
    return Start(
        position.astype(np.float32), w.astype(np.float32), pivot.astype(np.float32), float(nose[1]),
        np.array([mouth, *eyes], np.float32),
    )  # fmt: skip


def new_portrait(config: TrainConfig, start: Start, device: torch.device) -> Portrait:
    """The untrained portrait: Gaussians at the start's points, as wide as their neighbours are near."""
    torch.manual_seed(config.seed)
    position = torch.tensor(start.position)
    margin = 0.1
    portrait = Portrait(
        config.shape, position.amin(0) - margin, position.amax(0) + margin, torch.tensor(start.pivot), start.nose_y,
        config.start, config.masked,
    )  # fmt: skip
    with torch.no_grad():
        c = portrait.canonical
        c.position.copy_(position)
        c.head_weight.copy_(torch.tensor(start.head_weight))
        c.rotation[:, 0] = 1
        c.log_scale.copy_(torch.log(0.8 * neighbour_distance(position))[:, None].expand(-1, 3))
        if config.start in ("geometry", "random"):
            c.opacity.fill_(2.0)
            c.sh.normal_(std=0.3)
        if config.start == "random":
            c.rotation.normal_()
            c.log_scale += 0.5 * torch.randn_like(c.log_scale)
    return portrait.to(device)


def neighbour_distance(position: Tensor) -> Tensor:  # (N,3) -> (N,) mean distance to the 3 nearest, dm
    from scipy.spatial import cKDTree

    points = position.numpy()
    distance, _ = cKDTree(points).query(points, 4)
    return torch.tensor(distance[:, 1:].mean(1), dtype=torch.float32).clamp(0.003, 0.05)
