"""From canonical Gaussians, a head pose and a camera to the picture: the conventions of ARCHITECTURE.md."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from lipsplat.raster import Pinhole, rasterize

SH_C0, SH_C1 = 0.28209479177387814, 0.4886025119029199


@dataclass(frozen=True)
class Pose:
    """Head pose of one frame: R = Ry(yaw) Rx(pitch) Rz(roll) about the pivot, then the translation."""

    rotation: Tensor  # (3,) pitch, yaw, roll in radians
    translation: Tensor  # (3,) dm


@dataclass(frozen=True)
class View:
    """Pinhole camera looking along −z from `position` (3,), dm."""

    pinhole: Pinhole
    position: Tensor


def view_of(camera: dict) -> View:
    (cx, cy), size = camera["principal_px"], camera["size"]
    return View(Pinhole(size, size, camera["focal_px"], cx, cy), torch.tensor(camera["position"]))


def crop(view: View, left: int, top: int, width: int, height: int) -> View:
    k = view.pinhole
    return replace(view, pinhole=Pinhole(width, height, k.focal, k.cx - left, k.cy - top))


def rotation_matrix(angles: Tensor) -> Tensor:  # (3,) -> (3,3)
    (cx, cy, cz), (sx, sy, sz) = torch.cos(angles), torch.sin(angles)
    one, zero = torch.ones_like(cx), torch.zeros_like(cx)
    rx = torch.stack([one, zero, zero, zero, cx, -sx, zero, sx, cx]).view(3, 3)
    ry = torch.stack([cy, zero, sy, zero, one, zero, -sy, zero, cy]).view(3, 3)
    rz = torch.stack([cz, -sz, zero, sz, cz, zero, zero, zero, one]).view(3, 3)
    return ry @ rx @ rz


def quaternion_matrix(q: Tensor) -> Tensor:  # (N,4) w x y z, any length -> (N,3,3)
    w, x, y, z = functional.normalize(q, dim=1).unbind(1)
    rows = [
        1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
        2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
        2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y),
    ]  # fmt: skip
    return torch.stack(rows, 1).view(-1, 3, 3)


def place(position: Tensor, w: Tensor, pivot: Tensor, pose: Pose) -> Tensor:
    """position (N,3) in the rest pose, head weight w (N,1) -> (N,3) in the world."""
    turn = rotation_matrix(pose.rotation)  # (3,3)
    return (1 - w) * position + w * ((position - pivot) @ turn.T + pivot + pose.translation)


def draw(
    position: Tensor,  # (N,3)
    rotation: Tensor,  # (N,4)
    log_scale: Tensor,  # (N,3)
    opacity: Tensor,  # (N,) logit
    sh: Tensor,  # (N,K,3)
    colour_offset: Tensor | float,  # (N,3)
    head_weight: Tensor,  # (N,)
    pivot: Tensor,  # (3,)
    pose: Pose,
    view: View,
    screen: Tensor | None = None,
) -> Tensor:  # (H,W,4): premultiplied colour, coverage
    """The conventions of ARCHITECTURE.md, from canonical attributes to the image."""
    turn = rotation_matrix(pose.rotation)  # (3,3)
    w = head_weight[:, None]
    placed = place(position, w, pivot, pose)
    blend = (1 - w[:, :, None]) * torch.eye(3, device=w.device) + w[:, :, None] * turn  # M (N,3,3)
    half = (blend @ quaternion_matrix(rotation)) * torch.exp(log_scale)[:, None]  # M R S
    half = half * torch.tensor([1.0, -1.0, -1.0], device=w.device)[:, None]  # camera axes: y down, z away
    x, y, z = half.unbind(1)  # rows (N,3)
    covariance = torch.stack(
        [(x * x).sum(1), (x * y).sum(1), (x * z).sum(1), (y * y).sum(1), (y * z).sum(1), (z * z).sum(1)], 1
    )
    ray = placed - view.position
    mean = ray * torch.tensor([1.0, -1.0, -1.0], device=w.device)
    direction = functional.normalize((ray[:, None] @ blend)[:, 0], dim=1)  # Mᵀ ray, in the head's axes
    colour = functional.relu(spherical_harmonics(sh, direction) + 0.5 + colour_offset)
    return rasterize(mean, covariance, torch.sigmoid(opacity), colour, view.pinhole, screen)


def spherical_harmonics(sh: Tensor, direction: Tensor) -> Tensor:
    """sh (N,1 or 4,3), direction (N,3) unit -> (N,3); 3DGS basis and signs."""
    result = SH_C0 * sh[:, 0]
    if sh.shape[1] > 1:
        x, y, z = direction[:, 0:1], direction[:, 1:2], direction[:, 2:3]
        result = result + SH_C1 * (-y * sh[:, 1] + z * sh[:, 2] - x * sh[:, 3])
    return result
