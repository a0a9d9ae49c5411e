"""Do the lips meet where the sounds ask for it: figures from an opening curve and the phones under it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:  # it needs ../shared, and frames are drawn without
    from lipsplat.speech.truth import Phone


FPS = 25
BILABIALS = frozenset("pbm")
VOWELS = frozenset("aɑæʌɐAeɛəEiɪIᵻoɔɒOQuʊWUYɜɝɚ")  # espeak's and Kokoro's (capitals are diphthongs); glides apart
CLOSED_SHARE = 0.10  # of the speaking 95th percentile
SLACK_S, EPS_S = 0.020, 1e-6
FALSE_FLOOR = 0.02


@dataclass(frozen=True)
class Clip:
    """One recording: the opening (n,) of its frames, frame i centred on (i + 0.5)/25 s, and its phones."""

    opening: np.ndarray
    phones: list[Phone]  # an empty symbol is silence

    @property
    def times(self) -> np.ndarray:
        return (np.arange(len(self.opening)) + 0.5) / FPS

    @property
    def speaking(self) -> np.ndarray:
        """Frames (n,) bool whose centre lies in a phone that is not silence."""
        times, said = self.times, np.zeros(len(self.opening), bool)
        for p in self.phones:
            if p.symbol:
                said |= (times >= p.start) & (times < p.end)
        return said


def speaking_p95(clips: list[Clip]) -> float:
    """95th percentile of the opening over all clips' speaking frames."""
    return float(np.percentile(np.concatenate([c.opening[c.speaking] for c in clips]), 95))


def bilabial_closure(clips: list[Clip]) -> tuple[int, int]:
    """(hits, phones): /p b m/ that have a closed frame centred within 20 ms of them."""
    closed = CLOSED_SHARE * speaking_p95(clips)
    hits = [
        bool((c.opening[(c.times >= p.start - SLACK_S - EPS_S) & (c.times <= p.end + SLACK_S + EPS_S)] <= closed).any())
        for c in clips
        for p in c.phones
        if p.symbol in BILABIALS
    ]
    return sum(hits), len(hits)


def closed_vowels(clips: list[Clip]) -> float:
    """Share of vowels that are closed at their middle, the opening interpolated there."""
    closed = CLOSED_SHARE * speaking_p95(clips)
    shut = [
        np.interp((p.start + p.end) / 2, c.times, c.opening) <= closed
        for c in clips
        for p in c.phones
        if p.symbol in VOWELS
    ]
    return float(np.mean(shut)) if shut else 0.0


def false_closure(clips: list[Clip], truth: list[Clip]) -> float:
    """How much oftener vowels are closed than in truth; both shares plus 0.02, so that rare ones do not explode."""
    return (closed_vowels(clips) + FALSE_FLOOR) / (closed_vowels(truth) + FALSE_FLOOR)
