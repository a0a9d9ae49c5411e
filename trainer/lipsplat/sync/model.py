"""The lip-sync discriminator (SyncTalk++, eq 1-2): are five mouth crops and the 0.2 s of sound under them in sync?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from lipsplat.speech.names import RATE, VISEMES

FRAMES = 5  # of a window
FPS = 25
FRAME_SAMPLES = RATE // FPS
MELS, MEL_HOP, MEL_WINDOW, FFT = 80, 200, 400, 512
WINDOW_MELS = FRAMES * FRAME_SAMPLES // MEL_HOP  # 16: 0.2 s
LOWEST, HIGHEST = 55.0, 7600.0  # Hz


@dataclass(frozen=True)
class SyncConfig:
    """Sizes of the discriminator."""

    height: int = 48  # of what the face encoder sees: SHARE of the stored crop
    width: int = 64
    channels: tuple[int, ...] = (24, 48, 96, 160)  # of the face encoder
    sound_channels: tuple[int, ...] = (24, 48, 96, 160)
    embedding: int = 256
    common: float = 0.0  # length of what each face has in common with each sound: makes 0.5 the fair threshold of eq 1


SHARE = 0.84  # of the stored crop's sides that the encoder sees: the rest is room for shifts in training


@lru_cache(1)
def mel_filters() -> Tensor:
    """Triangular filters (80,257), even on the mel scale, each of unit area in Hz."""
    mel = np.linspace(*(2595 * math.log10(1 + f / 700) for f in (LOWEST, HIGHEST)), MELS + 2)
    edges = 700 * (10 ** (mel / 2595) - 1)  # (82,)
    hertz = np.linspace(0, RATE / 2, FFT // 2 + 1)
    rise = (hertz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - hertz) / (edges[2:] - edges[1:-1])[:, None]
    filters = np.maximum(np.minimum(rise, fall), 0) * (2 / (edges[2:] - edges[:-2]))[:, None]
    return torch.from_numpy(filters.astype(np.float32))


def mel_of(pcm: Tensor) -> Tensor:
    """Log-mel (B,80,n) of sound (B,N) at 16 kHz, one column for every 200 samples, centred on them; N = 200·n.

    The mean over the whole of each recording is taken out: the microphone's gain is no sign of sync.
    """
    weighted = pcm - 0.97 * functional.pad(pcm, (1, 0))[:, :-1]
    side = (MEL_WINDOW - MEL_HOP) // 2 + (FFT - MEL_WINDOW) // 2
    padded = functional.pad(weighted, (side, side))
    spectrum = torch.stft(
        padded, FFT, MEL_HOP, MEL_WINDOW, torch.hann_window(MEL_WINDOW), center=False, return_complex=True
    )
    mel = torch.log(mel_filters() @ spectrum.abs().square() + 1e-7)  # (B,80,n)
    return 0.3 * (mel - mel.mean((1, 2), keepdim=True))


def block(inputs: int, outputs: int, kernel: int, stride: int | tuple[int, int] = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()
    )


class Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(x + self.body(x))


class Discriminator(nn.Module):
    """Face and sound encoders whose embeddings are ReLU outputs, so that their cosine is in [0,1]."""

    def __init__(self, config: SyncConfig = SyncConfig()) -> None:
        super().__init__()
        self.config = config
        a, b, c, d = config.channels
        size = (config.height // 16, config.width // 16)
        self.face = nn.Sequential(
            block(FRAMES, a, 5, 2), block(a, b, 3, 2), Residual(b), block(b, c, 3, 2), Residual(c), block(c, d, 3, 2),
            nn.Conv2d(d, config.embedding, size), nn.Flatten(), nn.BatchNorm1d(config.embedding), nn.ReLU(),
        )  # fmt: skip
        a, b, c, d = config.sound_channels
        self.sound = nn.Sequential(
            block(1, a, 3, (2, 1)), block(a, b, 3, 2), Residual(b), block(b, c, 3, 2), Residual(c), block(c, d, 3, 2),
            nn.Conv2d(d, config.embedding, (MELS // 16, WINDOW_MELS // 8)), nn.Flatten(),
            nn.BatchNorm1d(config.embedding), nn.ReLU(),
        )  # fmt: skip
        # in training only: the mouth's true shape, for the other two to agree with
        self.shape = nn.Sequential(
            nn.Linear(FRAMES * len(VISEMES), config.embedding), nn.ReLU(),
            nn.Linear(config.embedding, config.embedding), nn.BatchNorm1d(config.embedding), nn.ReLU(),
        )  # fmt: skip

    def see(self, crops: Tensor) -> Tensor:
        """Windows of crops (B,5,height,width), any grey scale, to embeddings (B,256 or 257) ≥ 0."""
        mean, deviation = crops.mean((1, 2, 3), keepdim=True), crops.std((1, 2, 3), keepdim=True)
        seen = (crops - mean) / (deviation + 1e-3)
        if self.training:
            return self.with_common(self.face(seen))
        # once trained it looks twice: a mouth and its mirror image say the same, and err apart
        return self.with_common(sum(functional.normalize(self.face(x)) for x in (seen, seen.flip(-1))))

    def hear(self, mel: Tensor) -> Tensor:
        """Windows of log-mel (B,80,16) to embeddings (B,256 or 257) ≥ 0."""
        return self.with_common(self.sound(mel[:, None]))

    def know(self, visemes: Tensor) -> Tensor:
        """Viseme weights of windows (B,5·15) to embeddings (B,256) ≥ 0."""
        return self.shape(visemes)

    def with_common(self, embedding: Tensor) -> Tensor:
        """Embeddings (B,256) brought to length 1, with one more component that all share; as they are where it is 0.

        Cosines c become (c + common²) / (1 + common²): their order stays, and c = (1 − common²) / 2 becomes 0.5.
        """
        if self.config.common == 0:
            return embedding
        return functional.pad(functional.normalize(embedding), (0, 1), value=self.config.common)


def similarity(face: Tensor, sound: Tensor) -> Tensor:
    """Eq 1: cosine (…,) in [0,1] of embeddings (…,256)."""
    return functional.cosine_similarity(face, sound, dim=-1, eps=1e-6)


def centre_crops(crops: Tensor, config: SyncConfig) -> Tensor:
    """What the encoder sees of stored crops (F,72,96): (F,height,width) in 0..1."""
    return view_crops(crops[None], torch.tensor([[[SHARE, 0, 0], [0, SHARE, 0]]]), config)[0]


def view_crops(crops: Tensor, move: Tensor, config: SyncConfig) -> Tensor:
    """Stored crops (B,F,72,96) seen through `affine_grid` maps (B,2,3): (B,F,height,width) in 0..1."""
    size = [len(crops), crops.shape[1], config.height, config.width]
    grid = functional.affine_grid(move.float(), size, align_corners=False)
    return functional.grid_sample(crops.float() / 255, grid, padding_mode="border", align_corners=False)


def windows_of_frames(crops: Tensor, starts: Tensor) -> Tensor:
    """Windows (n,5,h,w) that begin at frames `starts` (n,) of crops (F,h,w)."""
    return crops[starts[:, None] + torch.arange(FRAMES)]


def windows_of_mel(mel: Tensor, starts: Tensor) -> Tensor:
    """The 0.2 s (n,80,16) of log-mel (80,m) under the windows that begin at frames `starts` (n,)."""
    first = torch.round(starts * (FRAME_SAMPLES / MEL_HOP)).long()  # 3.2 columns a frame: at most 6 ms off
    return mel[:, first[:, None] + torch.arange(WINDOW_MELS)].permute(1, 0, 2)
