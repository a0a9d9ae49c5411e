"""Weights of graphs as float16 on disk, float32 at work."""

from __future__ import annotations

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

HALF = 4096  # weights with more entries than this are stored as float16 and widened in the graph


def store_half(model: onnx.ModelProto) -> None:
    """Large weights as float16 with a Cast behind them; not the DFT, whose leakage must stay below room noise."""
    graph, casts = model.graph, []
    for weight in list(graph.initializer):
        array = numpy_helper.to_array(weight)
        if weight.data_type != TensorProto.FLOAT or array.size < HALF or weight.name.endswith("dft"):
            continue
        name = weight.name
        graph.initializer.remove(weight)
        graph.initializer.append(numpy_helper.from_array(array.astype(np.float16), name + "_half"))
        casts.append(helper.make_node("Cast", [name + "_half"], [name], to=TensorProto.FLOAT))
    for cast in reversed(casts):
        graph.node.insert(0, cast)


def shipped(model: onnx.ModelProto) -> bytes:
    """A traced graph as it ships: large weights in half precision, and nothing of where it was made."""
    store_half(model)
    model.producer_name, model.doc_string = "lipsplat", ""
    for node in model.graph.node:
        node.ClearField("doc_string")
    onnx.checker.check_model(model)
    return model.SerializeToString()


def round_half(model: torch.nn.Module) -> None:
    """The rounding that `store_half` will do, done to the PyTorch model, so that both can be compared."""
    for weight in model.parameters():
        if weight.numel() >= HALF:
            weight.data = weight.data.half().float()
