"""Sounds that are not speech, seeded, mono float32 at 16 kHz."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

RATE = 16000
QUIETEST_DB, LOUDEST_DB = -40.0, -20.0  # the level rises over each noise


def _shaped(n: int, rng: np.random.Generator, gain: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """White noise (n,) with its spectrum multiplied by `gain(frequency in Hz)`."""
    frequency = np.fft.rfftfreq(n, 1 / RATE)
    return np.fft.irfft(np.fft.rfft(rng.normal(size=n)) * gain(np.maximum(frequency, 20.0)), n)


def _at(sound: np.ndarray, decibels: float) -> np.ndarray:
    return (sound * 10 ** (decibels / 20) / np.sqrt(np.mean(sound**2))).astype(np.float32)


def room_noise(seconds: float = 5.0, decibels: float = -50.0) -> np.ndarray:
    """A quiet room: noise falling 6 dB an octave, at `decibels` full scale rms."""
    return _at(_shaped(int(seconds * RATE), np.random.default_rng(1), lambda f: 1 / f), decibels)


def noises(seconds: float = 15.0) -> dict[str, np.ndarray]:
    """Pink noise, keyboard-like clicks, breath noise and piano-like chords, each rising from -40 to -20 dBFS."""
    n, rng = int(seconds * RATE), np.random.default_rng(2)
    time = np.arange(n) / RATE
    clicks, chords = np.zeros(n), np.zeros(n)
    for start in np.cumsum(rng.uniform(0.08, 0.3, int(seconds / 0.08))):
        at, length = int(start * RATE), RATE // 50
        if at + length < n:
            clicks[at : at + length] += rng.normal(size=length) * np.exp(-np.arange(length) / (0.003 * RATE))
    for start in np.arange(0.0, seconds - 0.2, 0.8):
        t = time[int(start * RATE) :] - start
        root = 220 * 2 ** (rng.integers(-5, 8) / 12)
        for note in (root, root * 2 ** (4 / 12), root * 2 ** (7 / 12)):
            for partial in range(1, 7):
                decay = np.exp(-t * (1.5 + partial))
                chords[int(start * RATE) :] += decay * np.sin(2 * np.pi * note * partial * t) / partial**1.5
    breath = _shaped(n, rng, lambda f: np.exp(-(((np.log(f) - np.log(1500)) / 1.0) ** 2)))
    breath *= np.clip(np.sin(2 * np.pi * time / 3.5), 0, 1) ** 0.7  # in, pause, in
    pink = _shaped(n, rng, lambda f: f**-0.5)
    rise = 10 ** (np.linspace(QUIETEST_DB, LOUDEST_DB, n) / 20)
    sounds = {"pink": pink, "clicks": clicks, "breath": breath, "piano": chords}
    return {name: (s / np.sqrt(np.mean(s**2)) * rise).astype(np.float32) for name, s in sounds.items()}
