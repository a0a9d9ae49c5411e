"""What a microphone and a room do to clean speech, and sounds that are no speech; seeded, in batches.

All filters have zero phase, or the direct sound at delay 0, so truth keeps its times.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from lipsplat.speech.names import RATE

TAIL = RATE // 2  # samples of room response kept


def uniform(generator: torch.Generator, low: float, high: float, *shape: int) -> Tensor:
    return low + (high - low) * torch.rand(*shape, generator=generator)


def decibels(x: Tensor) -> Tensor:
    return 10.0 ** (x / 20.0)


def rms(x: Tensor) -> Tensor:
    return x.square().mean(-1, keepdim=True).sqrt() + 1e-7


def coloured_noise(generator: torch.Generator, slope: Tensor, samples: int) -> Tensor:
    """Unit-rms noise (B,N) whose power falls by `slope` (B,1) times 3 dB an octave: 0 white, 1 pink, 2 brown."""
    spectrum = torch.fft.rfft(torch.randn(len(slope), samples, generator=generator))
    hertz = torch.linspace(0, RATE / 2, spectrum.shape[1]).clamp(min=30.0)
    noise = torch.fft.irfft(spectrum * hertz ** (-slope / 2), samples)
    return noise / rms(noise)


def hum(generator: torch.Generator, batch: int, samples: int) -> Tensor:
    """Mains hum (B,N): 50 or 60 Hz and its harmonics."""
    base = torch.where(torch.rand(batch, 1, 1, generator=generator) < 0.5, 50.0, 60.0)
    order = torch.arange(1, 7)[None, :, None]
    phase = uniform(generator, 0, 2 * math.pi, batch, 6, 1)
    time = torch.arange(samples) / RATE
    tones = torch.sin(2 * math.pi * base * order * time + phase) * uniform(generator, 0, 1, batch, 6, 1) / order
    return tones.sum(1) / rms(tones.sum(1))


def clicks(generator: torch.Generator, samples: int) -> Tensor:
    """Keyboard-like strokes (N,): short bursts of band noise, two or three a key, 2 to 8 keys a second."""
    out = torch.zeros(samples)
    at = 0.0
    while True:
        at += float(uniform(generator, 0.08, 0.5, 1))
        for delay in (0.0, float(uniform(generator, 0.01, 0.09, 1))):
            first = int((at + delay) * RATE)
            length = int(float(uniform(generator, 0.004, 0.03, 1)) * RATE)
            if first + length >= samples:
                return out / rms(out)
            burst = torch.randn(length, generator=generator) * torch.exp(-torch.arange(length) * 5.0 / length)
            out[first : first + length] += burst * float(uniform(generator, 0.3, 1.0, 1))


def breath(generator: torch.Generator, samples: int) -> Tensor:
    """Breaths (N,): swelling band noise without a voice."""
    noise = coloured_noise(generator, uniform(generator, 0.0, 1.2, 1, 1), samples)[0]
    period = float(uniform(generator, 0.8, 3.0, 1))
    phase = float(uniform(generator, 0, 1, 1)) + torch.arange(samples) / RATE / period
    swell = torch.sin(2 * math.pi * phase).clamp(min=0.0) ** 1.5
    spectrum = torch.fft.rfft(noise * swell)
    hertz = torch.linspace(0, RATE / 2, len(spectrum))
    centre = float(uniform(generator, 400, 3000, 1))
    out = torch.fft.irfft(spectrum / (1 + ((hertz - centre) / (0.7 * centre)) ** 2), samples)
    return out / rms(out)


def chords(generator: torch.Generator, samples: int) -> Tensor:
    """Piano-like chords (N,): struck, decaying harmonic notes."""
    out, at = torch.zeros(samples), float(uniform(generator, 0.0, 0.3, 1))
    while (first := int(at * RATE)) < samples:
        since = torch.arange(min(samples - first, 2 * RATE)) / RATE
        root = 55.0 * 2 ** (int(torch.randint(0, 37, (1,), generator=generator)) / 12)
        for interval in (0, 4, 7) if torch.rand(1, generator=generator) < 0.6 else (0,):
            note = root * 2 ** (interval / 12)
            for k in range(1, 9):
                if k * note < RATE / 2:
                    envelope = torch.exp(-since * (1.5 + 0.7 * k)) - torch.exp(-since * 400)
                    out[first : first + len(since)] += torch.sin(2 * math.pi * k * note * since) * envelope / k**1.2
        at += float(uniform(generator, 0.25, 1.5, 1))
    return out / rms(out)


def background(generator: torch.Generator, batch: int, samples: int) -> Tensor:
    """Unit-rms sounds that are no speech (B,N)."""
    noise = coloured_noise(generator, uniform(generator, 0.0, 2.2, batch, 1), samples)
    kind = torch.rand(batch, generator=generator)
    for i in range(batch):
        if kind[i] < 0.10:
            noise[i] = clicks(generator, samples) + 0.05 * noise[i]
        elif kind[i] < 0.18:
            noise[i] = breath(generator, samples) + 0.03 * noise[i]
        elif kind[i] < 0.26:
            noise[i] = chords(generator, samples) + 0.03 * noise[i]
        elif kind[i] < 0.34:
            noise[i] = hum(generator, 1, samples)[0] + 0.1 * noise[i]
    return noise


def room(generator: torch.Generator, batch: int) -> Tensor:
    """Room responses (B,TAIL): direct sound at 0, then a diffuse tail of 0.1 to 0.6 s, 3 to 20 dB below."""
    time = torch.arange(TAIL) / RATE
    decay = torch.exp(-6.9 * time / uniform(generator, 0.1, 0.6, batch, 1))
    tail = torch.randn(batch, TAIL, generator=generator) * decay * (time > 0.002)
    tail = tail / tail.square().sum(1, keepdim=True).sqrt() * decibels(uniform(generator, -20, -3, batch, 1))
    tail[:, 0] = 1.0
    return tail


def augment(speech: Tensor, silent: Tensor, generator: torch.Generator) -> Tensor:
    """Speech (B,N) in ±1 as a microphone might give it. Rows with `silent` (B,) true become noise alone."""
    batch, samples = speech.shape

    def some(share: float) -> Tensor:
        return torch.rand(batch, 1, generator=generator) < share

    loud = rms(speech).clamp(min=3e-3)
    # room, tilt and band limits, one product in the frequency domain
    spectrum = torch.fft.rfft(speech, samples + TAIL)
    hertz = torch.linspace(0, RATE / 2, spectrum.shape[1]).clamp(min=1.0)
    response = torch.fft.rfft(room(generator, batch), samples + TAIL)
    spectrum = torch.where(some(0.35), spectrum * response, spectrum)
    tilt = uniform(generator, -0.5, 0.5, batch, 1)
    low, high = uniform(generator, 40, 250, batch, 1), uniform(generator, 3300, 8000, batch, 1)
    shape = (hertz / 1000).clamp(0.1, 8.0) ** tilt / (1 + (low / hertz) ** 4) / (1 + (hertz / high) ** 12)
    spectrum = torch.where(some(0.5), spectrum * shape, spectrum)
    heard = torch.fft.irfft(spectrum, samples + TAIL)[:, :samples]
    heard = heard * (loud / rms(heard).clamp(min=3e-3))
    snr = uniform(generator, 5, 32, batch, 1)
    noise = background(generator, batch, samples)
    heard = torch.where(some(0.65), heard + noise * loud * decibels(-snr), heard)
    heard = heard * decibels(uniform(generator, -20, 10, batch, 1))
    level = decibels(uniform(generator, -75, -15, batch, 1))
    heard = torch.where(silent[:, None], noise * level, heard)
    floor = decibels(uniform(generator, -90, -60, batch, 1))
    heard = heard + floor * torch.randn(batch, samples, generator=generator)
    peak = heard.abs().amax(1, keepdim=True)
    limit = torch.where(some(0.08), uniform(generator, 0.2, 0.6, batch, 1) * peak, torch.ones(()))
    return heard.clamp(-limit, limit)
