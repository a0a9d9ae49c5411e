"""Streaming speech encoder: 16 kHz PCM to a 32-d lip feature at 50 Hz, looking at most 40 ms ahead.

Log-mel, a stem that halves 100 Hz to 50 Hz, and causal dilated residual convolutions (van den Oord et al. 2016). Every
convolution keeps its own past in one flat state vector, so blocks of any number of hops give what the whole file gives.
The look-ahead is only a choice of stamp: hop h (samples 320h … 320h+319) yields the feature of t = (h + 1 − 2) / 50 s,
or of 0.2 s earlier from the weights that are for sounds known beforehand (`train.AHEAD`).

The feature's components are pinned by supervision (`LIP`), so that later models mean the same by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from lipsplat.speech.names import RATE
from lipsplat.speech.truth import FEATURES, LIP_MODES, SYMBOLS

HOP = 320
FRAME, WINDOW = 160, 400  # samples between mel frames, and under one

# What each component of the feature means; all lie within ±1.5.
LIP = {
    "visemes": slice(0, 15),  # blendshape weights in `dataset.VISEMES` order; the first is the probability of silence
    "opening": slice(15, 16),  # distance of the lips on the midline / 0.13 dm
    "closed": slice(16, 17),  # probability that the lips (all but) touch
    "modes": slice(17, 17 + LIP_MODES),  # coefficients of the lip vertices' principal displacements
    "loudness": slice(31, 32),  # of the sound, relative to the speaker's loud passages
}
SILENT_FEATURE = np.eye(1, FEATURES, 0, dtype=np.float32)[0] + np.eye(1, FEATURES, 16, dtype=np.float32)[0]


@dataclass(frozen=True)
class EncoderConfig:
    mels: int = 64
    channels: int = 160
    dilations: Sequence[int] = (1, 2, 4, 8, 16, 32, 1, 2, 4, 8)  # hops; reaches 3.1 s back
    look_ahead_hops: int = 2  # hop h yields the feature of (h + 1 − this) / 50 s


def mel_kernels(mels: int) -> tuple[Tensor, Tensor]:
    """Windowed DFT (2·201, 1, 400) that gives a full-scale sine power 1, mel triangles (mels, 201, 1) of 60-7600 Hz."""
    n = np.arange(WINDOW)
    bins = np.arange(WINDOW // 2 + 1)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * (n + 0.5) / WINDOW)
    phase = 2 * np.pi * bins[:, None] * n / WINDOW
    dft = np.concatenate([np.cos(phase), np.sin(phase)]) * window * (2 / window.sum())
    edges = 700 * (np.exp(np.linspace(np.log1p(60 / 700), np.log1p(7600 / 700), mels + 2)) - 1)
    hertz = bins * RATE / WINDOW
    rise = (hertz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - hertz) / (edges[2:] - edges[1:-1])[:, None]
    bands = np.maximum(np.minimum(rise, fall), 0)
    empty = bands.sum(1) < 0.5  # bands narrower than a bin take their nearest bin
    bands[empty, np.abs(hertz - edges[1:-1, None]).argmin(1)[empty]] = 1.0
    return torch.tensor(dft[:, None], dtype=torch.float32), torch.tensor(bands[:, :, None], dtype=torch.float32)


class Block(nn.Module):
    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.past = 2 * dilation
        self.look = nn.Conv1d(channels, channels, 3, dilation=dilation, bias=False)
        self.norm = nn.BatchNorm1d(channels)
        self.drop = nn.Dropout1d(0.08)
        self.mix = nn.Conv1d(channels, channels, 1)

    def forward(self, x: Tensor, past: Tensor) -> tuple[Tensor, Tensor]:
        seen = torch.cat([past, x], 2)  # (B,C,past+n)
        y = self.mix(self.drop(functional.relu(self.norm(self.look(seen)))))
        return x + y, seen[:, :, -self.past :]


class SpeechEncoder(nn.Module):
    """`forward(pcm (B, n·320), state (B,S)) -> lip (B,n,32), state (B,S)`."""

    def __init__(self, config: EncoderConfig = EncoderConfig()) -> None:
        super().__init__()
        self.config = config
        c = config.channels
        dft, bands = mel_kernels(config.mels)
        self.register_buffer("dft", dft, persistent=False)
        self.register_buffer("bands", bands, persistent=False)
        self.stem = nn.Conv1d(config.mels, c, 5, stride=2)
        self.blocks = nn.ModuleList(Block(c, d) for d in config.dilations)
        self.head = nn.Sequential(nn.ReLU(), nn.Conv1d(c, c, 1), nn.ReLU())
        self.lips = nn.Conv1d(c, FEATURES + 2, 1)  # the last two are the seals of PP and FF
        self.phone = nn.Conv1d(c, len(SYMBOLS) + 1, 1)  # only trains
        self.state_shapes = [(1, WINDOW - FRAME), (config.mels, 3), *((c, 2 * d) for d in config.dilations)]

    @property
    def state_size(self) -> int:
        return sum(a * b for a, b in self.state_shapes)

    def initial_state(self, batch: int = 1) -> Tensor:
        return torch.zeros(batch, self.state_size)

    def mel(self, pcm: Tensor) -> Tensor:
        """(B,1,N) to normalised log-mel (B,mels,frames)."""
        spectrum = functional.conv1d(pcm, self.dft, stride=FRAME)
        bins = WINDOW // 2 + 1
        power = spectrum[:, :bins] ** 2 + spectrum[:, bins:] ** 2
        return (torch.log(functional.conv1d(power, self.bands) + 2e-8) + 11.0) / 4.0  # 2e-8: −77 dBFS, under room noise

    def trunk(self, pcm: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        parts, at = [], 0
        for a, b in self.state_shapes:
            parts.append(state[:, at : at + a * b].reshape(-1, a, b))
            at += a * b
        heard = torch.cat([parts[0], pcm[:, None]], 2)  # (B,1,240+320n)
        with torch.no_grad():
            mel = torch.cat([parts[1], self.mel(heard)], 2)  # (B,mels,3+2n)
        after = [heard[:, :, -(WINDOW - FRAME) :], mel[:, :, -3:]]
        x = self.stem(mel)  # (B,C,n)
        for block, past in zip(self.blocks, parts[2:], strict=True):
            x, past = block(x, past)
            after.append(past)
        return self.head(x), torch.cat([p.flatten(1) for p in after], 1)

    def outputs(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Lip feature (B,32,n) and seal logits (B,2,n)."""
        raw = self.lips(hidden)
        logits = raw[:, FEATURES:]
        seal = torch.sigmoid(logits)
        # a sealed lip overrides its neighbours, as in `performance`
        weights = 1.25 * torch.sigmoid(raw[:, 1:15]) * (1.0 - torch.maximum(seal[:, :1], seal[:, 1:]))
        sealed = torch.cat([torch.maximum(weights[:, :2], seal), weights[:, 2:]], 1)  # PP and FF come first
        opening = 1.5 * torch.sigmoid(raw[:, 15:16]) * (1.0 - seal[:, :1])
        modes = 1.5 * torch.tanh(raw[:, 17:31] / 1.5)
        silent, closed, loudness = (torch.sigmoid(raw[:, k : k + 1]) for k in (0, 16, 31))
        return torch.cat([silent, sealed, opening, closed, modes, loudness], 1), logits

    def forward(self, pcm: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        hidden, state = self.trunk(pcm, state)
        return self.outputs(hidden)[0].transpose(1, 2), state
