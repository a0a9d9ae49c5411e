"""The truth of the cues from a whole clean recording and its words, at 100 Hz.

Prominence follows Suni et al. 2017 ("Hierarchical representation and estimation of prosody using continuous wavelet
transform"): pitch, energy and duration as one curve, and how far it stands out at the scale of words.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from scipy.ndimage import gaussian_filter1d, median_filter

from lipsplat.expression.pitch import frames_of, pitch
from lipsplat.expression.words import Word, syllables
from lipsplat.speech.truth import TRUTH_RATE

RANGE_DB = 30.0  # loudness 0 is so far under the recording's loud passages
PAUSE, SHORT_PAUSE = 0.2, 0.05  # seconds of quiet that make a phrase end, and the least that counts
BEFORE_END, AFTER_END = 0.18, 0.14  # seconds about a phrase end: within the look-ahead, and just past
BEFORE_RISE, AFTER_RISE = 0.22, 0.35  # seconds about the close of a question
RISE = (2.5, 5.0)  # semitones over the close: from where it is rising, and where no doubt is left
STRONG = 0.9  # strength of an end that is a sentence's or has a pause
CLOSE = 0.40  # seconds of voice that are a phrase's close
FINAL = {"?": 2.0, ".": 1.0, "!": 1.0}  # what an end is by its mark; 0: the sentence goes on
SCALES = (0.10, 0.16)  # seconds: wavelets as wide as a stressed syllable and as a word


@dataclass(frozen=True)
class Prosody:
    """Curves (T,) at 100 Hz; `RATE` sound beside them."""

    pcm: np.ndarray  # (N,) int16 at 16 kHz
    pitch: np.ndarray  # log2(Hz / 100), 0 where unvoiced
    voiced: np.ndarray  # 0 or 1
    loudness: np.ndarray  # 0…1, of the recording's 95th percentile
    prominence: np.ndarray  # 0…1
    phrase_end: np.ndarray  # 0…1
    question: np.ndarray  # 0…1: the close of a sentence rises; of a phrase that goes on it is no question
    syllable: np.ndarray  # syllables a frame: sums to their number
    ends: np.ndarray  # (E,4) phrase ends: seconds, strength 0…1, semitones that the close rises, `FINAL`


def decibels(pcm: np.ndarray) -> np.ndarray:
    """Level (T,) in dB of a 40 ms window."""
    window = np.hanning(642)[1:-1]
    return 10 * np.log10((frames_of(pcm, 640) ** 2 @ (window / window.sum())) + 1e-10)


def standard(x: np.ndarray) -> np.ndarray:
    return (x - x.mean()) / (x.std() + 1e-6)


def wavelet(curve: np.ndarray, seconds: float) -> np.ndarray:
    """The curve's Mexican-hat wavelet transform at one scale."""
    sigma = seconds * TRUTH_RATE
    reach = np.arange(-int(5 * sigma), int(5 * sigma) + 1) / sigma
    hat = (1 - reach**2) * np.exp(-0.5 * reach**2)
    return np.convolve(np.pad(curve, len(hat) // 2, mode="edge"), hat / np.sqrt((hat**2).sum()), "valid")


def bridged(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The known values with straight lines between."""
    at = np.flatnonzero(known)
    return np.interp(np.arange(len(values)), at, values[at]) if len(at) else np.zeros(len(values))


def prominence(words: list[Word], pitches: np.ndarray, voiced: np.ndarray, loud: np.ndarray) -> np.ndarray:
    """Prominence (T,): a bump over every stressed vowel, as high as it stands out."""
    total = len(pitches)
    stressed = [w.stressed for w in words if w.stressed]
    long = np.array([np.log(max(v.end - v.start, 0.02)) for v in stressed])
    duration = bridged(*spread(total, [(0.5 * (v.start + v.end), x) for v, x in zip(stressed, long, strict=True)]))
    melody = gaussian_filter1d(bridged(pitches, voiced > 0), 4)
    energy = gaussian_filter1d(loud, 4)
    curve = standard(melody) + 0.6 * standard(energy) + 0.3 * standard(duration)
    stands = sum(wavelet(curve, s) for s in SCALES) / len(SCALES)
    out = np.zeros(total)
    time = np.arange(total) / TRUTH_RATE
    heights = []
    for v in stressed:
        a, b = (int(np.clip(t * TRUTH_RATE, 0, total - 1)) for t in (v.start - 0.03, v.end + 0.03))
        heights.append(stands[a : b + 1].max())
    scale = np.std(stands) + 1e-6
    for v, height in zip(stressed, heights, strict=True):
        bump = np.clip((time - v.start + 0.05) / 0.05, 0, 1) * np.clip((v.end + 0.07 - time) / 0.05, 0, 1)
        out = np.maximum(out, bump / (1 + np.exp(-2.0 * (height / scale - 0.9))))
    return out * np.clip(loud / 0.3, 0, 1)


def spread(total: int, points: list[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    values, known = np.zeros(total), np.zeros(total, bool)
    for t, x in points:
        k = int(np.clip(t * TRUTH_RATE, 0, total - 1))
        values[k], known[k] = x, True
    return values, known


def close_of(end: float, voiced: np.ndarray) -> np.ndarray:
    """Frames of voice (n,) that close a phrase; none where there is too little to hear a melody in."""
    last = int(end * TRUTH_RATE) + 5
    at = np.flatnonzero(voiced[:last] > 0)
    at = at[at >= last - int(1.5 * CLOSE * TRUTH_RATE)][-int(CLOSE * TRUTH_RATE) :]
    return at if len(at) >= 12 and at[-1] > last - 30 else at[:0]


def rise_of(end: float, pitches: np.ndarray, voiced: np.ndarray) -> float:
    """Semitones from the lowest pitch of a phrase's close to its last, less what it falls after its highest."""
    at = close_of(end, voiced)
    if not len(at):
        return 0.0
    melody = 12 * median_filter(pitches[at], 7, mode="nearest")
    kept = melody[np.abs(melody - np.median(melody)) < 9]  # an octave off is the tracker's error
    melody = kept if len(kept) else melody
    last = np.median(melody[-5:])
    return float(2 * last - melody.min() - melody.max())


def phrase_ends(words: list[Word], loud: np.ndarray, pitches: np.ndarray, voiced: np.ndarray) -> np.ndarray:
    """(E,4) rows as `Prosody.ends`. Strength: 1 for a sentence's end or a pause of 200 ms, less for less."""
    rows = []
    heard = loud > 0.2
    for k, w in enumerate(words):
        # the sound's own end: a synthesized line's last phone is written long past it
        following = words[k + 1].start if k + 1 < len(words) else len(loud) / TRUTH_RATE
        middle = int(min(0.5 * (w.end + following), w.end + 0.25) * TRUTH_RATE) + 1
        first = max(int(w.start * TRUTH_RATE), 0)
        before = np.flatnonzero(heard[first:middle])
        end = (first + before[-1] + 1) / TRUTH_RATE if len(before) else w.end
        after = np.flatnonzero(heard[int(end * TRUTH_RATE) + 1 :])
        pause = (after[0] + 1) / TRUTH_RATE if len(after) else 1.0
        if pause < SHORT_PAUSE or (following - w.end < SHORT_PAUSE and not w.mark and k + 1 < len(words)):
            pause, end = 0.0, w.end  # a stop's closure, or no gap at all
        strength = np.clip((pause - SHORT_PAUSE) / (PAUSE - SHORT_PAUSE), 0, 1)
        if w.mark:
            strength = max(strength, 1.0 if set(w.mark) & set(".?!;:") else 0.4)
        if k + 1 == len(words):
            strength = 1.0
        if strength >= 0.2:
            final = max((FINAL.get(c, 0.0) for c in w.mark), default=0.0)
            rows.append((end, strength, rise_of(end, pitches, voiced), final))
    return np.array(rows, np.float64).reshape(-1, 4)


def prosody(pcm: np.ndarray, words: list[Word]) -> Prosody:
    """pcm: clean speech (N,) int16 at 16 kHz."""
    sound = pcm.astype(np.float32) / 32768
    hertz, level = pitch(sound), decibels(sound)
    total = min(len(hertz), len(level))
    hertz, level = hertz[:total], level[:total]
    voiced = hertz > 0
    pitches = np.where(voiced, np.log2(np.maximum(hertz, 1) / 100), 0.0)
    loud = np.clip(1 + (level - np.percentile(level, 95)) / RANGE_DB, 0, 1)
    ends = phrase_ends(words, loud, pitches, voiced)
    time = np.arange(total) / TRUTH_RATE
    phrase_end, question = np.zeros(total), np.zeros(total)
    for end, strength, rise, final in ends:
        near = np.clip((time - end + BEFORE_END) / 0.06, 0, 1) * np.clip((end + AFTER_END - time) / 0.06, 0, 1)
        phrase_end = np.maximum(phrase_end, strength * near)
        near = (time >= end - BEFORE_RISE) & (time <= end + AFTER_RISE) & (final > 0)
        question[near] = np.clip((rise - RISE[0]) / (RISE[1] - RISE[0]), 0, 1)
    syllable = np.zeros(total)
    for w in words:
        for v in syllables(w.phones):
            syllable[int(np.clip(0.5 * (v.start + v.end) * TRUTH_RATE, 0, total - 1))] += 1
    return Prosody(
        pcm,
        pitches.astype(np.float32),
        voiced.astype(np.float32),
        loud.astype(np.float32),
        prominence(words, pitches, voiced, loud).astype(np.float32),
        phrase_end.astype(np.float32),
        question.astype(np.float32),
        syllable.astype(np.float32),
        ends.astype(np.float32),
    )


CURVES = [f.name for f in fields(Prosody)]
