"""A bundle as it ships, drawn by ONNX Runtime and the CPU rasterizer: the trainer's word on what the page must show."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from lipsplat.bundle.ply import Cloud, read_ply
from lipsplat.capture import each_picture
from lipsplat.onnx_session import open_session
from lipsplat.paths import CACHE
from lipsplat.portrait.draw import Pose, View, draw
from lipsplat.portrait.plate import composite
from lipsplat.portrait.store import PictureStore
from lipsplat.raster import Pinhole


class BundleError(ValueError):
    """A bundle that must not be trusted; the message names the field and what to do."""


@dataclass
class Bundle:
    folder: Path
    meta: dict  # avatar.json
    cloud: Cloud
    motion: np.ndarray  # (F,19) rotation 3, translation 3, expression 13
    mask: np.ndarray  # (H,W) 0..1
    _torso: PictureStore | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.session = open_session(self.folder / "deform.onnx", torch.get_num_threads())
        camera = self.meta["camera"]
        size = self.meta["canvas"]
        self.view = View(
            Pinhole(size["width"], size["height"], camera["focalPx"], *camera["principalPx"]),
            torch.tensor(camera["position"], dtype=torch.float32),
        )
        self.pivot = torch.tensor(self.meta["pivot"], dtype=torch.float32)
        self.tensors = [torch.tensor(np.ascontiguousarray(a)) for a in vars(self.cloud).values()]

    def offsets(self, lip: np.ndarray, expression: np.ndarray) -> np.ndarray:
        """lip (32,), expression (13,) -> (N,14)."""
        feeds = {"lip": lip[None].astype(np.float32), "expression": expression[None].astype(np.float32)}
        return self.session.run(["offset"], feeds)[0]

    @torch.no_grad()
    def draw(
        self, lip: np.ndarray, expression: np.ndarray, rotation: np.ndarray, translation: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Premultiplied colour (H,W,3) and coverage (H,W), float32."""
        position, quaternion, log_scale, opacity, sh, head_weight = self.tensors
        o = torch.from_numpy(self.offsets(lip, expression))
        pose = Pose(torch.tensor(rotation, dtype=torch.float32), torch.tensor(translation, dtype=torch.float32))
        image = draw(
            position + o[:, 0:3], quaternion + o[:, 3:7], log_scale + o[:, 7:10], opacity + o[:, 10], sh, o[:, 11:14],
            head_weight, self.pivot, pose, self.view,
        ).numpy()  # fmt: skip
        return image[..., :3], image[..., 3]

    def torso(self, frame: int) -> np.ndarray:
        """(H,W,3) 0..1: the source frame with the head taken out."""
        if self._torso is None:
            video = self.folder / self.meta["files"]["torso"]["path"]
            self._torso = PictureStore(CACHE / "frames", each_picture(video, "rgb24"))
        return self._torso.read(frame).astype(np.float32) / 255

    def composite(self, colour: np.ndarray, coverage: np.ndarray, torso: np.ndarray) -> np.ndarray:
        """(H,W,3) 0..1, ARCHITECTURE.md "Composite"."""
        return composite(colour, coverage, torso, self.mask)


def load_bundle(folder: Path) -> Bundle:
    folder = Path(folder)
    manifest = folder / "avatar.json"
    if not manifest.exists():
        raise BundleError(f"{manifest} is missing: give a bundle's folder, or make one with `lipsplat train`")
    meta = json.loads(manifest.read_text())
    if meta.get("format") != 1:
        raise BundleError(f"format: this reader knows format 1, the bundle says {meta.get('format')}")
    for key, file in meta["files"].items():
        data = (folder / file["path"]).read_bytes() if (folder / file["path"]).exists() else b""
        if len(data) != file["bytes"] or hashlib.sha256(data).hexdigest() != file["sha256"]:
            raise BundleError(f"files.{key}: {file['path']} is not what avatar.json describes; fetch the bundle again")
    cloud = read_ply(folder / meta["files"]["gaussians"]["path"])
    if len(cloud.position) != meta["gaussians"]:
        raise BundleError(f"gaussians: avatar.json says {meta['gaussians']}, gaussians.ply holds {len(cloud.position)}")
    motion = np.fromfile(folder / meta["files"]["motion"]["path"], "<f4").reshape(meta["frames"], -1)
    mask = np.asarray(Image.open(folder / meta["files"]["mask"]["path"]), np.float32) / 255
    return Bundle(folder, meta, cloud, motion, mask)
