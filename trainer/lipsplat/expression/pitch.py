"""Pitch of a clean recording, with all of it at hand: the truth that the streaming cues learn.

Boersma 1993: autocorrelation of a Hann window over that of the window itself, and the cheapest path through pitches and
"unvoiced" (his costs, as in Praat), here over a grid of quarter semitones.
"""

from __future__ import annotations

import numpy as np
from scipy import fft

from lipsplat.speech.names import RATE
from lipsplat.speech.truth import TRUTH_RATE

LOWEST, HIGHEST = 60.0, 500.0  # Hz
WINDOW = 800  # samples: three periods of the lowest pitch
GRID = LOWEST * 2.0 ** (np.arange(int(48 * np.log2(HIGHEST / LOWEST)) + 1) / 48)  # (K,) Hz
VOICING, SILENCE = 0.45, 0.03  # periodicity of a voice; level, over the loudest, of silence
OCTAVE, JUMP, SWITCH = 0.02, 0.35, 0.14  # costs: an octave down, an octave jumped, voice to no voice (per 10 ms)
REACH = 8  # grid steps a path may go in a frame: two semitones in 10 ms
SPAN = (0.6, 2.5)  # of a voice's quartiles; what lies outside is an error (after De Looze and Hirst 2008)
BATCH = 512


def frames_of(pcm: np.ndarray, window: int) -> np.ndarray:
    """View (T,window) of PCM (N,) centred on every frame."""
    padded = np.pad(pcm, window // 2)
    return np.lib.stride_tricks.sliding_window_view(padded, window)[:: RATE // TRUTH_RATE]


def periodicity(pcm: np.ndarray) -> np.ndarray:
    """Autocorrelation (T,K) at the periods of `GRID`, 1 for a perfectly periodic sound."""
    size = 1200  # the window and its longest lag
    window = np.hanning(WINDOW).astype(np.float32)
    at = np.round(2 * RATE / GRID).astype(int)  # (K,) half samples

    def auto(x: np.ndarray) -> np.ndarray:
        power = np.abs(fft.rfft(x, size)) ** 2
        halves = fft.irfft(power, 2 * size)
        return halves[:, at] / np.maximum(halves[:, :1], 1e-9)

    own = auto(window[None])[0]
    out = []
    frames = frames_of(pcm.astype(np.float32), WINDOW)
    for i in range(0, len(frames), BATCH):
        x = frames[i : i + BATCH]
        out.append(auto((x - x.mean(1, keepdims=True)) * window) / own)
    return np.concatenate(out).astype(np.float32)


def pitch(pcm: np.ndarray) -> np.ndarray:
    """Fundamental frequency (T,) in Hz at 100 Hz of PCM (N,) at 16 kHz; 0 where there is no voice."""
    score = periodicity(pcm)  # (T,K)
    beside = np.pad(score, [(0, 0), (1, 1)], constant_values=2.0)
    score = np.where((score > beside[:, :-2]) & (score >= beside[:, 2:]), score, 0.0) + OCTAVE * np.log2(GRID / LOWEST)
    peak = np.abs(frames_of(pcm, WINDOW)).max(1)
    quiet = peak / max(np.percentile(peak, 99), 1e-6) / (SILENCE / (1 + VOICING))
    unvoiced = VOICING + np.maximum(0.0, 2.0 - quiet)
    total, k = len(score), len(GRID)
    best = np.append(score[0], unvoiced[0])
    back = np.zeros((total, k + 1), np.int16)
    steps = np.arange(-REACH, REACH + 1)
    reach = np.clip(np.arange(k)[:, None] + steps, 0, k - 1)  # (K,R)
    cost = JUMP * np.abs(steps) / 48
    rows = np.arange(k)
    for t in range(1, total):
        near = best[reach] - cost
        choice = near.argmax(1)
        stay, begin, voice = near[rows, choice], best[k] - SWITCH, best[:k].argmax()
        back[t, :k] = np.where(begin > stay, k, reach[rows, choice])
        end = best[voice] - SWITCH
        back[t, k] = voice if end > best[k] else k
        best = np.append(np.maximum(stay, begin) + score[t], max(best[k], end) + unvoiced[t])
    path = np.empty(total, int)
    path[-1] = best.argmax()
    for t in range(total - 1, 0, -1):
        path[t - 1] = back[t, path[t]]
    hertz = np.append(GRID, 0.0)[path]
    low, high = np.percentile(hertz[hertz > 0], [25, 75]) if (hertz > 0).any() else (0.0, 0.0)
    return np.where((hertz > SPAN[0] * low) & (hertz < SPAN[1] * high), hertz, 0.0)
