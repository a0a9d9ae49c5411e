"""Bundle adjustment of the followed points and the head's poses (eq 11 and 12).

Stage 1 places the points under the first poses. Stage 2 moves points and poses together, on frames spread over the
video: Gauss-Newton on Cauchy's loss, the points eliminated (Schur), dense by sheet because all points of a
sheet are seen in the same frames. Then every frame's pose is solved for given the points, and the points given all
poses, by turns: what a frame costs does not grow with the video.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lipsplat.track.flow import Sheet
from lipsplat.track.motion import Motion
from lipsplat.track.pose import cross, mean_rotation, project, project_slope, turn, vector_of

START_NOISE = 2.0  # px: what the first poses are worth
BAD = 6.0  # a frame is bad where what is rigid lies so many times further off than is usual


@dataclass(frozen=True)
class AdjustConfig:
    frames: int = 240  # that are adjusted together with the points
    joint_steps: int = 10
    pose_steps: int = 4
    weighting: bool = True  # semantic: what expressions move counts less
    move_points: bool = True  # False: they stay on the fitted head, and only poses are solved for
    point_spread: float = 1.0  # dm: how far points may lie from the fitted head
    angle_spread: float = 0.3  # radians: how far poses may lie from the first ones
    place_spread: float = 1.0  # dm; wide, all three: narrower, the landmarks' errors are taken over
    least_noise: float = 0.03  # px


@dataclass
class Poses:
    rotation: np.ndarray  # (F,3,3)
    at: np.ndarray  # (F,3)
    focal: float


def errors(sheet: Sheet, poses: Poses, principal: np.ndarray, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
    """(n,N,2) from where points are seen to where they are drawn: px, less where a point's texture shows little."""
    f = sheet.frames[rows]
    camera = sheet.points @ poses.rotation[f].transpose(0, 2, 1) + poses.at[f, None]
    return ((project(camera, poses.focal, principal) - sheet.pixels[rows])[..., None, :] @ sheet.sure)[..., 0, :]


def slopes(sheet: Sheet, used: np.ndarray | slice, poses: Poses, frames: np.ndarray):
    """Of those errors by pose (n,N,2,6) and by point (n,N,2,3)."""
    points, rotation, at, focal = sheet.points[used], poses.rotation[frames], poses.at[frames], poses.focal
    turned = points @ rotation.transpose(0, 2, 1)  # (n,N,3)
    camera = turned + at[:, None]
    sure = sheet.sure[used]
    by_camera = sure @ project_slope(camera, focal)
    by_pose = np.concatenate([-by_camera @ cross(turned), by_camera], -1)
    return by_pose, by_camera @ rotation[:, None]


def cauchy(error: np.ndarray, weight: np.ndarray, noise: float) -> np.ndarray:
    """What each error (n,N,2) counts, (n,N): semantic weight (N,) over variance, little where it lies far off.

    A frame far from its keyframe has errors of its own: where the row's usual error is above the noise, it stands.
    """
    size = np.abs(error).max(-1)  # (n,N)
    rigid = weight > 0.5
    usual = np.median(size[:, rigid] if rigid.any() else size, axis=1)[:, None]  # (n,1)
    own = np.maximum(noise, usual)
    return weight / own**2 / (1 + (error**2).sum(-1) / (3 * own) ** 2)


def noise_of(sheets: list[Sheet], poses: Poses, principal: np.ndarray, least: float, rows: list[np.ndarray]) -> float:
    """Robust standard deviation (an axis, px) of the errors of what is rigid."""
    sizes = [np.abs(errors(s, poses, principal, r)[:, s.weight > 0.5]).ravel()[::7] for s, r in zip(sheets, rows)]
    return max(1.48 * float(np.median(np.concatenate(sizes))), least)


def place_points(sheet: Sheet, poses: Poses, principal: np.ndarray, noise: float, guess: np.ndarray, spread: float,
                 rows: np.ndarray | slice = slice(None), steps: int = 3) -> None:  # fmt: skip
    """Stage 1: the points of a sheet under known poses, near a guess (N,3)."""
    f = sheet.frames[rows]
    for _ in range(steps):
        error = errors(sheet, poses, principal, rows)
        _, slope = slopes(sheet, slice(None), poses, f)
        w = cauchy(error, np.ones(len(sheet.points)), noise)  # (n,N)
        normal = np.einsum("nN,nNij,nNik->Njk", w, slope, slope) + np.eye(3) / spread**2
        right = -np.einsum("nN,nNij,nNi->Nj", w, slope, error) - (sheet.points - guess) / spread**2
        sheet.points = sheet.points + np.linalg.solve(normal, right[..., None])[..., 0]


