"""From a checkpoint to `cues.onnx` and its entry in `speech.json`, checked against PyTorch in streaming blocks."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from lipsplat.expression.model import HOP, LOOK_AHEAD_HOPS, CueNet
from lipsplat.expression.train import load_cues
from lipsplat.streaming_onnx import fold_norms, streaming_onnx


def onnx_of(model: CueNet) -> bytes:
    """The network as ONNX. Raises RuntimeError where ONNX Runtime and PyTorch disagree."""
    for blocks in (model.near, model.far):
        fold_norms(blocks)
    return streaming_onnx(model, HOP, "cues", fold=False)  # folding would write the DFT out


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
