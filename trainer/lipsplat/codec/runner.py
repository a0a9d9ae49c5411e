"""The codec as it ships, run as the player runs it: a window of frames in, one frame out."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx

from lipsplat.bundle.reader import BundleError
from lipsplat.codec.channels import pick
from lipsplat.face.names import ARKIT
from lipsplat.onnx_session import open_session


class CodecRunner:
    """Coefficients of any number of frames to what the avatar shows for them."""

    def __init__(self, bundle: Path) -> None:
        """Raises BundleError, naming the field, where there is no codec or it was made for another avatar."""
        meta = json.loads((bundle / "avatar.json").read_text())
        if "codec" not in meta or "codec" not in meta["files"]:
            raise BundleError(f"files.codec: {bundle} has no codec: make one with `lipsplat train-codec {bundle}`")
        about, file = meta["codec"], meta["files"]["codec"]
        if about["motion"] != meta["files"]["motion"]["sha256"]:
            raise BundleError("codec.motion: the codec was made for another motion.bin: run `lipsplat train-codec`")
        blob = (bundle / file["path"]).read_bytes()
        if hashlib.sha256(blob).hexdigest() != file["sha256"]:
            raise BundleError(f"files.codec: {file['path']} is not what avatar.json describes; fetch the bundle again")
        self.frames, self.look_ahead, self.bytes = about["frames"], about["lookAhead"], len(blob)
        model = onnx.load_from_string(blob)
        chosen = next(node.output[0] for node in model.graph.node if node.op_type == "ArgMax")
        model.graph.output.append(onnx.helper.make_tensor_value_info(chosen, onnx.TensorProto.INT64, None))
        self._session = open_session(model.SerializeToString())

    def run(self, coefficients: np.ndarray) -> np.ndarray:
        """(n,52) at 25 Hz to (n,13), each at its own frame: the look-ahead is taken out, the ends are held."""
        return self._run(coefficients)[0]

    def codes(self, coefficients: np.ndarray) -> np.ndarray:
        """(n,52) to the numbers (n,tokens) of the codes that stand for each frame."""
        return self._run(coefficients)[1]

    def _run(self, coefficients: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if coefficients.ndim != 2 or coefficients.shape[1] != len(ARKIT) or not len(coefficients):
            raise ValueError(f"coefficients: want (frames, {len(ARKIT)}), got {coefficients.shape}")
        clean = np.clip(np.nan_to_num(coefficients, nan=0.0), 0, 1).astype(np.float32)
        before = self.frames - 1 - self.look_ahead
        padded = np.concatenate([clean[:1].repeat(before, 0), clean, clean[-1:].repeat(self.look_ahead, 0)])
        said, codes = [], []
        for i in range(len(clean)):
            expression, index = self._session.run(None, {"coefficients": padded[None, i : i + self.frames]})
            said.append(expression[0, 0])
            codes.append(index[0, -1])  # the frame's own: those before it only help
        return np.stack(said), np.stack(codes)


def without_codec(coefficients: np.ndarray, channels: list[dict]) -> np.ndarray:
    """What the player shows where there is none: (n,52) picked by name (n,13), clamped to avatar.json's range."""
    least, most = (np.array([c[k] for c in channels], np.float32) for k in ("min", "max"))
    return np.clip(pick(np.nan_to_num(coefficients, nan=0.0)), least, most).astype(np.float32)
