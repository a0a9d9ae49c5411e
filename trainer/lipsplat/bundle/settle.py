"""After training: what the head's Gaussians took over from the wall is taken off them, for a head before anything."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from lipsplat.bundle.ply import Cloud, write_ply
from lipsplat.bundle.reader import Bundle, load_bundle
from lipsplat.bundle.writer import write_manifest
from lipsplat.capture import BACKGROUND, Capture
from lipsplat.portrait.draw import Pose, crop, draw
from lipsplat.portrait.matte import frame_matte
from lipsplat.portrait.plate import Plate, composite


@dataclass(frozen=True)
class SettleConfig:
    steps: int = 400
    frames: int = 64  # of the capture, spread over the training part
    own_wall: float = 0.4  # share of steps before the wall that was filmed
    opacity: float = 3e-2  # learning rates at first; they fall to a tenth
    sh: float = 3e-3
    log_scale: float = 3e-3
    seed: int = 0


def settle_bundle(
    folder: Path, capture: Capture, plate: Plate, lip: np.ndarray, config: SettleConfig = SettleConfig()
) -> None:
    """The bundle in `folder`, settled in place; its own frames tell which of the capture's are for training."""
    bundle = load_bundle(folder)
    cloud = settle(bundle, capture, plate, lip, len(bundle.motion), config)
    write_ply(folder / bundle.meta["files"]["gaussians"]["path"], cloud)
    write_manifest(folder, bundle.meta)


def settle(
    bundle: Bundle, capture: Capture, plate: Plate, lip: np.ndarray, last: int, config: SettleConfig = SettleConfig()
) -> Cloud:
    """
    The bundle's cloud with opacities, colours and sizes that hold before backgrounds of any colour: trained Gaussians
    may be part wall where head and wall meet, and half transparent where the plate behind looks like the face.
    lip (F,32): of every frame of the capture; frames from `last` on are not looked at.
    """
    chance = np.random.default_rng(config.seed)
    chosen = np.linspace(0, last - 1, min(config.frames, last)).astype(int)
    wanted = set(chosen)
    frames = np.stack([f for i, f in enumerate(capture.each_frame(0, last)) if i in wanted])  # (n,H,W,3)
    person = np.stack([x for i, x in enumerate(capture.each_label(0, last)) if i in wanted]) != BACKGROUND  # (n,H,W)
    position, rotation, log_scale, opacity, sh, head_weight = bundle.tensors
    trained = {"opacity": opacity, "sh": sh, "log_scale": log_scale}
    trained = {name: value.clone().requires_grad_() for name, value in trained.items()}
    optimizer = torch.optim.Adam([{"params": [v], "lr": getattr(config, k)} for k, v in trained.items()], eps=1e-15)
    fall = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.1 ** (1 / config.steps))
    rows, columns = (np.where(plate.mask.max(axis) > 1 / 255)[0] for axis in (1, 0))
    top, left, bottom, right = (int(x) for x in (rows[0], columns[0], rows[-1] + 1, columns[-1] + 1))
    box, view = np.s_[top:bottom, left:right], crop(bundle.view, left, top, right - left, bottom - top)  # h by w
    wall, mask = torch.tensor(plate.plate[box]), torch.tensor(plate.mask[box])  # (h,w,3), (h,w)
    wall_seen = 1 - torch.tensor(plate.matte[box])[..., None]  # (h,w,1) of a frame without head
    mattes: dict[int, Tensor] = {}
    offsets: dict[int, Tensor] = {}
    for _ in tqdm(range(config.steps), desc="settle"):
        k = int(chance.integers(len(chosen)))
        i = int(chosen[k])
        if k not in mattes:
            whole = frame_matte(frames[k].astype(np.float32) / 255, person[k], plate.plate)
            mattes[k] = torch.tensor(whole[box])[..., None]  # (h,w,1)
            offsets[k] = torch.from_numpy(bundle.offsets(lip[i], capture.expression[i]))
        o = offsets[k]
        pose = Pose(torch.tensor(capture.rotation[i]), torch.tensor(capture.translation[i]))
        image = draw(
            position + o[:, 0:3], rotation + o[:, 3:7], trained["log_scale"] + o[:, 7:10],
            trained["opacity"] + o[:, 10], trained["sh"], o[:, 11:14], head_weight, bundle.pivot, pose, view,
        )  # fmt: skip
        truth, behind = torch.tensor(frames[k][box]) / 255, wall
        if chance.random() >= config.own_wall:
            change = torch.tensor(chance.random(3), dtype=torch.float32) - wall
            truth, behind = truth + (1 - mattes[k]) * change, wall + wall_seen * change
        picture = composite(image[..., :3], image[..., 3], behind, mask)
        loss = ((picture - truth).abs().mean(2) * mask).sum() / mask.sum()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        fall.step()
    return replace(bundle.cloud, **{name: value.detach().numpy() for name, value in trained.items()})
