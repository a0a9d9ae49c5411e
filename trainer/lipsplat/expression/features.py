"""Cues of a recording, from the shipped network."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import onnxruntime

from lipsplat.paths import MODELS
from lipsplat.speech.features import to_rate


@dataclass(frozen=True)
class CuesModel:
    session: onnxruntime.InferenceSession
    rate: int
    hop: int
    state_size: int
    look_ahead_hops: int
    bytes: int

    @property
    def feature_rate(self) -> float:
        return self.rate / self.hop

    def run(self, pcm: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """PCM (n·hop,) and state (1,S) to cues (n,8), one row a hop, and the state after."""
        cues, state = self.session.run(["cues", "state_out"], {"pcm": pcm[None].astype(np.float32), "state": state})
        return cues, state

    def initial_state(self) -> np.ndarray:
        return np.zeros((1, self.state_size), np.float32)


@lru_cache(4)
def load_cues_model(model_dir: Path = MODELS / "speech") -> CuesModel:
    """Raises FileNotFoundError where the speech model has no cues."""
    about_path = Path(model_dir) / "speech.json"
    about = json.loads(about_path.read_text()) if about_path.exists() else {}
    if "cues" not in about:
        raise FileNotFoundError(f"no cues in {about_path}: run `lipsplat train-cues` and `lipsplat export-cues`")
    cues = about["cues"]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(Path(model_dir) / cues["file"]["path"]), options, providers=["CPUExecutionProvider"]
    )
    return CuesModel(
        session, about["rate"], cues["hop"], cues["stateSize"], cues["lookAheadHops"], cues["file"]["bytes"]
    )


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
