"""Rotations and the pinhole camera, with their derivatives. Camera axes are the world's, its origin the camera."""

from __future__ import annotations

import numpy as np


def turn(vector: np.ndarray) -> np.ndarray:
    """Rotation matrices (…,3,3) of rotation vectors (…,3) in radians (Rodrigues)."""
    angle = np.linalg.norm(vector, axis=-1)[..., None, None]  # (…,1,1)
    k = cross(vector)
    small = angle < 1e-8
    safe = np.where(small, 1.0, angle)
    a = np.where(small, 1.0, np.sin(safe) / safe)
    b = np.where(small, 0.5, (1 - np.cos(safe)) / safe**2)
    return np.eye(3) + a * k + b * (k @ k)


def vector_of(rotation: np.ndarray) -> np.ndarray:
    """Rotation vectors (…,3) of rotation matrices (…,3,3)."""
    from scipy.spatial.transform import Rotation

    return Rotation.from_matrix(rotation.reshape(-1, 3, 3)).as_rotvec().reshape(rotation.shape[:-1])


def cross(v: np.ndarray) -> np.ndarray:
    """The matrices (…,3,3) with which v (…,3) × is taken."""
    zero = np.zeros_like(v[..., 0])
    x, y, z = v[..., 0], v[..., 1], v[..., 2]
    return np.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).reshape(*v.shape, 3)


def angles_of(rotation: np.ndarray) -> np.ndarray:
    """Pitch, yaw, roll (…,3) in radians of matrices (…,3,3) = Ry(yaw)·Rx(pitch)·Rz(roll)."""
    r = rotation
    pitch = np.arcsin(np.clip(-r[..., 1, 2], -1, 1))
    return np.stack([pitch, np.arctan2(r[..., 0, 2], r[..., 2, 2]), np.arctan2(r[..., 1, 0], r[..., 1, 1])], -1)


def matrix_of(angles: np.ndarray) -> np.ndarray:
    """Ry(yaw)·Rx(pitch)·Rz(roll) (…,3,3) of pitch, yaw, roll (…,3) in radians."""
    axis = np.eye(3)
    x, y, z = (turn(angles[..., k, None] * axis[k]) for k in range(3))
    return y @ x @ z


def project(points: np.ndarray, focal: float, principal: np.ndarray) -> np.ndarray:
    """Pixels (…,2) of points (…,3) in camera axes."""
    return principal + focal * points[..., :2] * (1, -1) / -points[..., 2:]


def project_slope(points: np.ndarray, focal: float) -> np.ndarray:
    """d pixel / d point (…,2,3)."""
    scale = focal / -points[..., 2]  # (…,)
    u, v = (scale * points[..., k] / -points[..., 2] for k in (0, 1))
    zero = np.zeros_like(scale)
    return np.stack([scale, zero, u, zero, -scale, -v], -1).reshape(*scale.shape, 2, 3)


def mean_rotation(rotations: np.ndarray) -> np.ndarray:
    """The middle (3,3) of rotations (F,3,3) that do not differ much; far ones count little."""
    mean = rotations[len(rotations) // 2]
    for _ in range(20):
        vectors = vector_of(mean.T @ rotations)
        weight = 1 / np.maximum(np.linalg.norm(vectors, axis=1), 1e-4)
        mean = mean @ turn((vectors * weight[:, None]).sum(0) / weight.sum())
    return mean
