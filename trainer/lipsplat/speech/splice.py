"""New sentences from recorded ones: a voice's clips cut between phones and joined otherwise.

Words in a new order cannot be learnt by heart. Sound and truth are cut apart by the lag of all truth
(`align.SYNTHETIC_LAG`), so that a piece's sound and phones belong together; the mouth is that of the new neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from lipsplat.speech.align import SYNTHETIC_LAG
from lipsplat.speech.truth import FRAME, SYMBOLS, TRUTH_RATE, Phone, Utterance, viseme_matrix

LAG = int(SYNTHETIC_LAG * TRUTH_RATE)  # whole truth frames by which phones trail their sound
PIECE = 0.2, 1.2  # seconds
FADE = 80  # samples: 5 ms
TRIES = 1_000  # at a piece


class Heard(Protocol):
    """What is cut of a clip."""

    pcm: np.ndarray  # (N,) int16 at 16 kHz
    loudness: np.ndarray  # (T,) at 100 Hz
    phone: np.ndarray  # (T,) uint8 class


def spliced(clips: Sequence[Heard], seconds: float, chance: np.random.Generator) -> Utterance:
    """At least `seconds` of pieces of `clips`, of one voice. Raises ValueError where none can be cut."""
    pcm, loudness, phone = [], [], []
    while sum(map(len, phone)) < seconds * TRUTH_RATE:
        first, last, clip = piece(clips, chance)
        phone.append(clip.phone[first:last])
        loudness.append(clip.loudness[first - LAG : last - LAG])
        pcm.append(clip.pcm[(first - LAG) * FRAME - FADE : (last - LAG) * FRAME])
    classes, loud = np.concatenate(phone), np.concatenate(loudness)
    loud = np.concatenate([loud[LAG:], np.zeros(LAG, np.float32)])
    sound = np.concatenate([joined(pcm)[LAG * FRAME :], np.zeros(LAG * FRAME, np.int16)])
    phones = phones_of(classes)
    times = np.arange(len(classes)) / TRUTH_RATE
    weights, seal = viseme_matrix(phones, lambda t: float(loud[min(int(t * TRUTH_RATE), len(loud) - 1)]), times)
    return Utterance(sound, weights.astype(np.float32), seal.astype(np.float32), loud, classes)


def piece(clips: Sequence[Heard], chance: np.random.Generator) -> tuple[int, int, Heard]:
    """(first, end, clip): truth frames between two changes of phone. Raises ValueError where no clip has them."""
    for _ in range(TRIES):
        clip = clips[chance.integers(len(clips))]
        frames = min(len(clip.phone), len(clip.pcm) // FRAME)
        seams = np.flatnonzero(np.diff(clip.phone[:frames])) + 1
        seams = seams[seams > LAG + 1]
        if len(seams) < 2:
            continue
        first = chance.choice(seams[:-1])
        last = seams[np.abs(seams - first - TRUTH_RATE * chance.uniform(*PIECE)).argmin()]
        if last > first:
            return int(first), int(last), clip
    raise ValueError("no clip of this voice has two changes of phone to cut at: give longer ones")


def joined(pieces: list[np.ndarray]) -> np.ndarray:
    """Pieces (n_i,) int16, each faded in over the end of the one before by its first `FADE` samples."""
    rise = np.linspace(0, 1, FADE, dtype=np.float32)
    out = np.zeros(sum(len(p) - FADE for p in pieces) + FADE, np.float32)
    at = 0
    for p in pieces:
        out[at : at + FADE] *= 1 - rise
        out[at : at + FADE] += rise * p[:FADE]
        out[at + FADE : at + len(p)] = p[FADE:]
        at += len(p) - FADE
    return out[FADE:].astype(np.int16)


def phones_of(classes: np.ndarray) -> list[Phone]:
    """The phones whose classes (T,) at 100 Hz are given."""
    seams = np.concatenate([[0], np.flatnonzero(np.diff(classes)) + 1, [len(classes)]])
    spoken = [SYMBOLS[k - 1] if k else "" for k in classes[seams[:-1]]]
    # Frame k is the first at or after a phone's start, so on average the start is half a frame before it.
    return [
        Phone(s, (a - 0.5) / TRUTH_RATE, (b - 0.5) / TRUTH_RATE)
        for s, a, b in zip(spoken, seams[:-1], seams[1:], strict=True)
    ]
