"""Speech encoders on one table: what a small read-out of the same size and training makes of each one's features.

Rows: the speech models (supervised by mouth shapes), the paper's audio-visual encoder (eq 3), and the sound encoder of
the discriminator. The read-out tells lip opening and viseme weights of a frame from its feature alone; it learns from
training voices, and its figures are those of `lipsplat.speech.report` on voices that nothing here has heard. What
visemes it tells are drawn on a held-out face, too, and judged by the discriminator.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from lipsplat.evaluate.drive import lip_of_frames
from lipsplat.speech import dataset
from lipsplat.speech.features import lip_features, load_speech_model, to_rate
from lipsplat.speech.names import RATE
from lipsplat.speech.report import FPS, Spoken, lips
from lipsplat.speech.truth import OPENING_UNIT, Loudness, Phone, mouth, viseme_matrix
from lipsplat.sync.ave import LEAD, Painter
from lipsplat.sync.clips import LATE_MOUTH, Recipe, draw_clip, recipes
from lipsplat.sync.model import FRAME_SAMPLES, Discriminator, mel_of, windows_of_mel
from lipsplat.sync.offset import embeddings, find_offset

Features = Callable[[np.ndarray], np.ndarray]  # sound (N,) at 16 kHz to features (F,K), a row a frame
TRAINING, STEPS, BATCH = 45, 1_000, 4_096  # recordings, and steps of so many frames
JUDGED = 4  # recordings that are drawn and judged


@dataclass(frozen=True)
class Encoder:
    features: Features
    look_ahead_ms: float


@dataclass(frozen=True)
class Heard:
    """A recording of the speech set and the mouth that goes with it."""

    pcm: np.ndarray  # (N,) at 16 kHz
    phones: list[Phone]
    truth: np.ndarray  # (F,16): lip opening / 0.13 dm, viseme weights


def hear(stem: Path) -> Heard:
    audio, rate, phones = dataset.synthetic_sound(stem)
    pcm = to_rate(audio, rate, RATE)
    times = (np.arange(len(pcm) // FRAME_SAMPLES) + 0.5) / FPS
    weights, _ = viseme_matrix(phones, Loudness(audio, rate), times)  # (F,15)
    opening = np.maximum(weights @ mouth().opening, 0.0) / OPENING_UNIT
    return Heard(pcm, phones, np.concatenate([opening[:, None], weights], 1).astype(np.float32))


def speech_encoder(model_dir: Path) -> Encoder:
    """A shipped or exported speech model."""
    model = load_speech_model(model_dir)

    def features(pcm: np.ndarray) -> np.ndarray:
        return lip_of_frames(*lip_features(pcm, RATE, model_dir), len(pcm) // FRAME_SAMPLES)

    return Encoder(features, 1000 * model.look_ahead_hops / model.feature_rate)


def windowed(encode: Callable[[torch.Tensor], torch.Tensor]) -> Encoder:
    """An encoder of 0.2 s of log-mel about a frame's middle."""

    @torch.no_grad()
    def features(pcm: np.ndarray) -> np.ndarray:
        frames = len(pcm) // FRAME_SAMPLES
        heard = np.zeros((1, (frames + 2 * LEAD + 1) * FRAME_SAMPLES), np.float32)
        heard[0, LEAD * FRAME_SAMPLES :][: len(pcm)] = pcm[: heard.shape[1] - LEAD * FRAME_SAMPLES]
        mel = mel_of(torch.from_numpy(heard))[0]
        return torch.cat([encode(windows_of_mel(mel, at)) for at in torch.arange(frames).split(256)]).numpy()

    return Encoder(features, 1000 * (LEAD + 0.5) / FPS)


def paper_encoder(checkpoint: Path) -> Encoder:
    """The audio encoder of a run of `train-ave`."""
    stored = torch.load(checkpoint, weights_only=False)
    painter = Painter(stored["config"].model)
    painter.load_state_dict(stored["average"])
    return windowed(painter.eval().audio)


