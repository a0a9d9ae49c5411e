"""The capturer as one small ONNX file, with what a caller must know in its metadata."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import torch

from lipsplat.face.align import GEOMETRY
from lipsplat.face.model import FaceNet
from lipsplat.face.names import EYE_NAMES, GAZE_SCALE, MOUTH_NAMES, NETWORK, SIDE


def export_face(model: FaceNet, out: Path = NETWORK) -> Path:
    """crops [n,2,64,64], geometry [n,375], rest [n,375] → eye [n,20], mouth [n,29]; see FaceNet.forward."""
    model = model.eval()
    example = torch.rand(2, 2, SIDE, SIDE) * 255, torch.zeros(2, GEOMETRY), torch.zeros(2, GEOMETRY)
    names = ["crops", "geometry", "rest"], ["eye", "mouth"]
    axes = {name: {0: "n"} for group in names for name in group}
    torch.onnx.export(
        model, example, out, input_names=names[0], output_names=names[1], dynamic_axes=axes, opset_version=17,
        dynamo=False,
    )  # fmt: skip
    graph = onnx.load(out)
    about = {"eye": EYE_NAMES, "mouth": MOUTH_NAMES, "gazeScale": GAZE_SCALE}
    onnx.helper.set_model_props(graph, {"lipsplat.face": json.dumps(about)})
    onnx.save(graph, out)
    check(model, example, out)
    return out


def check(model: FaceNet, example: tuple[torch.Tensor, ...], path: Path) -> None:
    """Raises RuntimeError where ONNX Runtime's answer is not the network's."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    found = session.run(None, dict(zip(("crops", "geometry", "rest"), (e.numpy() for e in example), strict=True)))
    with torch.no_grad():
        wanted = model(*example)
    worst = max(float(np.abs(f - w.numpy()).max()) for f, w in zip(found, wanted, strict=True))
    if worst > 1e-3:  # sums in another order; coefficients are 0 to 1
        raise RuntimeError(f"{path.name} differs from the network by {worst:.2g}")
