"""A restorer in a bundle: written into it, and run as it ships."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from lipsplat.bundle.reader import Bundle, BundleError
from lipsplat.bundle.writer import write_manifest
from lipsplat.onnx_session import open_session
from lipsplat.restore.export import export_restorer
from lipsplat.restore.network import RestorerNet

FILE = "restorer.onnx"


def attach_restorer(folder: Path, net: RestorerNet) -> None:
    """Writes the restorer and its entry into the bundle in `folder`."""
    export_restorer(net, folder / FILE)
    meta = json.loads((folder / "avatar.json").read_text())
    meta["restorer"] = {"box": list(net.shape.box)}
    meta["files"]["restorer"] = {"path": FILE}
    write_manifest(folder, meta)


Finish = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def finisher(bundle: Bundle) -> Finish:
    """The page's last step: composited frame (H,W,3) uint8, rotation (3,), translation (3,) -> the frame."""
    if "restorer" not in bundle.meta.get("files", {}):
        return lambda frame, rotation, translation: frame
    restorer = Restorer(bundle)

    def finish(frame: np.ndarray, rotation: np.ndarray, translation: np.ndarray) -> np.ndarray:
        restored = restorer(frame / np.float32(255), np.concatenate([rotation, translation]))
        return np.round(restored.clip(0, 1) * 255).astype(np.uint8)

    return finish


class Restorer:
    """What a bundle's restorer makes of a composited frame."""

    def __init__(self, bundle: Bundle) -> None:
        """Raises BundleError where there is none."""
        if "restorer" not in bundle.meta["files"]:
            raise BundleError("files.restorer: this bundle has no restorer; make one with `lipsplat train-restorer`")
        self.box = tuple(bundle.meta["restorer"]["box"])
        self.session = open_session(bundle.folder / bundle.meta["files"]["restorer"]["path"])

    def __call__(self, image: np.ndarray, pose: np.ndarray) -> np.ndarray:
        """image (H,W,3) 0..1, pose (6,) -> (H,W,3) 0..1; all outside the box as it was."""
        x, y, width, height = self.box
        at = np.s_[y : y + height, x : x + width]
        picture = image[at].transpose(2, 0, 1)[None].astype(np.float32)  # (1,3,h,w)
        feeds = {"picture": picture, "pose": pose[None].astype(np.float32)}
        result = image.copy()
        result[at] = self.session.run(["restored"], feeds)[0][0].transpose(1, 2, 0)
        return result
