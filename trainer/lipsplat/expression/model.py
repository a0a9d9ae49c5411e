"""The cues' network: 16 kHz PCM to eight cues at 25 Hz, streaming, looking 180 ms ahead.

Log-mel and a generalised autocorrelation (Tolonen and Karjalainen 2000: of the compressed spectrum, so that no formant
outshouts the pitch) every 20 ms; causal dilated convolutions find voice, pitch and level; the speaker's mean pitch and
level are measured over the last 20 s by a fixed window; more convolutions find what stands out against them. All that
is remembered lies in one flat state, so blocks of any number of hops give what the whole file gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from lipsplat.expression import arousal
from lipsplat.speech.encoder import Block
from lipsplat.speech.names import RATE

HOP = 640
LOOK_AHEAD_HOPS = 5  # hop h yields the cue stamped h + 1 − 5; cue j stands for (j + 0.5) / 25 s
EARLY = LOOK_AHEAD_HOPS - 1
FRAME, WINDOW = 320, 400  # samples between spectra, and under one
SLOW, SLOW_WINDOW = 4, 256  # pitch is heard at 4 kHz, in 64 ms
TAPS = 32  # of the filter down to 4 kHz
PAST = (SLOW_WINDOW - FRAME // SLOW) * SLOW + TAPS - SLOW  # samples
LAGS = 64  # log-spaced, 60 to 500 Hz
OCTAVES = torch.linspace(np.log2(0.6), np.log2(5.0), LAGS)  # log2(Hz / 100) of each lag
BEHIND = 8  # spectra kept: the autocorrelation of the cue's own time is 6 and 7 before the hop's first
MEMORY, MEMORY_TIME = 500, 200.0  # hops under the running means, and their time constant
LIVELY, LIVELY_TIME = 250, 25.0 * arousal.SECONDS  # those under the measures of arousal
NAMES = ("voiced", "loudness", "pitch", "prominence", "phrase_end", "question", "arousal", "valence")
# logits of the second head; syllable: how many fall on a hop
RAW = ("voiced", "prominence", "phrase_end", "question", "syllable", "loudness")

QUESTION = RAW.index("question")
LEAN = 1.4  # logits by which training leans to questions: there they weigh twice and come twice as often


@dataclass(frozen=True)
class CuesModelConfig:
    mels: int = 32
    channels: int = 80
    near: Sequence[int] = (1, 2, 4)  # dilations in hops: 0.6 s back
    far: Sequence[int] = (1, 2, 4, 8, 16, 32, 2)  # 5.2 s back


def mel_bands(mels: int) -> Tensor:
    """Triangles (mels, 201, 1) of 60-7600 Hz."""
    hertz = np.arange(WINDOW // 2 + 1) * RATE / WINDOW
    edges = 700 * (np.exp(np.linspace(np.log1p(60 / 700), np.log1p(7600 / 700), mels + 2)) - 1)
    rise = (hertz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - hertz) / (edges[2:] - edges[1:-1])[:, None]
    bands = np.maximum(np.minimum(rise, fall), 0)
    empty = bands.sum(1) < 0.5  # bands narrower than a bin take their nearest bin
    bands[empty, np.abs(hertz - edges[1:-1, None]).argmin(1)[empty]] = 1.0
    return torch.tensor(bands[:, :, None], dtype=torch.float32)


def hann(size: int) -> np.ndarray:
    return 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(size) + 0.5) / size)


class Spectrum(nn.Module):
    """Power (B,bins,frames) of windows of `size` samples; a full-scale sine gives 1.

    The DFT is looked up in one period of a cosine, in the graph: that period is all that the file holds of it.
    """

    def __init__(self, size: int, stride: int, bins: int) -> None:
        super().__init__()
        self.size, self.stride, self.bins = size, stride, bins
        self.register_buffer("period", torch.tensor(np.cos(2 * np.pi * np.arange(size) / size), dtype=torch.float32))
        self.register_buffer("window", torch.tensor(hann(size) * 2 / hann(size).sum(), dtype=torch.float32))
        self.register_buffer("bin", torch.arange(bins)[:, None])
        self.register_buffer("sample", torch.arange(size)[None])

    def forward(self, x: Tensor) -> Tensor:
        phase = self.bin * self.sample  # (bins,size); a quarter period on is the sine
        dft = torch.cat([self.period[(phase + shift) % self.size] for shift in (0, self.size // 4)]) * self.window
        spectrum = functional.conv1d(x, dft[:, None], stride=self.stride)
        return spectrum[:, : self.bins] ** 2 + spectrum[:, self.bins :] ** 2


class CueNet(nn.Module):
    """`forward(pcm (B, n·640), state (B,S)) -> cues (B,n,8), state (B,S)`."""

    def __init__(self, config: CuesModelConfig = CuesModelConfig()) -> None:
        super().__init__()
        self.config = config
        c = config.channels
        self.spectrum = Spectrum(WINDOW, FRAME, WINDOW // 2 + 1)
        self.slow = Spectrum(SLOW_WINDOW, FRAME // SLOW, 104)  # up to 1.6 kHz
        self.register_buffer("bands", mel_bands(config.mels))
        n = np.arange(TAPS) - (TAPS - 1) / 2
        low = np.sinc(n / SLOW * 0.9) * hann(TAPS)
        self.register_buffer("down", torch.tensor(low / low.sum(), dtype=torch.float32)[None, None])
        hertz = torch.arange(104) * RATE / SLOW / SLOW_WINDOW
        self.register_buffer("lags", torch.cos(2 * np.pi * hertz / (100 * 2.0 ** OCTAVES[:, None]))[..., None])
        self.register_buffer("octaves", OCTAVES[:, None])
        self.register_buffer("recent", torch.exp(-torch.arange(MEMORY).flip(0) / MEMORY_TIME).repeat(3, 1, 1))
        self.register_buffer("lately", torch.exp(-torch.arange(LIVELY).flip(0) / LIVELY_TIME).repeat(6, 1, 1))
        self.stem = nn.Conv1d(config.mels + LAGS, c, 4, stride=2)
        self.near = nn.ModuleList(Block(c, d) for d in config.near)
        self.heard = nn.Sequential(nn.ReLU(), nn.Conv1d(c, 2 + LAGS, 1))  # voice logit, level / 30 dB, lag logits
        self.trust = nn.Parameter(torch.tensor(10.0))  # in the autocorrelation
        self.join = nn.Conv1d(c + 4, c, 1)
        self.far = nn.ModuleList(Block(c, d) for d in config.far)
        self.told = nn.Sequential(nn.ReLU(), nn.Conv1d(c, c, 1), nn.ReLU(), nn.Conv1d(c, len(RAW), 1))
        self.lively = nn.Conv1d(3, 1, 1)  # of pitch range, rate and level, each from its middle in its spread
        self.prior = nn.Parameter(torch.tensor([0.6, -0.9]))  # mean pitch and level before any voice was heard
        self.state_shapes = [
            (1, PAST), (config.mels + LAGS, BEHIND), *((c, 2 * d) for d in config.near), (3, MEMORY - 1),
            *((c, 2 * d) for d in config.far), (6, LIVELY - 1),
        ]  # fmt: skip

    @property
    def state_size(self) -> int:
        return sum(a * b for a, b in self.state_shapes)

    def initial_state(self, batch: int = 1) -> Tensor:
        return torch.zeros(batch, self.state_size)

    def front(self, heard: Tensor) -> Tensor:
        """PCM (B,1,PAST+640n) to log-mel and autocorrelation (B,mels+LAGS,2n)."""
        power = self.spectrum(heard[:, :, PAST - (WINDOW - FRAME) :])
        mel = (torch.log(functional.conv1d(power, self.bands) + 2e-8) + 11.0) / 4.0
        slow = (self.slow(functional.conv1d(heard, self.down, stride=SLOW)) + 1e-9) ** 0.3
        return torch.cat([mel, functional.conv1d(slow / slow.sum(1, keepdim=True), self.lags)], 1)

    def arousal(self, voice: Tensor, octaves: Tensor, told: Tensor, past: Tensor) -> tuple[Tensor, Tensor]:
        """`arousal.arousal` over what is heard, with weights that are learned: (B,1,n), and what it remembers.

        voice, octaves from the speaker's mean (B,1,n); told (B,6,n).
        """
        loud = torch.sigmoid(told[:, RAW.index("loudness")])[:, None]
        syllable = torch.sigmoid(told[:, RAW.index("syllable")])[:, None]
        octaves = octaves.clamp(-arousal.FARTHEST, arousal.FARTHEST)
        speech = torch.sigmoid((loud - 0.15) / 0.03)
        now = [voice, voice * octaves, voice * octaves**2, voice * loud, speech, syllable]
        seen = torch.cat([past, torch.cat(now, 1)], 2)
        heard, mean, square, level, spoken, count = functional.conv1d(seen, self.lately, groups=6).split(1, 1)
        weight = heard + 0.05
        spread = 12 * torch.sqrt((square / weight - (mean / weight) ** 2).clamp(min=1e-4))
        measured = (spread, 25 * count / (spoken + 0.5), level / weight)
        scaled = [(x - m) / d for x, (m, d) in zip(measured, (arousal.RANGE, arousal.RATE, arousal.LEVEL), strict=True)]
        told_now = torch.sigmoid(self.lively(torch.cat(scaled, 1).clamp(-4.0, 4.0)))
        return told_now * (heard / 25 / 0.4).clamp(0.0, 1.0), seen[:, :, -(LIVELY - 1) :]

    def raw(self, pcm: Tensor, state: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """What was heard (B,2+LAGS,n): logit of voice, level, log-probability of every lag; then pitch relative to the
        speaker (B,1,n), logits (B,6,n) of `RAW`, arousal (B,1,n), state (B,S).
        """
        parts, at = [], 0
        for a, b in self.state_shapes:
            parts.append(state[:, at : at + a * b].reshape(-1, a, b))
            at += a * b
        pcm_past, front_past, *pasts = parts
        sound = torch.cat([pcm_past, pcm[:, None]], 2)
        with torch.no_grad():
            front = torch.cat([front_past, self.front(sound)], 2)  # (B,mels+LAGS,BEHIND+2n)
        after = [sound[:, :, -PAST:], front[:, :, -BEHIND:]]
        x = self.stem(front[:, :, BEHIND - 2 :])  # (B,C,n)
        for block, past in zip(self.near, pasts, strict=False):
            x, past = block(x, past)
            after.append(past)
        heard = self.heard(x)
        periodic = front[:, self.config.mels :]
        periodic = 0.5 * (periodic[:, :, 1:-7:2] + periodic[:, :, 2:-6:2])  # (B,LAGS,n) at the cue's time
        lags = torch.log_softmax(heard[:, 2:] + self.trust * periodic, 1)
        voice, level = torch.sigmoid(heard[:, :1]), heard[:, 1:2].clamp(-3.0, 1.0)
        pitch = (torch.exp(lags) * self.octaves).sum(1, keepdim=True)  # log2(Hz / 100)
        # running means of the voice's pitch and power, over the last 20 s
        summed = torch.cat([voice, voice * pitch, voice * torch.exp(6.9 * level)], 1)
        seen = torch.cat([pasts[len(self.near)], summed], 2)
        after.append(seen[:, :, -(MEMORY - 1) :])
        sums = functional.conv1d(seen, self.recent, groups=3)  # (B,3,n)
        weight = sums[:, :1] + 5.0  # the prior counts as a fifth of a second of voice
        mean = (sums[:, 1:2] + 5.0 * self.prior[0]) / weight
        power = torch.log((sums[:, 2:] + 5.0 * torch.exp(6.9 * self.prior[1])) / weight) / 6.9
        octaves = (pitch - mean).clamp(-1.0, 1.0)
        relative = octaves * voice
        x = self.join(torch.cat([x, voice, 3.0 * relative, 3.0 * (level - power), weight.log() / 5.0], 1))
        for block, past in zip(self.far, pasts[len(self.near) + 1 :], strict=False):
            x, past = block(x, past)
            after.append(past)
        told = self.told(x)
        lively, past = self.arousal(voice, octaves, told, pasts[-1])
        heard = torch.cat([heard[:, :2], lags], 1)
        return heard, relative, told, lively, torch.cat([p.flatten(1) for p in [*after, past]], 1)

    def forward(self, pcm: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        _, relative, told, lively, state = self.raw(pcm, state)
        told = torch.cat([told[:, :QUESTION], told[:, QUESTION : QUESTION + 1] - LEAN, told[:, QUESTION + 1 :]], 1)
        voiced, prominence, end, question, _, loudness = torch.sigmoid(told).split(1, 1)
        # nobody labelled how pleased these voices are: valence is not told
        cues = [voiced, loudness, relative, prominence, end, question, lively, torch.zeros_like(voiced)]
        return torch.cat(cues, 1).transpose(1, 2), state
