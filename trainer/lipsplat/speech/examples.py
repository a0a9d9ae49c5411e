"""What the encoder learns from: seconds of one voice at a random speed, with the mouth of every hop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lipsplat.speech.encoder import HOP, SILENT_FEATURE
from lipsplat.speech.names import RATE
from lipsplat.speech.truth import FRAME, TRUTH_RATE, Utterance, targets


@dataclass(frozen=True)
class Clip:
    pcm: np.ndarray  # (N,) int16
    truth: np.ndarray  # (T,32) at 100 Hz
    seal: np.ndarray  # (T,2)
    phone: np.ndarray  # (T,)
    loudness: np.ndarray  # (T,)


def clip(u: Utterance) -> Clip:
    return Clip(u.pcm, targets(u).astype(np.float16), u.seal.astype(np.float16), u.phone, u.loudness)


def example(clips: list[Clip], seconds: float, early: int, chance: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Clips of one voice with pauses between, at a random speed, which also makes another voice of it.

    early: hops by which the truth trails the sound.
    Returns PCM (N,) and, a row a hop, truth (n,32), seal (n,2), phone (n,).
    """
    speed, hops = np.exp(chance.uniform(-0.16, 0.16)), int(seconds * RATE / HOP)
    frames = int(np.ceil(hops * HOP * speed / FRAME)) + 3
    pcm = np.zeros(frames * FRAME, np.float32)
    truth, phone = np.tile(SILENT_FEATURE, (frames, 1)), np.zeros(frames, np.int64)
    seal = np.zeros((frames, 2), np.float32)
    now = clips[chance.integers(len(clips))]
    at = -int(chance.uniform(-1.0 * TRUTH_RATE, max(len(now.truth) - 1.5 * TRUTH_RATE, 0)))
    while at < frames:
        length = min(len(now.pcm) // FRAME, len(now.truth))
        a, b = max(at, 0), min(at + length, frames)
        if b > a:
            gain, cut = 10 ** (chance.uniform(-3, 3) / 20) / 32768, slice(a - at, b - at)
            pcm[a * FRAME : b * FRAME] = now.pcm[cut.start * FRAME : cut.stop * FRAME] * gain
            truth[a:b], seal[a:b], phone[a:b] = now.truth[cut], now.seal[cut], now.phone[cut]
        at += length + int(chance.uniform(0, 1.2) * TRUTH_RATE)
        now = clips[chance.integers(len(clips))]
    phase = chance.uniform(0, FRAME)
    sound = np.interp(phase + speed * np.arange(hops * HOP), np.arange(len(pcm)), pcm).astype(np.float32)
    when = np.maximum((phase + speed * HOP * (np.arange(hops) - early)) / FRAME, 0)  # (n,) in truth frames
    low = when.astype(int)
    part = (when - low)[:, None].astype(np.float32)
    between = [x[low] * (1 - part) + x[low + 1] * part for x in (truth, seal)]
    return sound, between[0], between[1], phone[(when + 0.5).astype(int)]