def adjust_together(sheets: list[Sheet], poses: Poses, first: Poses, guesses: list[np.ndarray], principal: np.ndarray,
                    chosen: np.ndarray, noise: float, config: AdjustConfig) -> None:  # fmt: skip
    """One step of stage 2 over the frames `chosen` (S,): poses and points, in place."""
    index = np.full(len(poses.at), -1)
    index[chosen] = np.arange(len(chosen))
    size = 6 * len(chosen)
    normal, right = np.zeros((size, size)), np.zeros(size)
    spread = np.r_[np.full(3, config.angle_spread), np.full(3, config.place_spread)] ** -2.0
    away = np.concatenate(
        [vector_of(poses.rotation[chosen] @ first.rotation[chosen].transpose(0, 2, 1)),
         poses.at[chosen] - first.at[chosen]], 1)  # fmt: skip
    at = np.arange(size)
    normal[at, at] = np.tile(spread, len(chosen))
    right[:] = -(away * spread).ravel()
    back = []
    for sheet, guess in zip(sheets, guesses, strict=True):
        rows = np.flatnonzero(index[sheet.frames] >= 0)
        used = ~sheet.held_out
        f = sheet.frames[rows]
        error = errors(sheet, poses, principal, rows)[:, used]
        by_pose, by_point = slopes(sheet, used, poses, f)
        w = cauchy(error, sheet.weight[used], noise)[..., None]  # (n,N,1)
        places = (6 * index[f][:, None] + np.arange(6)).ravel()  # (6n,)
        wide = np.einsum("nNip,nNik->Nnpk", by_pose * w[..., None], by_point)  # (N,n,6,3)
        edge = wide.reshape(len(guess[used]), -1, 3)  # (N,6n,3)
        block = np.einsum("nNij,nNik->Njk", by_point * w[..., None], by_point) + np.eye(3) / config.point_spread**2
        own = (
            -np.einsum("nNij,nNi->Nj", by_point, error * w)
            - (sheet.points[used] - guess[used]) / config.point_spread**2
        )
        inverse = np.linalg.inv(block)
        carried = edge @ inverse  # (N,6n,3)
        flat = edge.transpose(1, 0, 2).reshape(len(places), -1)
        reduced = -carried.transpose(1, 0, 2).reshape(len(places), -1) @ flat.T
        diagonal = np.einsum("nNip,nNiq->npq", by_pose * w[..., None], by_pose)
        for j in range(len(f)):
            reduced[6 * j : 6 * j + 6, 6 * j : 6 * j + 6] += diagonal[j]
        normal[np.ix_(places, places)] += reduced
        pull = -np.einsum("nNip,nNi->np", by_pose, error * w).ravel()
        right[places] += pull - (carried @ own[..., None])[..., 0].sum(0)
        back.append((sheet, used, places, inverse, own, edge))
    step = np.linalg.solve(normal, right)
    for sheet, used, places, inverse, own, edge in back:
        moved = own - np.einsum("Npk,p->Nk", edge, step[places])
        sheet.points[used] += (inverse @ moved[..., None])[..., 0]
    by_frame = step.reshape(-1, 6)
    poses.rotation[chosen] = turn(by_frame[:, :3]) @ poses.rotation[chosen]
    poses.at[chosen] += by_frame[:, 3:]


def solve_poses(sheets: list[Sheet], poses: Poses, first: Poses, principal: np.ndarray, noise: float,
                config: AdjustConfig, steps: int) -> None:  # fmt: skip
    """Every frame's pose given the points, in place."""
    spread = np.r_[np.full(3, config.angle_spread), np.full(3, config.place_spread)] ** -2.0
    for _ in range(steps):
        count = len(poses.at)
        normal = np.tile(np.diag(spread), (count, 1, 1))
        away = np.concatenate([vector_of(poses.rotation @ first.rotation.transpose(0, 2, 1)), poses.at - first.at], 1)
        right = -away * spread
        for sheet in sheets:
            f, used = sheet.frames, ~sheet.held_out
            error = errors(sheet, poses, principal)[:, used]
            by_pose, _ = slopes(sheet, used, poses, f)
            w = cauchy(error, sheet.weight[used], noise)
            n, points = w.shape
            flat = (by_pose * np.sqrt(w)[..., None, None]).reshape(n, 2 * points, 6)
            normal[f] += flat.transpose(0, 2, 1) @ flat
            right[f] -= (flat.transpose(0, 2, 1) @ (error * np.sqrt(w)[..., None]).reshape(n, -1, 1))[..., 0]
        step = np.linalg.solve(normal, right[..., None])[..., 0]
        poses.rotation = turn(step[:, :3]) @ poses.rotation
        poses.at = poses.at + step[:, 3:]


