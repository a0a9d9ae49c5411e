"""The restorer as ONNX: half precision on disk, widened in the graph, by names that the player knows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from lipsplat.restore.network import POSE, POSE_UNIT, REACH, SLOPE, RestorerNet

OPSET = 17


@torch.no_grad()
def export_restorer(net: RestorerNet, path: Path) -> None:
    """picture [1,3,h,w] 0..1, pose [1,6] → restored [1,3,h,w]. The player knows that graph alone."""
    shape = net.shape
    _, _, width, height = shape.box
    constants = {
        "place": net.place, "pose_weight": POSE_UNIT * net.pose.weight.T, "enter": net.enter.weight,
        **{f"{name}{kind}": getattr(getattr(net, name), part)
           for name in ("down", "deep", "deepest", "middle", "top", "leave")
           for kind, part in (("", "weight"), ("_bias", "bias"))},
        "rise": net.rise.weight, "rise_again": net.rise_again.weight,
    }  # fmt: skip
    initializers = [numpy_helper.from_array(np.array([0.5], np.float32), "half")]
    nodes = []
    for name, value in constants.items():
        initializers.append(numpy_helper.from_array(value.numpy().astype(np.float16), f"{name}_half"))
        nodes.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
    for name, value in (
        ("scales", [1, 1, 2, 2]),
        ("least", -REACH),
        ("most", REACH),
        ("zero", 0),
        ("one", 1),
        ("rows", net.rows),
        ("columns", net.columns),
    ):
        initializers.append(numpy_helper.from_array(np.array(value, np.float32), name))
    initializers.append(numpy_helper.from_array(np.array([2, 3], np.int64), "axes"))

    def node(op: str, inputs: list[str], output: str, **attributes: object) -> str:
        nodes.append(helper.make_node(op, inputs, [output], **attributes))
        return output

    def convolve(x: str, name: str, stride: int = 1, bias: bool = True) -> str:
        inputs = [x, name, f"{name}_bias"] if bias else [x, name]
        return node("Conv", inputs, f"{name}_out", kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[stride, stride])

    def rise(x: str, name: str) -> str:
        narrow = node("Conv", [x, name], f"{name}_narrow", kernel_shape=[1, 1])
        return node("Resize", [narrow, "", "scales"], f"{name}_out", mode="nearest",
                    coordinate_transformation_mode="asymmetric", nearest_mode="floor")  # fmt: skip

    def active(x: str) -> str:
        return node("LeakyRelu", [x], f"{x}_active", alpha=SLOPE)

    node("MatMul", ["pose", "pose_weight"], "moved_row")
    node("Unsqueeze", ["moved_row", "axes"], "moved")
    node("Sub", ["picture", "half"], "centred")
    node("SpaceToDepth", ["centred"], "unshuffled", blocksize=2)
    entered = convolve("unshuffled", "enter", bias=False)
    first = active(node("Add", [node("Add", [entered, "place"], "placed"), "moved"], "first"))
    second = active(convolve(first, "down", 2))
    deep = active(convolve(active(convolve(second, "deep", 2)), "deepest"))
    second = active(convolve(node("Add", [second, rise(deep, "rise")], "second"), "middle"))
    first = active(convolve(node("Add", [first, rise(second, "rise_again")], "first_again"), "top"))
    change = node("Clip", [convolve(first, "leave"), "least", "most"], "change")
    node("DepthToSpace", [change], "change_wide", blocksize=2, mode="DCR")
    node("Mul", [node("Mul", ["change_wide", "rows"], "faded_rows"), "columns"], "faded")
    node("Add", ["picture", "faded"], "sum")
    node("Clip", ["sum", "zero", "one"], "restored")

    def value_info(name: str, *dims: int) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, dims)

    inputs = [value_info("picture", 1, 3, height, width), value_info("pose", 1, POSE)]
    graph = helper.make_graph(nodes, "restorer", inputs, [value_info("restored", 1, 3, height, width)], initializers)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8, producer_name="lipsplat"
    )
    onnx.checker.check_model(model)
    onnx.save(model, path)
