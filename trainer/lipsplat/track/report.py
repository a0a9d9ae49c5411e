"""How well poses are tracked: the capture against its truth, real clips against tracks that were held out."""

from __future__ import annotations

import numpy as np

from lipsplat.track.pose import matrix_of, vector_of


def pose_figures(estimate: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Of pitch, yaw, roll (F,3) in radians, one constant rotation of the head's axes removed: degrees."""
    r, t = matrix_of(estimate), matrix_of(truth)  # (F,3,3)
    constant = mean_rotation(t.transpose(0, 2, 1) @ r)  # estimate ≈ truth · constant
    left = np.degrees(vector_of(r @ (t @ constant).transpose(0, 2, 1)))  # (F,3) in camera axes
    second = np.diff(left, 2, axis=0)
    angle = np.linalg.norm(left, axis=1)
    return {
        "rotation_error_deg_median": float(np.median(angle)),
        "rotation_error_deg_p95": float(np.percentile(angle, 95)),
        "rotation_jitter_deg": float(np.sqrt((second**2).sum(1).mean())),
        "constant_rotation_deg": float(np.degrees(np.linalg.norm(vector_of(constant)))),
    }


def mean_rotation(rotations: np.ndarray) -> np.ndarray:
    """The middle (3,3) of rotations (F,3,3) that do not differ much; far ones count little."""
    mean = rotations[len(rotations) // 2]
    for _ in range(20):
        vectors = vector_of(mean.T @ rotations)
        weight = 1 / np.maximum(np.linalg.norm(vectors, axis=1), 1e-4)
        from lipsplat.track.pose import turn

        mean = mean @ turn((vectors * weight[:, None]).sum(0) / weight.sum())
    return mean
