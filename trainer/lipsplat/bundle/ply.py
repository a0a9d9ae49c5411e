"""Gaussians as a binary 3DGS .ply, which other viewers open too; `head_weight` is our own extra property."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Cloud:
    position: np.ndarray  # (N,3) dm
    rotation: np.ndarray  # (N,4) quaternion w x y z
    log_scale: np.ndarray  # (N,3)
    opacity: np.ndarray  # (N,) logit
    sh: np.ndarray  # (N,K,3)
    head_weight: np.ndarray  # (N,) 0..1


def properties(k: int) -> list[str]:
    rest = [f"f_rest_{i}" for i in range(3 * (k - 1))]
    return ["x", "y", "z", "nx", "ny", "nz", "f_dc_0", "f_dc_1", "f_dc_2", *rest, "opacity",
            "scale_0", "scale_1", "scale_2", "rot_0", "rot_1", "rot_2", "rot_3", "head_weight"]  # fmt: skip


def write_ply(path: Path, cloud: Cloud) -> None:
    n, k, _ = cloud.sh.shape
    rest = cloud.sh[:, 1:].transpose(0, 2, 1).reshape(n, -1)  # channel-major
    columns = [cloud.position, np.zeros((n, 3)), cloud.sh[:, 0], rest, cloud.opacity[:, None], cloud.log_scale]
    table = np.concatenate([*columns, cloud.rotation, cloud.head_weight[:, None]], 1).astype("<f4")
    header = ["ply", "format binary_little_endian 1.0", f"element vertex {n}"]
    header += [f"property float {name}" for name in properties(k)] + ["end_header\n"]
    path.write_bytes("\n".join(header).encode() + table.tobytes())


def read_ply(path: Path) -> Cloud:
    data = path.read_bytes()
    head, body = data.split(b"end_header\n", 1)
    names = [line.split()[-1] for line in head.decode().splitlines() if line.startswith("property float")]
    table = np.frombuffer(body, "<f4").reshape(-1, len(names))
    k = 1 + sum(n.startswith("f_rest_") for n in names) // 3
    if names != properties(k):
        raise ValueError(f"{path.name}: expected the properties {properties(k)}, found {names}")
    n, at = len(table), 9 + 3 * (k - 1)
    sh = np.concatenate([table[:, None, 6:9], table[:, 9:at].reshape(n, 3, k - 1).transpose(0, 2, 1)], 1)
    return Cloud(table[:, :3], table[:, at + 4 : at + 8], table[:, at + 1 : at + 4], table[:, at], sh, table[:, at + 8])
