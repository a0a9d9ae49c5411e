"""Cues of a recording, from the shipped network."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from lipsplat.onnx_session import open_session
from lipsplat.paths import MODELS
from lipsplat.speech.features import StreamingModel, to_rate


@dataclass(frozen=True)
class CuesModel(StreamingModel):
    """Cues (n,8)."""

    bytes: int


@lru_cache(4)
def load_cues_model(model_dir: Path = MODELS / "speech") -> CuesModel:
    """Raises FileNotFoundError where the speech model has no cues."""
    about_path = Path(model_dir) / "speech.json"
    about = json.loads(about_path.read_text()) if about_path.exists() else {}
    if "cues" not in about:
        raise FileNotFoundError(f"no cues in {about_path}: run `lipsplat train-cues` and `lipsplat export-cues`")
    cues = about["cues"]
    session = open_session(Path(model_dir) / cues["file"]["path"])
    stream = ("cues", about["rate"], cues["hop"], cues["stateSize"], cues["lookAheadHops"])
    return CuesModel(session, *stream, cues["file"]["bytes"])


def cues_of(audio: np.ndarray, rate: int, model_dir: Path = MODELS / "speech") -> tuple[np.ndarray, np.ndarray]:
    """Times (n,) in seconds, (j + 0.5)/25, and cues (n,8) of a whole recording, with silence heard after it.

    audio: mono float samples (N,) in ±1 at `rate` Hz.
    """
    model = load_cues_model(Path(model_dir))
    pcm = to_rate(audio, rate, model.rate)
    early = model.look_ahead_hops - 1
    n = -(-len(pcm) // model.hop)
    cues, _ = model.run(np.pad(pcm, (0, (n + early) * model.hop - len(pcm))), model.initial_state())
    return (np.arange(n) + 0.5) / model.feature_rate, cues[early:]