def adjust(
    motion: Motion, sheets: list[Sheet], principal: np.ndarray, config: AdjustConfig
) -> tuple[Motion, np.ndarray]:
    """The motion with poses adjusted to the sheets, which stay as they are; and which frames (F,) can be trusted."""
    sheets = [
        replace(s, points=s.points.copy(), weight=s.weight if config.weighting else np.ones_like(s.weight))
        for s in sheets
    ]
    first = Poses(motion.rotation, motion.at, motion.focal)
    poses = Poses(motion.rotation.copy(), motion.at.copy(), motion.focal)
    guesses = [s.points.copy() for s in sheets]
    count = len(motion.good)
    noise = START_NOISE
    if config.move_points:
        keys = [s.keyframe for s in sheets]
        chosen = np.union1d(keys, np.linspace(0, count - 1, min(count, config.frames)).astype(int))
        chosen = chosen[motion.good[chosen]]
        rows = [np.isin(s.frames, chosen) for s in sheets]
        for sheet, guess, mine in zip(sheets, guesses, rows, strict=True):
            place_points(sheet, poses, principal, noise, guess, config.point_spread, mine)
        for _ in range(config.joint_steps):
            adjust_together(sheets, poses, first, guesses, principal, chosen, noise, config)
            noise = max(0.6 * noise, noise_of(sheets, poses, principal, config.least_noise, rows))
    everything = [np.ones(len(s.frames), bool) for s in sheets]
    for steps in (config.pose_steps, 2):
        solve_poses(sheets, poses, first, principal, max(noise, 0.1), config, steps)
        noise = noise_of(sheets, poses, principal, config.least_noise, everything)
        if config.move_points:
            for sheet, guess in zip(sheets, guesses, strict=True):
                place_points(sheet, poses, principal, noise, guess, config.point_spread, steps=1)
    solve_poses(sheets, poses, first, principal, noise, config, 1)
    steady = errors_of_frames(sheets, poses, principal) < BAD * max(noise, config.least_noise)
    steady |= ~np.isfinite(errors_of_frames(sheets, poses, principal)) & motion.good
    steady &= np.isfinite(motion.error)  # where no face was found, flow says nothing
    return as_before(replace(motion, rotation=poses.rotation, at=poses.at), motion, steady & motion.good), steady


def errors_of_frames(sheets: list[Sheet], poses: Poses, principal: np.ndarray) -> np.ndarray:
    """(F,) the usual error of what is rigid, in the sheet where it is least."""
    least = np.full(len(poses.at), np.inf)
    for sheet in sheets:
        rigid = sheet.weight > 0.5
        if rigid.any():
            usual = 1.48 * np.median(np.abs(errors(sheet, poses, principal)[:, rigid]), axis=(1, 2))
            least[sheet.frames] = np.minimum(least[sheet.frames], usual)
    return least


def as_before(motion: Motion, first: Motion, known: np.ndarray) -> Motion:
    """Adjusting leaves free where the head's own axes lie: they are laid where the fitted head, `first`, has them."""
    if not known.any():
        return motion
    turned = first.rotation[known].transpose(0, 2, 1)  # (n,3,3)
    constant = mean_rotation(turned @ motion.rotation[known])
    offset = np.median((turned @ (motion.at - first.at)[known][..., None])[..., 0], 0)
    rotation = motion.rotation @ constant.T
    return replace(motion, rotation=rotation, at=motion.at - rotation @ offset)


def held_out_errors(motion: Motion, sheets: list[Sheet], principal: np.ndarray, least: int, noise: float) -> np.ndarray:
    """Errors (E,2) in px of rigid points that were held out, in tracks of at least so many frames; the poses stand, the
    points are placed."""
    poses, found = Poses(motion.rotation, motion.at, motion.focal), []
    for sheet in sheets:
        which = sheet.held_out & (sheet.weight > 0.5)
        if len(sheet.frames) < least or not which.any():
            continue
        place_points(sheet, poses, principal, noise, sheet.points.copy(), 1.0)
        camera = sheet.points[which] @ poses.rotation[sheet.frames].transpose(0, 2, 1) + poses.at[sheet.frames, None]
        found.append((project(camera, poses.focal, principal) - sheet.pixels[:, which]).reshape(-1, 2))
    return np.concatenate(found) if found else np.zeros((0, 2))
