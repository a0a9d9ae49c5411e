"""From a training checkpoint to `encoder.onnx` or `encoder-ahead.onnx` and `speech.json`, checked against PyTorch."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from lipsplat.paths import MODELS
from lipsplat.speech.encoder import HOP, SpeechEncoder
from lipsplat.speech.names import RATE
from lipsplat.speech.truth import FEATURES
from lipsplat.streaming_onnx import fold_norms, streaming_onnx

SPEECH_ID = "lipsplat-speech-2"


def write_encoder(encoder: SpeechEncoder, out_dir: Path) -> None:
    """Write `encoder.onnx` and `speech.json`. Raises RuntimeError where ONNX Runtime and PyTorch disagree."""
    out_dir.mkdir(parents=True, exist_ok=True)
    about = {
        "format": 1, "id": SPEECH_ID, "rate": RATE, "hop": HOP, "featureSize": FEATURES, "featureRate": RATE // HOP,
        **write_graph(encoder, out_dir / "encoder.onnx"),
    }  # fmt: skip
    if (out_dir / "speech.json").exists():  # what lies beside it are other networks'
        about |= {k: v for k, v in read_about(out_dir).items() if k in ("ahead", "cues")}
    write_about(out_dir, about)


def write_ahead(encoder: SpeechEncoder, out_dir: Path) -> None:
    """Write `encoder-ahead.onnx` beside the live encoder, and its entry of `speech.json`; errors as there."""
    write_about(out_dir, read_about(out_dir) | {"ahead": write_graph(encoder, out_dir / "encoder-ahead.onnx")})


def write_graph(encoder: SpeechEncoder, path: Path) -> dict[str, object]:
    """Write the network; what speech.json tells of it."""
    encoder = encoder.eval()
    fold_norms(encoder.blocks)
    blob = streaming_onnx(encoder, HOP, "lip")
    path.write_bytes(blob)
    return {
        "stateSize": encoder.state_size, "lookAheadHops": encoder.config.look_ahead_hops,
        "file": {"path": path.name, "bytes": len(blob), "sha256": hashlib.sha256(blob).hexdigest()},
    }  # fmt: skip


def read_about(folder: Path) -> dict:
    return json.loads((folder / "speech.json").read_text())


def write_about(folder: Path, about: dict) -> None:
    (folder / "speech.json").write_text(json.dumps(about, indent=2) + "\n")


def export_encoder(checkpoint: Path, out_dir: Path = MODELS / "speech") -> None:
    """The averaged weights of a checkpoint of `train.train_encoder`, as the shipped speech model: live, or ahead."""
    from lipsplat.speech.train import LIVE, load_encoder

    encoder = load_encoder(checkpoint)
    write = write_encoder if encoder.config.look_ahead_hops == LIVE.encoder.look_ahead_hops else write_ahead
    write(encoder, out_dir)
