"""Lip features of a whole recording, from the shipped encoder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from math import gcd
from pathlib import Path

import numpy as np
import onnxruntime
from scipy.signal import resample_poly

from lipsplat.onnx_session import open_session
from lipsplat.paths import MODELS


@dataclass(frozen=True)
class StreamingModel:
    """A network that hears sound hop by hop."""

    session: onnxruntime.InferenceSession
    output: str
    rate: int
    hop: int
    state_size: int
    look_ahead_hops: int

    @property
    def feature_rate(self) -> float:
        return self.rate / self.hop

    def run(self, pcm: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """PCM (n·hop,) and state (1,S) to rows (n,·), one a hop, and the state after."""
        feeds = {"pcm": pcm[None].astype(np.float32), "state": state}
        rows, state = self.session.run([self.output, "state_out"], feeds)
        return rows, state

    def initial_state(self) -> np.ndarray:
        return np.zeros((1, self.state_size), np.float32)


@dataclass(frozen=True)
class SpeechModel(StreamingModel):
    """The encoder: lip features (n,32)."""

    id: str
    feature_size: int


@lru_cache(4)
def load_speech_model(model_dir: Path = MODELS / "speech", threads: int = 1, ahead: bool = False) -> SpeechModel:
    """ahead: the encoder for sounds that are known beforehand, where the model has one."""
    about_path = Path(model_dir) / "speech.json"
    if not about_path.exists():
        raise FileNotFoundError(f"no speech model at {model_dir}: speech.json is missing; run `lipsplat train-speech`")
    about = json.loads(about_path.read_text())
    if ahead:
        about |= about.get("ahead", {})
    session = open_session(Path(model_dir) / about["file"]["path"], threads)
    stream = ("lip", about["rate"], about["hop"], about["stateSize"], about["lookAheadHops"])
    return SpeechModel(session, *stream, about["id"], about["featureSize"])


def to_rate(audio: np.ndarray, rate: int, wanted: int) -> np.ndarray:
    """Mono audio (N,) resampled to `wanted` Hz. Raises ValueError on what is not sound."""
    if audio.ndim != 1 or len(audio) == 0:
        raise ValueError(f"audio: want mono samples of shape (N,), N > 0, got {audio.shape}; mix to mono first")
    if not 8000 <= rate <= 192000:
        raise ValueError(f"rate: want 8000 to 192000 Hz, got {rate}")
    if not np.isfinite(audio).all():
        raise ValueError("audio: holds NaN or infinite samples; decode the file again")
    common = gcd(int(rate), wanted)
    return resample_poly(audio.astype(np.float64), wanted // common, int(rate) // common).astype(np.float32)


def lip_features(
    audio: np.ndarray, rate: int, model_dir: Path = MODELS / "speech", ahead: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Lip features of a whole recording: times (n,) in seconds, j/50, and features (n,32).

    audio: mono float samples (N,) in ±1 at `rate` Hz. Features cover the whole recording, with silence heard after it.
    ahead: as a dub hears it, not a microphone.
    """
    model = load_speech_model(Path(model_dir), ahead=ahead)
    pcm = to_rate(audio, rate, model.rate)
    early = model.look_ahead_hops - 1  # hop h yields feature h − early; features before 0 are dropped
    n = -(-len(pcm) // model.hop)
    pcm = np.pad(pcm, (0, (n + early) * model.hop - len(pcm)))
    lip, _ = model.run(pcm, model.initial_state())
    return np.arange(n) / model.feature_rate, lip[early:]
