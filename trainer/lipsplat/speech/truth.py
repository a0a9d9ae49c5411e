"""The truth that the speech encoder learns: from phone times and sound to mouth shapes, at 100 Hz.

Mouth shapes come from `../shared/subject/performance.py` (Cohen and Massaro's dominance model, 1993) on the CC0 head of
`../shared/data/digital-human`. Its visemes are displacements added to whatever face is at rest, the same for every
identity of the kit, so a viseme's weight, lip displacement and opening hold across head shapes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.signal import resample_poly

from lipsplat.capture import HELD_OUT_FROM
from lipsplat.paths import CAPTURE, SUBJECT
from lipsplat.speech.names import RATE, VISEMES

sys.path.insert(0, str(SUBJECT))
from performance import PROFILE, SEAL, VISEME, Phone  # noqa: E402  ../shared/subject/performance.py

TRUTH_RATE = 100  # truth frames a second; frame k stands for k / 100 s
FRAME = RATE // TRUTH_RATE  # samples between them
SYMBOLS = "".join(sorted(VISEME))  # phone class k + 1; class 0 is silence
VOWELS = ("viseme_aa", "viseme_E", "viseme_O", "viseme_I")  # opened by loudness, as in `performance`
LIP_UPPER, LIP_LOWER = 474, 523  # base-mesh vertices of `../shared/subject/labels.py`
OPENING_UNIT = 0.13  # dm of lip opening that the feature calls 1
LIP_MODES = 14
FEATURES = 32


class Loudness:
    """Loudness in 0..1 relative to the recording's 95th percentile, as `performance.perform` takes it."""

    def __init__(self, audio: np.ndarray, rate: int) -> None:
        hop = rate // 100
        window = np.ones(hop * 4) / (hop * 4)
        self.rms = np.sqrt(np.convolve(audio.astype(np.float64) ** 2, window, "same")[::hop] + 1e-12)
        self.reference = np.percentile(self.rms, 95)

    def __call__(self, t: float) -> float:
        return float(np.clip(self.rms[min(int(t * 100), len(self.rms) - 1)] / self.reference, 0, 1))


def viseme_of(phone: Phone) -> str:
    return next((VISEME[c] for c in phone.symbol if c in VISEME), "sil")


