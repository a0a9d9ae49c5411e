"""From a checkpoint to `cues.onnx` and its entry in `speech.json`, checked against PyTorch in streaming blocks."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch

from lipsplat.expression.model import HOP, LOOK_AHEAD_HOPS, CueNet
from lipsplat.expression.train import load_cues
from lipsplat.speech.export import OPSET, fold_norms, round_half, store_half

EXACT = 1e-4  # ONNX Runtime against PyTorch, and blocks against whole: float32 sums in another order


class OneStream(torch.nn.Module):
    """The contract's shapes: `cues` without the batch axis."""

    def __init__(self, model: CueNet) -> None:
        super().__init__()
        self.model = model

    def forward(self, pcm: torch.Tensor, state: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        cues, state = self.model(pcm, state)
        return cues[0], state


def streamed(session: onnxruntime.InferenceSession, pcm: np.ndarray, hops: list[int], state_size: int) -> np.ndarray:
    """Cues (n,8) of PCM (1, n·640) given in blocks of so many hops, repeated."""
    state, out, at, k = np.zeros((1, state_size), np.float32), [], 0, 0
    while at < pcm.shape[1]:
        block = pcm[:, at : at + hops[k % len(hops)] * HOP]
        cues, state = session.run(["cues", "state_out"], {"pcm": block, "state": state})
        out.append(cues)
        at, k = at + block.shape[1], k + 1
    return np.concatenate(out)


def onnx_of(model: CueNet) -> bytes:
    """The network as ONNX. Raises RuntimeError where ONNX Runtime and PyTorch disagree."""
    for blocks in (model.near, model.far):
        fold_norms(blocks)
    round_half(model)
    pcm = 0.1 * torch.randn(1, 50 * HOP, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = OneStream(model)(pcm, model.initial_state())[0].numpy()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cues.onnx"
        torch.onnx.export(  # without folding: it would write the DFT out
            OneStream(model), (pcm, model.initial_state()), str(path), opset_version=OPSET, dynamo=False,
            do_constant_folding=False, input_names=["pcm", "state"], output_names=["cues", "state_out"],
            dynamic_axes={"pcm": {1: "samples"}, "cues": {0: "hops"}},
        )  # fmt: skip
        graph = onnx.load(path)
    store_half(graph)
    graph.producer_name, graph.doc_string = "lipsplat", ""
    for node in graph.graph.node:
        node.ClearField("doc_string")
    onnx.checker.check_model(graph)
    blob = graph.SerializeToString()
    session = onnxruntime.InferenceSession(blob, providers=["CPUExecutionProvider"])
    for hops in ([50], [1], [3, 1, 7]):
        worst = float(np.abs(streamed(session, pcm.numpy(), hops, model.state_size) - expected).max())
        if worst > EXACT:
            raise RuntimeError(f"cues.onnx in blocks of {hops} hops differs from PyTorch by {worst:.2g}")
    return blob


def export_cues(checkpoint: Path, model_dir: Path) -> Path:
    """Write the averaged weights of a checkpoint as `cues.onnx`, and the `cues` entry of `speech.json` there."""
    model = load_cues(checkpoint)
    blob, about = onnx_of(model), json.loads((model_dir / "speech.json").read_text())
    out = model_dir / "cues.onnx"
    out.write_bytes(blob)
    about["cues"] = {
        "hop": HOP, "stateSize": model.state_size, "lookAheadHops": LOOK_AHEAD_HOPS,
        "file": {"path": out.name, "bytes": len(blob), "sha256": hashlib.sha256(blob).hexdigest()},
    }  # fmt: skip
    (model_dir / "speech.json").write_text(json.dumps(about, indent=2) + "\n")
    return out
