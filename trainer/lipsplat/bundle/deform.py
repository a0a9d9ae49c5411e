"""Baking: the tri-plane and the attention are constants once trained, so deform.onnx is only the small MLP."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from lipsplat.portrait.model import OFFSET, Portrait

OPSET = 17
TABLES = ("lip_attention", "expression_attention", "first_from_feature")  # a row for every Gaussian


def byte_columns(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A table (N,K) as int8 (N,K) and the step (K,) of its columns: powers of two, so that half precision holds all."""
    step = 2.0 ** np.ceil(np.log2(np.maximum(np.abs(table).max(0), 1e-6) / 127))
    return np.round(table / step).astype(np.int8), step.astype(np.float32)


@torch.no_grad()
def write_deform(portrait: Portrait, path: Path, compact: bool = True) -> None:
    """offset [N,14] from lip [1,32] and expression [1,13]: offset = unit · W₃ relu(W₂ relu(b + W₁ [a ⊙ A, e ⊙ E])).

    compact: tables in bytes, the rest in half precision, as ships; the player knows that graph alone.
    """
    d = portrait.deformation
    lip_attention, expression_attention, feature = portrait.attentions()
    width = feature.shape[1]
    weight = d.first.weight  # (64, W + 32 + 13)
    constants = {
        "lip_attention": lip_attention,  # (N,32)
        "expression_attention": expression_attention * d.condition_unit,  # (N,13)
        "first_from_feature": feature @ weight[:, :width].T + d.first.bias,  # (N,64)
        "first_from_conditions": weight[:, width:].T,  # (45,64)
        "second_weight": d.second.weight.T, "second_bias": d.second.bias,
        "offset_weight": d.offset.weight.T * d.unit, "offset_bias": d.offset.bias * d.unit,
    }  # fmt: skip
    initializers, nodes = [], []

    def constant(name: str, value: np.ndarray) -> str:
        initializers.append(numpy_helper.from_array(value, name))
        return name

    for name, tensor in constants.items():  # small on disk, widened in the graph
        value = tensor.cpu().numpy()
        if not compact:
            constant(name, value)
        elif name in TABLES:
            table, step = byte_columns(value)
            byte = constant(f"{name}_byte", table)
            nodes.append(helper.make_node("Cast", [byte], [f"{name}_steps"], to=TensorProto.FLOAT))
            nodes.append(helper.make_node("Mul", [f"{name}_steps", constant(f"{name}_step", step)], [name]))
        else:
            half = constant(f"{name}_half", value.astype(np.float16))
            nodes.append(helper.make_node("Cast", [half], [name], to=TensorProto.FLOAT))

    def node(op: str, inputs: list[str], output: str, **attributes: int) -> None:
        nodes.append(helper.make_node(op, inputs, [output], **attributes))

    node("Mul", ["lip", "lip_attention"], "lip_feature")
    node("Mul", ["expression", "expression_attention"], "expression_feature")
    node("Concat", ["lip_feature", "expression_feature"], "conditions", axis=1)
    node("MatMul", ["conditions", "first_from_conditions"], "first_moved")
    node("Add", ["first_moved", "first_from_feature"], "first_sum")
    node("Relu", ["first_sum"], "first")
    node("MatMul", ["first", "second_weight"], "second_moved")
    node("Add", ["second_moved", "second_bias"], "second_sum")
    node("Relu", ["second_sum"], "second")
    node("MatMul", ["second", "offset_weight"], "offset_moved")
    node("Add", ["offset_moved", "offset_bias"], "offset")

    def value_info(name: str, *shape: int) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    s = portrait.shape
    inputs = [value_info("lip", 1, s.lip), value_info("expression", 1, s.expression)]
    graph = helper.make_graph(nodes, "deform", inputs, [value_info("offset", s.gaussians, OFFSET)], initializers)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8, producer_name="lipsplat"
    )
    onnx.checker.check_model(model)
    onnx.save(model, path)
