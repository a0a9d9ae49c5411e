"""From a trained codec to `expression-codec.onnx` in an avatar's bundle, checked against PyTorch."""

from __future__ import annotations

import copy
import io
import json
from pathlib import Path

import numpy as np
import onnx
import torch

from lipsplat.bundle.writer import write_manifest
from lipsplat.codec.model import ExpressionCodec
from lipsplat.face.names import ARKIT
from lipsplat.half import round_half, shipped
from lipsplat.onnx_session import open_session

OPSET = 17
NAME = "expression-codec.onnx"
EXACT = 1e-4  # of a channel's range: float32 sums in another order
NEAR_TIES = 0.01  # share of frames in which they may take another of two codes that are equally near


def to_onnx(model: ExpressionCodec) -> bytes:
    """`coefficients` [1,W,52] → `expression` [1,1,13]; RuntimeError where ONNX Runtime and PyTorch disagree."""
    model, window = copy.deepcopy(model).eval(), model.shape.window
    round_half(model)
    sample = torch.rand(64, window, len(ARKIT), generator=torch.Generator().manual_seed(1)) ** 2
    buffer = io.BytesIO()
    with torch.no_grad():
        expected = model(sample).numpy()
        model.codebook.freeze()
        left = window
        for block in (*model.encoder, *model.decoder):
            block.freeze(left)
            left -= block.past + block.future
        torch.onnx.export(
            model, (sample[:1],), buffer, opset_version=OPSET, dynamo=False,
            input_names=["coefficients"], output_names=["expression"],
        )  # fmt: skip
    graph = onnx.load_from_string(buffer.getvalue())
    for node in graph.graph.node:
        node.ClearField("name")  # a fortieth of the file, and nobody asks for it
    blob = shipped(graph)
    session = open_session(blob)
    said = np.concatenate([session.run(None, {"coefficients": x[None]})[0] for x in sample.numpy()])
    off = np.abs(said - expected).max((1, 2))  # (64,)
    if (off > EXACT).mean() > NEAR_TIES:
        raise RuntimeError(f"{NAME} differs from PyTorch by {off.max():.2g}")
    return blob


def write_codec(model: ExpressionCodec, bundle: Path) -> Path:
    """The codec and its entry of avatar.json, bound to the motion it was made for."""
    manifest = bundle / "avatar.json"
    meta = json.loads(manifest.read_text())
    (bundle / NAME).write_bytes(to_onnx(model))
    shape = model.shape
    files = {k: v for k, v in meta.pop("files").items() if k != "codec"}
    meta["codec"] = {
        "frames": shape.window, "lookAhead": shape.look_ahead, "motion": files["motion"]["sha256"],
    }  # fmt: skip
    write_manifest(bundle, meta | {"files": files | {"codec": {"path": NAME}}})
    return bundle / NAME
