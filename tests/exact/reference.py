"""The exact picture of Gaussians in float64, from ARCHITECTURE.md's words alone.

One Gaussian after another over the pixels where it can count; no tiles. Written apart from the shaders and the WASM.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial

import numpy as np
from scipy.special import lpmv

NEAR, DILATION, CUT, CLAMP, STOP = 0.2, 0.3, 1 / 255, 0.99, 1e-4


@dataclass(frozen=True)
class Cloud:
    """N Gaussians at rest, float32, as gaussians.ply stores them."""

    position: np.ndarray  # (N,3) dm
    rotation: np.ndarray  # (N,4) quaternion w x y z
    log_scale: np.ndarray  # (N,3)
    opacity_logit: np.ndarray  # (N,)
    spherical_harmonics: np.ndarray  # (N,K,3)
    head_weight: np.ndarray  # (N,) 0..1

    @property
    def degree(self) -> int:
        return round(self.spherical_harmonics.shape[1] ** 0.5) - 1


@dataclass(frozen=True)
class Camera:
    canvas: tuple[int, int]  # width, height that focal and principal are given for, px
    focal: float  # px
    principal: tuple[float, float]  # px
    position: tuple[float, float, float]  # dm


@dataclass(frozen=True)
class Pose:
    rotation: tuple[float, float, float] = (0.0, 0.0, 0.0)  # pitch, yaw, roll, radians
    translation: tuple[float, float, float] = (0.0, 0.0, 0.0)  # dm
    pivot: tuple[float, float, float] = (0.0, 0.0, 0.0)  # dm


@dataclass(frozen=True)
class Splats:
    """What is in front of the camera, nearest first."""

    mean: np.ndarray  # (S,2) px
    covariance: np.ndarray  # (S,2,2) px²
    opacity: np.ndarray  # (S,)
    colour: np.ndarray  # (S,3)


def draw(cloud: Cloud, offset: np.ndarray, camera: Camera, pose: Pose, size: tuple[int, int]) -> np.ndarray:
    """offset (N,14), size (width, height) -> (H,W,4) premultiplied rgb and coverage, float64."""
    return blend(project(cloud, offset, camera, pose, size), size)


def head_rotation(pitch: float, yaw: float, roll: float) -> np.ndarray:
    """(3,3) Ry(yaw)·Rx(pitch)·Rz(roll)."""
    cx, sx, cy, sy, cz, sz = (f(a) for a in (pitch, yaw, roll) for f in (np.cos, np.sin))
    rx = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    ry = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    rz = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return ry @ rx @ rz


def quaternion_rotation(q: np.ndarray) -> np.ndarray:
    """(N,4) w + v -> (N,3,3) by Rodrigues: (w² − v·v) I + 2 v vᵀ + 2 w [v]×."""
    q = q / np.linalg.norm(q, axis=1, keepdims=True)
    w, v = q[:, :1, None], q[:, 1:]
    cross = np.zeros((len(q), 3, 3))
    cross[:, [2, 0, 1], [1, 2, 0]] = v
    cross[:, [1, 2, 0], [2, 0, 1]] = -v
    square = np.einsum("ni,ni->n", v, v)[:, None, None]
    return (w * w - square) * np.eye(3) + 2 * v[:, :, None] * v[:, None] + 2 * w * cross


def harmonics(degree: int, direction: np.ndarray) -> np.ndarray:
    """(N,3) unit -> (N,(degree + 1)²): the textbook's real harmonics, Condon-Shortley phase included."""
    azimuth, z = np.arctan2(direction[:, 1], direction[:, 0]), direction[:, 2]
    basis = []
    for band in range(degree + 1):
        for order in range(-band, band + 1):
            m = abs(order)
            norm = np.sqrt((2 * band + 1) / (4 * np.pi) * factorial(band - m) / factorial(band + m))
            wave = 1 if order == 0 else np.sqrt(2) * (np.cos if order > 0 else np.sin)(m * azimuth)
            basis.append(norm * wave * lpmv(m, band, z))
    return np.stack(basis, 1)


