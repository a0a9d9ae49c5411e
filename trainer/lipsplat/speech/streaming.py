"""What the speech encoder is as a stream: how far it looks ahead, whether blocks give the whole, how fast it is."""

from __future__ import annotations

import time

import numpy as np

from lipsplat.speech.features import StreamingModel


def look_ahead_ms(model: StreamingModel, seed: int = 5) -> float:
    """L such that no sample later than t + L changes the feature of t, by changing samples."""
    chance = np.random.default_rng(seed)
    pcm = 0.1 * chance.normal(size=60 * model.hop).astype(np.float32)
    before = model.run(pcm, model.initial_state())[0]
    worst = -np.inf
    for first in (20 * model.hop, 30 * model.hop + 1, 40 * model.hop + model.hop // 2, 45 * model.hop - 1):
        other = pcm.copy()
        other[first:] += 0.3 * chance.normal(size=len(pcm) - first).astype(np.float32)
        changed = np.abs(model.run(other, model.initial_state())[0] - before).max(1) > 0
        stamp = (int(np.argmax(changed)) + 1 - model.look_ahead_hops) / model.feature_rate
        worst = max(worst, 1000 * (first / model.rate - stamp))
    return worst


def streaming_max_diff(model: StreamingModel, pcm: np.ndarray, hops: tuple[int, ...] = (1, 3, 2, 17)) -> float:
    """Largest difference of features between blocks of so many hops, repeated, and the whole."""
    pcm = pcm[: len(pcm) // model.hop * model.hop]
    whole = model.run(pcm, model.initial_state())[0]
    state, out, at, k = model.initial_state(), [], 0, 0
    while at < len(pcm):
        block = pcm[at : at + hops[k % len(hops)] * model.hop]
        lip, state = model.run(block, state)
        out.append(lip)
        at, k = at + len(block), k + 1
    return float(np.abs(np.concatenate(out) - whole).max())


def pace(model: StreamingModel, seconds: int = 4) -> float:
    """Milliseconds of one thread's time per second of sound, hop by hop; the least of several measurements."""
    chance, best = np.random.default_rng(1), np.inf
    pcm = 0.1 * chance.normal(size=model.hop).astype(np.float32)
    for _ in range(10):
        state, since = model.initial_state(), time.process_time()
        for _ in range(int(seconds * model.feature_rate)):
            _, state = model.run(pcm, state)
        best = min(best, time.process_time() - since)
    return 1000 * best / seconds