def read_out(encoder: Encoder, recordings: list[Heard], seed: int = 1) -> Features:
    """Trains the read-out: sound (N,) to (F,16) as in `Heard.truth`."""
    torch.manual_seed(seed)
    x = torch.from_numpy(np.concatenate([encoder.features(r.pcm) for r in recordings]).astype(np.float32))
    y = torch.from_numpy(np.concatenate([r.truth for r in recordings]))
    mean, size = x.mean(0), x.std(0) + 1e-4
    net = nn.Sequential(nn.Linear(x.shape[1], 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, y.shape[1]))
    optimiser = torch.optim.AdamW(net.parameters(), 3e-3, weight_decay=0.01)
    for step in range(STEPS):
        optimiser.param_groups[0]["lr"] = 3e-3 * (1 - step / STEPS)
        some = torch.randint(len(x), (BATCH,))
        wrong = net((x[some] - mean) / size) - y[some]
        # openings as the speech encoder's loss weighs them: the mean, but exact where lips are closed
        shut = 1.0 + 4.0 * (y[some, 0] < 0.1)
        loss = wrong.square().mean(0).sum() + 0.5 * (wrong[:, 0].abs() * shut).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    @torch.no_grad()
    def told(pcm: np.ndarray) -> np.ndarray:
        seen = torch.from_numpy(encoder.features(pcm).astype(np.float32))
        return functional.relu(net((seen - mean) / size)).numpy()

    return told


def judged(judge: Discriminator, recipe: Recipe, mouth: np.ndarray | None) -> tuple[float, float]:
    """Mean similarity at offset 0, and confidence, of a recording spoken by `mouth` (F,15); None: by its phones."""
    if mouth is not None:  # the truth that was learnt comes late; drawn clips are as real people's
        at = np.arange(len(mouth))
        mouth = np.stack([np.interp(at + LATE_MOUTH, at, column) for column in mouth.T], 1)
    crops, pcm, _, _ = draw_clip(recipe, mouth)
    found = find_offset(*embeddings(judge, crops, pcm))
    return float(found.curve[len(found.curve) // 2]), found.confidence


def row(
    encoder: Encoder, training: list[Heard], unseen: list[Heard], drawn: list[Recipe], judge: Discriminator
) -> dict[str, float]:
    told = read_out(encoder, training)
    clips = [Spoken((np.arange(len(u.truth)) + 0.5) / FPS, told(u.pcm)[:, 0], u.truth[:, 0], u.phones) for u in unseen]
    figures = lips(clips, "read_out")
    scores = [judged(judge, r, told(hear(r.sound.with_suffix("")).pcm)[:, 1:]) for r in drawn]
    return {
        "look_ahead_ms": round(encoder.look_ahead_ms, 1),
        **{k.removesuffix("_read_out"): v for k, v in figures.items()},
        "sync_similarity": round(float(np.mean([s for s, _ in scores])), 4),
        "sync_confidence": round(float(np.mean([c for _, c in scores])), 4),
    }


def encoders_report(models: list[Path], ave: Path, judge: Discriminator) -> dict[str, dict[str, float]]:
    """The table: a row for each speech model folder, the paper's encoder (a run's folder) and the discriminator's own.

    Raises FileNotFoundError where the speech set is missing.
    """
    stems = dataset.synthetic_stems(voices_held_out=False)
    if not stems:
        raise FileNotFoundError("no speech set: make it with `lipsplat synthesize`")
    training = [hear(s) for s in stems[:: max(len(stems) // TRAINING, 1)]]
    unseen = [hear(s) for s in dataset.synthetic_stems(voices_held_out=True)]
    drawn = list(recipes("test"))[:: max(len(unseen) // JUDGED, 1)][:JUDGED]
    encoders = {f"speech model {m.name}": speech_encoder(m) for m in models}
    if (ave / "checkpoint.pt").exists():
        encoders["paper: audio-visual encoder"] = paper_encoder(ave / "checkpoint.pt")
    encoders["discriminator's sound encoder"] = windowed(lambda mel: judge.sound(mel[:, None]))
    table = {name: row(e, training, unseen, drawn, judge) for name, e in encoders.items()}
    truth = [judged(judge, r, None) for r in drawn]
    table["truth"] = {
        "sync_similarity": round(float(np.mean([s for s, _ in truth])), 4),
        "sync_confidence": round(float(np.mean([c for _, c in truth])), 4),
    }
    return table