def viseme_matrix(
    phones: list[Phone], loudness: Callable[[float], float], times: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """`performance.viseme_weights` for all times at once.

    loudness: 0..1 at a second, as `Loudness` tells it; times (T,) in seconds. Returns weights (T,15) in `VISEMES` order
    and the seals (T,2) of PP and FF in 0..1.
    """
    names = [viseme_of(p) for p in phones]
    start, end = (np.array([getattr(p, k) for p in phones])[None] for k in ("start", "end"))  # (1,P)
    peak, dominance, spread = (np.array([PROFILE[v][k] for v in names])[None] for k in range(3))
    loud = np.array([loudness(0.5 * (p.start + p.end)) for p in phones])
    opened = np.where([v in VOWELS for v in names], 0.65 + 0.5 * loud, 1.0)
    spoken = np.array([v != "sil" for v in names])
    column = np.array([VISEMES.index(v) if v != "sil" else 0 for v in names], int)
    t = np.asarray(times, np.float64)[:, None]  # (T,1)
    near = (end >= t - 0.5) & (start <= t + 0.5)  # (T,P)
    gap = np.maximum(np.maximum(start - t, t - end), 0.0)
    pull = near * dominance * np.exp(-gap / (spread * np.where(t < start, 1.25, 1.0)))
    one_hot = np.zeros((len(phones), len(VISEMES)))
    one_hot[np.arange(len(phones)), column] = peak[0] * opened * spoken
    weights = pull @ one_hot / (1e-9 + pull.sum(1, keepdims=True))
    seal = np.zeros((len(t), 2))
    for k, name in enumerate(SEAL):
        mine = np.array([v == name for v in names])
        if mine.any():
            seal[:, k] = SEAL[name] * (near * np.exp(-((gap / 0.020) ** 2)))[:, mine].max(1)
    weights *= 1 - seal.max(1, keepdims=True)
    share = np.where(seal.sum(1, keepdims=True) > 1, seal / np.maximum(seal.sum(1, keepdims=True), 1), seal)
    for k, name in enumerate(SEAL):
        at = VISEMES.index(name)
        weights[:, at] = np.maximum(weights[:, at], share[:, k] * PROFILE[name][0])
    weights[weights <= 1e-3] = 0.0
    return weights, seal


@dataclass(frozen=True)
class Mouth:
    """The head's lips, linear in the viseme weights."""

    opening: np.ndarray  # (15,) dm per unit weight
    modes: np.ndarray  # (15,14) lip-displacement mode coefficients per unit weight, scaled to about ±1


@lru_cache
def mouth() -> Mouth:
    """Openings and principal modes of the lip vertices, fixed by the kit and by the capture's training frames."""
    sys.path.insert(0, str(SUBJECT))
    from head_model import KIT, read_obj, read_target  # ../shared/subject/head_model.py

    base = read_obj(KIT / "base.obj")[0]
    delta = np.stack([read_target(KIT / "face-targets" / f"{v}.target.gz", len(base)) for v in VISEMES])  # (15,V,3)
    centre = 0.5 * (base[LIP_UPPER] + base[LIP_LOWER])
    lips = np.abs(base - centre).max(1) < 0.35  # dm: lips and the skin right around them
    shape = delta[:, lips].reshape(len(VISEMES), -1)  # (15,3L)
    motion = np.load(CAPTURE / "motion.npz")
    names = list(motion["names"])
    weights = motion["weights"][:HELD_OUT_FROM][:, [names.index(v) for v in VISEMES]]  # (F,15)
    _, _, axes = np.linalg.svd(np.linalg.qr(weights)[1] @ shape, full_matrices=False)  # the modes of weights @ shape
    axes = axes[:LIP_MODES] * np.sign(axes[:LIP_MODES].sum(1, keepdims=True))
    modes = shape @ axes.T  # (15,14)
    size = np.percentile(np.abs(weights @ modes), 99, axis=0)
    return Mouth(delta[:, LIP_UPPER, 1] - delta[:, LIP_LOWER, 1], modes / np.maximum(size, 0.2 * size.max()))


@dataclass(frozen=True)
class Utterance:
    pcm: np.ndarray  # (N,) int16 at 16 kHz
    weights: np.ndarray  # (T,15) float32 at 100 Hz; column 0 (silence) is 0, as in `performance`
    seal: np.ndarray  # (T,2) float32
    loudness: np.ndarray  # (T,) float32
    phone: np.ndarray  # (T,) uint8 class


def phone_classes(phones: list[Phone], times: np.ndarray) -> np.ndarray:
    """Class (T,) of the phone spoken at each time; 0 is silence."""
    classes = np.zeros(len(times), np.uint8)
    for p in phones:
        symbol = next((c for c in p.symbol if c in VISEME), None)
        if symbol is not None:
            classes[(times >= p.start) & (times < p.end)] = SYMBOLS.index(symbol) + 1
    return classes


def utterance(audio: np.ndarray, rate: int, phones: list[Phone]) -> Utterance:
    """One recording (N,) with its phones, as training truth."""
    loudness = Loudness(audio, rate)
    times = np.arange(int(len(audio) / rate * TRUTH_RATE) + 1) / TRUTH_RATE
    weights, seal = viseme_matrix(phones, loudness, times)
    factor = np.gcd(rate, RATE)
    pcm = resample_poly(audio.astype(np.float64), RATE // factor, rate // factor)
    return Utterance(
        np.clip(pcm * 32767, -32768, 32767).astype(np.int16),
        weights.astype(np.float32),
        seal.astype(np.float32),
        np.array([loudness(t) for t in times], np.float32),
        phone_classes(phones, times),
    )


def targets(u: Utterance) -> np.ndarray:
    """The lip feature's true value (T,32) at 100 Hz; what each component means stands in `encoder.LIP`."""
    m = mouth()
    opening = np.maximum(u.weights @ m.opening, 0.0)
    weights = u.weights.copy()
    weights[:, 0] = u.phone == 0
    closed = np.clip((0.015 - opening) / 0.008 + 0.1, 0.0, 1.0)  # 10 % of a speaker's 95th percentile is about 0.010 dm
    return np.concatenate(
        [weights, opening[:, None] / OPENING_UNIT, closed[:, None], u.weights @ m.modes, u.loudness[:, None]], 1
    ).astype(np.float32)
