"""From a training checkpoint to `encoder.onnx` and `speech.json`, checked against PyTorch in streaming blocks."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch

from lipsplat.half import round_half, store_half
from lipsplat.paths import MODELS
from lipsplat.speech.dataset import FEATURES, RATE
from lipsplat.speech.encoder import HOP, LOOK_AHEAD_HOPS, Block, SpeechEncoder

SPEECH_ID = "lipsplat-speech-2"
OPSET = 17
EXACT = 1e-4  # ONNX Runtime against PyTorch, and blocks against whole: float32 sums in another order


def streamed(session: onnxruntime.InferenceSession, pcm: np.ndarray, hops: list[int], state_size: int) -> np.ndarray:
    """Lip features (n,32) of PCM (1, n·320) given in blocks of so many hops, repeated."""
    state, out, at, k = np.zeros((1, state_size), np.float32), [], 0, 0
    while at < pcm.shape[1]:
        block = pcm[:, at : at + hops[k % len(hops)] * HOP]
        lip, state = session.run(["lip", "state_out"], {"pcm": block, "state": state})
        out.append(lip)
        at, k = at + block.shape[1], k + 1
    return np.concatenate(out)


class OneStream(torch.nn.Module):
    """The contract's shapes: `lip` without the batch axis."""

    def __init__(self, encoder: SpeechEncoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, pcm: torch.Tensor, state: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        lip, state = self.encoder(pcm, state)
        return lip[0], state


def fold_norms(blocks: Iterable[Block]) -> None:
    """Batch norms folded into the convolutions before them."""
    for block in blocks:
        block.look = torch.nn.utils.fusion.fuse_conv_bn_eval(block.look, block.norm)
        block.norm = torch.nn.Identity()


def write_encoder(encoder: SpeechEncoder, out_dir: Path) -> None:
    """Write `encoder.onnx` and `speech.json`. Raises RuntimeError where ONNX Runtime and PyTorch disagree."""
    encoder = encoder.eval()
    fold_norms(encoder.blocks)
    round_half(encoder)
    pcm = 0.1 * torch.randn(1, 50 * HOP, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = OneStream(encoder)(pcm, encoder.initial_state())[0].numpy()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "encoder.onnx"
        torch.onnx.export(
            OneStream(encoder), (pcm, encoder.initial_state()), str(path), opset_version=OPSET, dynamo=False,
            input_names=["pcm", "state"], output_names=["lip", "state_out"],
            dynamic_axes={"pcm": {1: "samples"}, "lip": {0: "hops"}},
        )  # fmt: skip
        model = onnx.load(path)
    for weight in model.graph.initializer:
        if weight.name.endswith("dft"):
            rename(model, weight.name, "dft")
    store_half(model)
    model.producer_name, model.doc_string = "lipsplat", ""
    for node in model.graph.node:
        node.ClearField("doc_string")
    onnx.checker.check_model(model)
    blob = model.SerializeToString()
    session = onnxruntime.InferenceSession(blob, providers=["CPUExecutionProvider"])
    for hops in ([50], [1], [3, 1, 7]):
        worst = float(np.abs(streamed(session, pcm.numpy(), hops, encoder.state_size) - expected).max())
        if worst > EXACT:
            raise RuntimeError(f"encoder.onnx in blocks of {hops} hops differs from PyTorch by {worst:.2g}")
    out_dir.mkdir(parents=True, exist_ok=True)
    (out_dir / "encoder.onnx").write_bytes(blob)
    about = {
        "format": 1, "id": SPEECH_ID, "rate": RATE, "hop": HOP, "stateSize": encoder.state_size,
        "featureSize": FEATURES, "featureRate": RATE // HOP, "lookAheadHops": LOOK_AHEAD_HOPS,
        "file": {"path": "encoder.onnx", "bytes": len(blob), "sha256": hashlib.sha256(blob).hexdigest()},
    }  # fmt: skip
    before = out_dir / "speech.json"
    if before.exists():  # the cues beside it are another network's
        about |= {k: v for k, v in json.loads(before.read_text()).items() if k == "cues"}
    before.write_text(json.dumps(about, indent=2) + "\n")


def rename(model: onnx.ModelProto, old: str, new: str) -> None:
    for node in model.graph.node:
        node.input[:] = [new if name == old else name for name in node.input]
    for weight in model.graph.initializer:
        if weight.name == old:
            weight.name = new


def export_encoder(checkpoint: Path, out_dir: Path = MODELS / "speech") -> None:
    """The averaged weights of a checkpoint of `train.train_encoder`, as the shipped speech model."""
    from lipsplat.speech.train import load_encoder

    write_encoder(load_encoder(checkpoint), out_dir)