@np.errstate(all="ignore")  # hostile Gaussians overflow; what is not finite is dropped
def project(cloud: Cloud, offset: np.ndarray, camera: Camera, pose: Pose, size: tuple[int, int]) -> Splats:
    stored = [cloud.position, cloud.rotation, cloud.log_scale, cloud.opacity_logit, cloud.spherical_harmonics,
              cloud.head_weight, offset]  # fmt: skip
    n = len(cloud.position)
    p, q, s, logit, sh, w, o = (a.astype(np.float64) for a in stored)
    p, q, s, logit = p + o[:, 0:3], q + o[:, 3:7], s + o[:, 7:10], logit + o[:, 10]

    w = w[:, None]
    head, pivot = head_rotation(*pose.rotation), np.array(pose.pivot)
    p = (1 - w) * p + w * ((p - pivot) @ head.T + pivot + pose.translation)  # (N,3)
    m = (1 - w)[..., None] * np.eye(3) + w[..., None] * head  # (N,3,3)

    ratio = np.array(size) / camera.canvas
    focal, principal = camera.focal * ratio, np.array(camera.principal) * ratio  # (2,)
    seen = p - camera.position
    depth = -seen[:, 2]
    slope = seen[:, :2] / depth[:, None]  # (N,2) X/Z, Y/Z
    mean = principal + focal * [1, -1] * slope
    half_field = np.array(camera.canvas) / 2 / camera.focal
    x, y = np.clip(slope, -1.3 * half_field, 1.3 * half_field).T
    # Of x = cx + f·X/Z and y = cy − f·Y/Z by the world's axes, with Z = camera − z.
    one, zero = np.ones(n), np.zeros(n)
    jacobian = np.stack([one, zero, x, zero, -one, -y], 1).reshape(n, 2, 3) * (focal[:, None] / depth[:, None, None])
    a = jacobian @ m @ quaternion_rotation(q) * np.exp(s)[:, None]  # (N,2,3)
    covariance = a @ a.transpose(0, 2, 1) + DILATION * np.eye(2)

    direction = np.einsum("nij,ni->nj", m, seen)
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    colour = np.einsum("nk,nkc->nc", harmonics(cloud.degree, direction), sh) + 0.5 + o[:, 11:14]
    opacity = 1 / (1 + np.exp(-logit))

    results = [*stored, mean, covariance, colour]
    finite = np.all([np.isfinite(r.reshape(n, -1)).all(1) for r in results], 0) if n else np.zeros(0, bool)
    # Depth is a float32, and 0.2 the float32 nearest to it.
    depth = depth.astype(np.float32)
    index = np.flatnonzero(finite & (depth > np.float32(NEAR)) & (opacity >= CUT))
    nearest_first = index[np.argsort(depth[index], kind="stable")]
    return Splats(*(r[nearest_first] for r in (mean, covariance, opacity, np.maximum(colour, 0))))


def blend(splats: Splats, size: tuple[int, int]) -> np.ndarray:
    """(H,W,4) premultiplied rgb and coverage."""
    width, height = size
    columns, rows = np.arange(width) + 0.5, np.arange(height)[:, None] + 0.5  # pixel centres
    colour, transmittance = np.zeros((height, width, 3)), np.ones((height, width))
    conic = np.linalg.inv(splats.covariance)
    # Where alpha = 1/255, -2·power = 2·ln(255·opacity): the ellipse's box, a pixel wider.
    reach = np.sqrt(2 * np.log(splats.opacity / CUT))[:, None] * np.sqrt(splats.covariance[:, [0, 1], [0, 1]])
    low = np.clip(splats.mean - reach - 1, 0, size).astype(int)
    high = np.clip(splats.mean + reach + 1, 0, size).astype(int)
    boxes = np.concatenate([low, high], 1).tolist()
    for i, (x0, y0, x1, y1) in enumerate(boxes):
        if x0 >= x1 or y0 >= y1:
            continue
        dx, dy = columns[x0:x1] - splats.mean[i, 0], rows[y0:y1] - splats.mean[i, 1]
        (xx, xy), (_, yy) = conic[i]
        alpha = splats.opacity[i] * np.exp(-0.5 * (xx * dx * dx + 2 * xy * dx * dy + yy * dy * dy))
        through = transmittance[y0:y1, x0:x1]
        counts = (alpha >= CUT) & (through >= STOP)
        weight = np.where(counts, np.minimum(alpha, CLAMP) * through, 0)
        colour[y0:y1, x0:x1] += weight[..., None] * splats.colour[i]
        through -= weight
    return np.concatenate([colour, 1 - transmittance[..., None]], 2)
