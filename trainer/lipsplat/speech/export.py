"""From a training checkpoint to `encoder.onnx` and `speech.json`, checked against PyTorch in streaming blocks."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from lipsplat.paths import MODELS
from lipsplat.speech.dataset import FEATURES, RATE
from lipsplat.speech.encoder import HOP, LOOK_AHEAD_HOPS, SpeechEncoder
from lipsplat.streaming_onnx import fold_norms, streaming_onnx

SPEECH_ID = "lipsplat-speech-2"


def write_encoder(encoder: SpeechEncoder, out_dir: Path) -> None:
    """Write `encoder.onnx` and `speech.json`. Raises RuntimeError where ONNX Runtime and PyTorch disagree."""
    encoder = encoder.eval()
    fold_norms(encoder.blocks)
    blob = streaming_onnx(encoder, HOP, "lip")
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


def export_encoder(checkpoint: Path, out_dir: Path = MODELS / "speech") -> None:
    """The averaged weights of a checkpoint of `train.train_encoder`, as the shipped speech model."""
    from lipsplat.speech.train import load_encoder

    write_encoder(load_encoder(checkpoint), out_dir)
