"""The 3DMM laid over landmarks: one identity, and an expression and a pose for every frame (eq 7 and 8).

Gauss-Newton with priors. `fit_identity` solves for identity and a few frames together (the frames are eliminated,
Schur); `fit_frame` is what every frame costs: expression and pose for a known identity.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lipsplat.track.head_model import FACE, HeadModel
from lipsplat.track.pose import cross, project, project_slope, turn

EXPRESSION_SPREAD = 0.3
SLACK = 2.0  # landmarks' errors go together: each counts for less than its own scatter would have it
HUBER = 2.5  # standard deviations
EXPRESSION_RANGE = (0.0, 1.1)


@dataclass
class Pose:
    rotation: np.ndarray  # (3,3) head to camera axes
    at: np.ndarray  # (3,) of the pivot from the camera, dm


def start_pose(seen: np.ndarray, points: np.ndarray, pivot: np.ndarray, focal: float, principal: np.ndarray) -> Pose:
    """From landmarks (468,2) px and the head's points (468,3), without a guess."""
    import cv2

    flip = np.diag([1.0, -1.0, -1.0])  # to OpenCV's camera: y down, z forward
    lens = np.array([[focal, 0, principal[0]], [0, focal, principal[1]], [0, 0, 1]])
    _, vector, at = cv2.solvePnP(points - pivot, seen, lens, None, flags=cv2.SOLVEPNP_SQPNP)
    return Pose(flip @ cv2.Rodrigues(vector)[0], flip @ at[:, 0])


def landmark_system(model: HeadModel, seen, identity, expression, pose: Pose, focal, principal, pivot):
    """Residuals (936,) in standard deviations, Huber's weights in them, and their slopes by pose (936,6), expression
    (936,52), and the matrix (468,2,3) that takes movements of the head's points to residuals."""
    points = model.points(identity, expression)[:FACE]
    turned = (points - pivot) @ pose.rotation.T
    camera = turned + pose.at
    sigma = SLACK * model.sigma * focal / -pose.at[2]  # (468,) px
    off = (project(camera, focal, principal) - seen) / sigma[:, None]  # (468,2)
    size = np.linalg.norm(off, axis=1)
    root = np.sqrt(np.minimum(1, HUBER / np.maximum(size, 1e-9)))[:, None]
    slope = project_slope(camera, focal) * (root / sigma[:, None])[..., None]  # (468,2,3)
    by_head = slope @ pose.rotation
    by_pose = np.concatenate([-slope @ cross(turned), slope], 2).reshape(-1, 6)
    shapes = model.shift_expression.reshape(-1, len(model.middle) // 3, 3)[:, :FACE]  # (52,468,3)
    by_expression = np.einsum("pij,kpj->pik", by_head, shapes).reshape(2 * FACE, -1)
    return (off * root).ravel(), by_pose, by_expression, by_head


def step_frame(pose: Pose, expression: np.ndarray, step: np.ndarray) -> tuple[Pose, np.ndarray]:
    moved = Pose(turn(step[:3]) @ pose.rotation, pose.at + step[3:6])
    return moved, np.clip(expression + step[6:], *EXPRESSION_RANGE)


def fit_frame(
    model: HeadModel, seen: np.ndarray, identity: np.ndarray, expression: np.ndarray, pose: Pose, focal: float,
    principal: np.ndarray, pivot: np.ndarray, steps: int = 4,
) -> tuple[Pose, np.ndarray, float]:  # fmt: skip
    """Pose, expression (52,) and rms error in pixels of landmarks (468,2), from a guess of both."""
    for _ in range(steps):
        off, by_pose, by_expression, _ = landmark_system(
            model, seen, identity, expression, pose, focal, principal, pivot
        )
        slope = np.concatenate([by_pose, by_expression], 1)  # (936,58)
        normal, right = slope.T @ slope, -slope.T @ off
        prior = np.arange(6, len(normal))
        normal[prior, prior] += EXPRESSION_SPREAD**-2
        right[6:] -= expression * EXPRESSION_SPREAD**-2
        held = 6 + np.flatnonzero((expression <= EXPRESSION_RANGE[0]) & (right[6:] < 0))  # at 0 and would go below
        free = np.setdiff1d(np.arange(len(normal)), held)
        step = np.zeros(len(normal))
        step[free] = np.linalg.solve(normal[np.ix_(free, free)], right[free])
        pose, expression = step_frame(pose, expression, step)
    camera = (model.points(identity, expression)[:FACE] - pivot) @ pose.rotation.T + pose.at
    error = np.sqrt(((project(camera, focal, principal) - seen) ** 2).sum(1).mean())
    return pose, expression, float(error)


def fit_identity(
    model: HeadModel, seen: np.ndarray, focal: float, principal: np.ndarray, steps: int = 8
) -> tuple[np.ndarray, list[Pose], np.ndarray, float]:
    """Identity (K,), poses, expressions (M,52) and the landmarks' rms error in px of landmarks (M,468,2)."""
    identity, expressions = np.zeros(len(model.spread)), np.zeros((len(seen), len(model.expressions)))
    pivot = model.pivot(identity)  # where poses turn about while fitting; any fixed point would do
    rest = model.points(identity, expressions[0])[:FACE]
    poses = [start_pose(s, rest, pivot, focal, principal) for s in seen]
    prior = model.spread**-2.0
    for _ in range(steps):
        shift = np.where(identity[:, None] >= 0, model.shift_up, model.shift_down)
        shapes = shift.reshape(len(shift), -1, 3)[:, :FACE]  # (K,468,3)
        normal, right = np.diag(prior), -prior * identity
        back = []
        for i, s in enumerate(seen):
            off, by_pose, by_expression, by_head = landmark_system(
                model, s, identity, expressions[i], poses[i], focal, principal, pivot
            )
            mine = np.concatenate([by_pose, by_expression], 1)  # (936,58)
            shared = np.einsum("pij,kpj->pik", by_head, shapes).reshape(2 * FACE, -1)  # (936,K)
            block, edge = mine.T @ mine, mine.T @ shared
            own = -mine.T @ off
            at = np.arange(6, len(block))
            block[at, at] += EXPRESSION_SPREAD**-2
            own[6:] -= expressions[i] * EXPRESSION_SPREAD**-2
            solved = np.linalg.solve(block, np.concatenate([edge, own[:, None]], 1))  # (58,K+1)
            normal = normal + shared.T @ shared - edge.T @ solved[:, :-1]
            right = right - shared.T @ off - edge.T @ solved[:, -1]
            back.append(solved)
        step = np.linalg.solve(normal, right)
        for i, solved in enumerate(back):
            poses[i], expressions[i] = step_frame(poses[i], expressions[i], solved[:, -1] - solved[:, :-1] @ step)
        identity = identity + step
    errors = []
    for i, s in enumerate(seen):
        camera = (model.points(identity, expressions[i])[:FACE] - pivot) @ poses[i].rotation.T + poses[i].at
        errors.append(((project(camera, focal, principal) - s) ** 2).sum(1).mean())
    return identity, poses, expressions, float(np.sqrt(np.mean(errors)))
