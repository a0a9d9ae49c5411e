"""How well the cues are told: against the truth of recordings that no training heard, clean and through a microphone.

Recordings of one voice are heard one after the other, as a player hears them: from the first on nothing is known of the
voice. Keys end in whose recordings: `clips` (heard voices, unheard words), `voices` (unheard voices), `real` (LJSpeech,
unheard clips); half of each with another melody (`contour`). `_noisy`: with `speech.augment` upon them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import torch
from scipy.stats import rankdata

from lipsplat.expression.dataset import sources
from lipsplat.expression.features import cues_of, load_cues_model
from lipsplat.expression.model import NAMES
from lipsplat.expression.prosody import RISE, STRONG, Prosody
from lipsplat.expression.train import FRAME, TRUTH, truth_of
from lipsplat.paths import MODELS
from lipsplat.speech import augment
from lipsplat.speech.names import RATE
from lipsplat.speech.streaming import look_ahead_ms, pace, streaming_max_diff
from lipsplat.speech.truth import TRUTH_RATE

SPLITS = {"clip": "clips", "voice": "voices", "real": "real"}
STREAM = 60  # seconds at most of one voice
NEAR = 0.3  # seconds that a told phrase end may be off


@dataclass(frozen=True)
class Heard:
    """One voice for up to a minute, at 25 cues a second."""

    pcm: np.ndarray  # (N,) float32 in ±1
    truth: np.ndarray  # (n,9) columns of `TRUTH`
    ends: np.ndarray  # (E,4) as in `Prosody`
    cues: np.ndarray  # (n,8)

    def true(self, name: str) -> np.ndarray:
        return self.truth[:, TRUTH.index("relative" if name == "pitch" else name)]

    def told(self, name: str) -> np.ndarray:
        return self.cues[:, NAMES.index(name)]


def hear(clips: list[Prosody], model_dir: Path, noisy: bool, seed: int) -> Heard:
    frames = [min(len(c.pcm) // FRAME, len(c.pitch)) for c in clips]
    pcm = np.concatenate([c.pcm[: n * FRAME] for c, n in zip(clips, frames, strict=True)]).astype(np.float32) / 32768
    curves = {k: np.concatenate([getattr(c, k)[:n] for c, n in zip(clips, frames, strict=True)])
              for k in ("voiced", "prominence", "phrase_end", "question", "loudness", "pitch", "syllable")}  # fmt: skip
    middle = float(np.median(curves["pitch"][curves["voiced"] > 0]))
    starts = np.concatenate([[0], np.cumsum(frames)[:-1]]) / TRUTH_RATE
    ends = np.concatenate([c.ends + np.array([[s, 0, 0, 0]]) for c, s in zip(clips, starts, strict=True)])
    if noisy:
        generator = torch.Generator().manual_seed(seed)
        pcm = augment.augment(torch.from_numpy(pcm)[None], torch.zeros(1, dtype=torch.bool), generator)[0].numpy()
    times, cues = cues_of(pcm, RATE, model_dir)
    at = np.minimum(np.round(times * TRUTH_RATE).astype(int), sum(frames) - 1)
    return Heard(pcm, truth_of(curves, middle)[at], ends, cues)


def streams(split: str, model_dir: Path, noisy: bool) -> list[Heard]:
    """Every voice of a split, of the truth that is made."""
    held = [s for s in sources() if s.split == split and s.truth.exists()]
    out = []
    for k, (_, mine) in enumerate(groupby(sorted(held, key=lambda s: (s.voice, s.name)), key=lambda s: s.voice)):
        clips, seconds = [], 0.0
        for source in mine:
            clip = source.load()
            if seconds + len(clip.pcm) / RATE > STREAM * (4 if split == "real" else 1):
                break
            clips.append(clip)
            seconds += len(clip.pcm) / RATE
        if clips:
            out.append(hear(clips, model_dir, noisy, k))
    return out


def correlation(ours: np.ndarray, truth: np.ndarray) -> float:
    return float(np.corrcoef(ours, truth)[0, 1])


def area(score: np.ndarray, positive: np.ndarray) -> float:
    """Area under the ROC curve."""
    n, m = int(positive.sum()), int((~positive).sum())
    return float((rankdata(score)[positive].sum() - n * (n + 1) / 2) / max(n * m, 1))


def f1(hits: int, told: int, true: int) -> float:
    return 2 * hits / max(told + true, 1)


def runs(high: np.ndarray) -> list[tuple[float, float]]:
    """(first, last) seconds of every run of cues that are high."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], high.astype(int), [0]])))
    return [((a + 0.5) / 25, (b - 0.5) / 25) for a, b in edges.reshape(-1, 2)]


