"""A network that hears sound block by block, as ONNX, held to PyTorch in blocks of several sizes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

from lipsplat.half import round_half, shipped
from lipsplat.onnx_session import open_session

OPSET = 17
EXACT = 1e-4  # ONNX Runtime against PyTorch, and blocks against whole: float32 sums in another order


class Streaming(Protocol):
    """PCM (B, n·hop) and state (B,S) to rows (B,n,·) and the state after them."""

    state_size: int

    def initial_state(self) -> torch.Tensor: ...


class Normed(Protocol):
    look: nn.Module
    norm: nn.Module


class OneStream(nn.Module):
    """The contract's shapes: rows without the batch axis."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, pcm: torch.Tensor, state: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        rows, state = self.model(pcm, state)
        return rows[0], state


def fold_norms(blocks: Iterable[Normed]) -> None:
    """Batch norms folded into the convolutions before them."""
    for block in blocks:
        block.look = nn.utils.fusion.fuse_conv_bn_eval(block.look, block.norm)
        block.norm = nn.Identity()


def streaming_onnx(model: Streaming, hop: int, rows: str, fold: bool = True) -> bytes:
    """`pcm` [1, n·hop], `state` [1,S] → `rows` [n,·], `state_out` [1,S], for any n; weights in half precision.

    fold: constants are worked out once; False where that would write out what the graph makes in little space.
    Raises RuntimeError where ONNX Runtime and PyTorch disagree.
    """
    round_half(model)
    pcm = 0.1 * torch.randn(1, 50 * hop, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = OneStream(model)(pcm, model.initial_state())[0].numpy()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        torch.onnx.export(
            OneStream(model), (pcm, model.initial_state()), str(path), opset_version=OPSET, dynamo=False,
            do_constant_folding=fold, input_names=["pcm", "state"], output_names=[rows, "state_out"],
            dynamic_axes={"pcm": {1: "samples"}, rows: {0: "hops"}},
        )  # fmt: skip
        blob = shipped(onnx.load(path))
    session = open_session(blob)
    for hops in ([50], [1], [3, 1, 7]):
        worst = float(np.abs(in_blocks(session, pcm.numpy(), hop, hops, rows, model.state_size) - expected).max())
        if worst > EXACT:
            raise RuntimeError(f"{rows} in blocks of {hops} hops differ from PyTorch's by {worst:.2g}")
    return blob


def in_blocks(
    session: onnxruntime.InferenceSession, pcm: np.ndarray, hop: int, hops: list[int], rows: str, state_size: int
) -> np.ndarray:
    """Rows (n,·) of PCM (1, n·hop) given in blocks of so many hops, repeated."""
    state, out, at, k = np.zeros((1, state_size), np.float32), [], 0, 0
    while at < pcm.shape[1]:
        block = pcm[:, at : at + hops[k % len(hops)] * hop]
        found, state = session.run([rows, "state_out"], {"pcm": block, "state": state})
        out.append(found)
        at, k = at + block.shape[1], k + 1
    return np.concatenate(out)