def end_events(heard: list[Heard]) -> tuple[float, int]:
    """F1 of phrase ends told by runs over a half, and how many there are; weak ends count neither way."""
    hits = told = true = 0
    for h in heard:
        strong = h.ends[h.ends[:, 1] >= STRONG, 0]
        found = [[a - NEAR <= e <= b + NEAR for e in strong] for a, b in runs(h.told("phrase_end") > 0.5)]
        weak = [any(a - NEAR <= e <= b + NEAR for e in h.ends[:, 0]) for a, b in runs(h.told("phrase_end") > 0.5)]
        matched = int(np.any(found, axis=0).sum()) if found and len(strong) else 0
        hits, true = hits + matched, true + len(strong)
        told += matched + sum(not w for w in weak)
    return f1(hits, told, true), true


def closes(heard: list[Heard]) -> tuple[np.ndarray, np.ndarray]:
    """Of every strong phrase end, the highest question cue about it, and the semitones that it rises, (E,).

    A rise where the sentence goes on counts as none.
    """
    score, rise = [], []
    for h in heard:
        times = (np.arange(len(h.cues)) + 0.5) / 25
        for end, strength, semitones, final in h.ends:
            near = (times > end - 0.2) & (times < end + 0.4)
            if strength >= STRONG and near.any():
                score.append(h.told("question")[near].max())
                rise.append(semitones if final else 0.0)
    return np.array(score), np.array(rise)


def figures_of(heard: list[Heard]) -> dict[str, float]:
    def joined(which: str, name: str) -> np.ndarray:
        return np.concatenate([getattr(h, which)(name) for h in heard])

    voiced, speech = joined("true", "voiced") > 0.5, joined("true", "loudness") > 0.15
    out = {"voiced_auc": area(joined("told", "voiced"), voiced)}
    for name, where in (("loudness", speech), ("pitch", voiced), ("prominence", speech), ("arousal", speech)):
        out[f"{name}_r"] = correlation(joined("told", name)[where], joined("true", name)[where])
    out["phrase_end_auc"] = area(joined("told", "phrase_end"), joined("true", "phrase_end") >= 0.5)
    out["phrase_end_f1"], out["phrase_ends"] = end_events(heard)
    score, rise = closes(heard)
    rising, clear = rise >= RISE[1], (rise >= RISE[1]) | (rise < RISE[0])
    out["question_auc"] = area(score[clear], rising[clear])
    out["question_f1"] = f1(int((score > 0.5)[rising].sum()), int((score > 0.5)[clear].sum()), int(rising.sum()))
    out["rising_closes"] = int(rising.sum())
    out["minutes"] = sum(len(h.cues) for h in heard) / 25 / 60
    return out


def quiet(model_dir: Path) -> float:
    """The highest voiced cue in 5 s of silence and of a quiet room, after the first second."""
    room = 10 ** (-50 / 20) * augment.coloured_noise(torch.Generator().manual_seed(4), torch.ones(1, 1), 5 * RATE)[0]
    return max(float(cues_of(x, RATE, model_dir)[1][25:, 0].max()) for x in (np.zeros(5 * RATE), room.numpy()))


def asked(split: str) -> tuple[int, float]:
    """How many phrases of a split end with a "?", and how many of them rise, without another melody."""
    ends = [s.load().ends for s in sources() if s.split == split and not s.sung and s.truth.exists()]
    marked = np.concatenate([e[e[:, 3] > 1, 2] for e in ends]) if ends else np.zeros(0)
    return len(marked), float((marked >= RISE[0]).mean()) if len(marked) else 0.0


def cues_report(model_dir: Path = MODELS / "speech") -> dict[str, float]:
    """Every figure of the cues at `model_dir`."""
    model = load_cues_model(Path(model_dir))
    figures: dict[str, float] = {}
    for split, suffix in SPLITS.items():
        for noisy in (False, True):
            heard = streams(split, Path(model_dir), noisy)
            if heard:
                tail = f"_{suffix}{'_noisy' if noisy else ''}"
                figures |= {k + tail: round(v, 3) for k, v in figures_of(heard).items()}
                if suffix == "real" and not noisy:
                    figures["cues_streaming_max_diff"] = streaming_max_diff(model, heard[0].pcm[: 20 * RATE])
    figures["asked_train"], rising = asked("train")
    figures["asked_rising_train"] = round(rising, 3)
    figures["voiced_in_silence"] = round(quiet(Path(model_dir)), 3)
    figures["cues_look_ahead_ms"] = look_ahead_ms(model) - 500 / model.feature_rate  # a cue stands for its hop's middle
    figures["cues_bytes"] = model.bytes
    figures["cues_ms_per_s_native"] = round(pace(model), 2)
    return figures
