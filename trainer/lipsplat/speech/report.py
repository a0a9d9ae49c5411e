"""How well the speech encoder moves a mouth, before any picture: the shared figures, suffixed `_encoder`, and `_ahead`
for the one that dubs hear with. `unseen`: voices and sentences that no training heard; `unseen_told`: such voices with
sentences that training voices say too.

Opening is the feature's own component against the mesh truth; frames are at 25 a second, frame i under feature 2i + 1.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

from lipsplat.evaluate.metrics import concordance, correlation
from lipsplat.paths import MODELS
from lipsplat.speech import augment, dataset
from lipsplat.speech.align import align_synthetic, aligner_error, as_late, real_closure_names, real_test_names
from lipsplat.speech.features import lip_features, load_speech_model, to_rate
from lipsplat.speech.names import RATE
from lipsplat.speech.streaming import look_ahead_ms, pace, streaming_max_diff
from lipsplat.speech.truth import (
    OPENING_UNIT,
    TRUTH_RATE,
    Loudness,
    Phone,
    mouth,
    targets,
    utterance,
    viseme_matrix,
    viseme_of,
)

FPS = 25
OPENING = 15
CLOSED_SHARE = 0.10  # of the speaking 95th percentile
NOISY_SHARE = 0.15
REAL_SLACK = 0.04  # seconds about a real voice's phones, whose times are the aligner's
VOWELS = ("viseme_aa", "viseme_E", "viseme_O", "viseme_I", "viseme_U")


@dataclass(frozen=True)
class Spoken:
    """One recording seen at 25 frames a second."""

    times: np.ndarray  # (F,) seconds
    opening: np.ndarray  # (F,) predicted, in feature units
    truth: np.ndarray  # (F,) mesh truth, in the same units
    phones: list[Phone]


Hear = Callable[[np.ndarray, int], tuple[np.ndarray, np.ndarray]]  # as `lip_features`


def spoken(audio: np.ndarray, rate: int, phones: list[Phone], hear: Hear) -> Spoken:
    _, lip = hear(audio, rate)
    frames = len(lip) // 2
    times = (np.arange(frames) + 0.5) / FPS
    weights, _ = viseme_matrix(phones, Loudness(audio, rate), times)
    truth = np.maximum(weights @ mouth().opening, 0.0) / OPENING_UNIT
    return Spoken(times, lip[1::2, OPENING][:frames], truth, phones)


def synthetic_voices(hear: Hear, stems: list[Path]) -> list[Spoken]:
    return [spoken(*dataset.synthetic_sound(s), hear) for s in stems]


def aligned_voices(stems: list[Path]) -> list[Spoken]:
    """What can be heard by whom each sentence is told: the mouth of the aligner's phones, where it finds any."""
    found = {stem: as_late(align_synthetic(stem)) for stem in stems}

    def hear(phones: list[Phone], audio: np.ndarray, rate: int) -> tuple[np.ndarray, np.ndarray]:
        lip = targets(utterance(audio, rate, phones))[::2]
        return np.arange(len(lip)) / (TRUTH_RATE / 2), lip

    return [spoken(*dataset.synthetic_sound(s), partial(hear, phones)) for s, phones in found.items() if phones]


def real_voice(hear: Hear, names: list[str]) -> list[Spoken]:
    from lipsplat.speech.align import LJSPEECH, real_phones

    return [spoken(*dataset.read_sound(LJSPEECH / f"{n}.flac"), real_phones(n), hear) for n in names]


def held_out_capture(hear: Hear) -> list[Spoken]:
    """The capture's own voice from its held-out frames on, heard from the start as a player would."""
    audio, rate = dataset.read_sound(dataset.CAPTURE / "voice.flac")
    whole = spoken(audio, rate, dataset.capture_phones(), hear)
    late = whole.times > dataset.HELD_OUT_SECONDS
    phones = [p for p in whole.phones if p.start >= dataset.HELD_OUT_SECONDS]
    return [Spoken(whole.times[late], whole.opening[late], whole.truth[late], phones)]


def while_speaking(clip: Spoken) -> np.ndarray:
    """Mask (F,) of the frames inside a spoken phone."""
    return np.any([(clip.times >= p.start) & (clip.times < p.end) for p in clip.phones if p.symbol], axis=0)


def closures(clips: Iterable[Spoken], which: str, limit: float, slack: float = 0.02) -> tuple[float, int]:
    """Share and count of /p b m/ with a closed frame whose centre is within the phone ± `slack` seconds."""
    hits = []
    for clip in clips:
        signal = getattr(clip, which)
        for p in clip.phones:
            near = (clip.times >= p.start - slack - 1e-6) & (clip.times <= p.end + slack + 1e-6)
            if viseme_of(p) == "viseme_PP" and near.any():
                hits.append(bool((signal[near] <= limit).any()))
    return float(np.mean(hits)), len(hits)


def closed_vowels(clips: Iterable[Spoken], which: str, limit: float) -> float:
    """Share of vowels closed at their middle."""
    hits = []
    for clip in clips:
        signal = getattr(clip, which)
        for p in clip.phones:
            if viseme_of(p) in VOWELS and p.symbol not in "jw" and p.end <= clip.times[-1]:
                hits.append(np.interp(0.5 * (p.start + p.end), clip.times, signal) <= limit)
    return float(np.mean(hits))


def lips(clips: list[Spoken], suffix: str, slack: float = 0.02) -> dict[str, float]:
    ours, truth = (np.concatenate([getattr(c, k) for c in clips]) for k in ("opening", "truth"))
    speaking = np.concatenate([while_speaking(c) for c in clips])
    wide, true_wide = np.percentile(ours[speaking], 95), np.percentile(truth[speaking], 95)
    closed, count = closures(clips, "opening", CLOSED_SHARE * wide, slack)
    true_closed, _ = closures(clips, "truth", CLOSED_SHARE * true_wide, slack)
    false = closed_vowels(clips, "opening", CLOSED_SHARE * wide) + 0.02
    false /= closed_vowels(clips, "truth", CLOSED_SHARE * true_wide) + 0.02
    figures = {
        "lip_r": correlation(ours, truth),
        "lip_ccc": concordance(ours, truth),
        "bilabial_closure": closed,
        "bilabial_closure_truth": true_closed,
        "bilabials": count,
        "false_closure": false,
        "speaking_range": float(wide / true_wide),
        "jitter": float(np.abs(np.diff(ours, 2)).mean() / np.abs(np.diff(truth, 2)).mean()),
        "minutes": len(ours) / FPS / 60,
    }
    return {f"{k}_{suffix}": round(v, 4) for k, v in figures.items()}


def speaking_wide(hear: Hear) -> float:
    """95th percentile of the opening while the capture's voice speaks, in feature units."""
    audio, rate = dataset.read_sound(dataset.CAPTURE / "voice.flac")
    clip = spoken(audio, rate, dataset.capture_phones(), hear)
    return float(np.percentile(clip.opening[while_speaking(clip)], 95))


def quiet(hear: Hear, wide: float) -> dict[str, float]:
    """Openings under sounds that are no speech, over the speaking 95th percentile."""
    generator = torch.Generator().manual_seed(90)
    room = 10 ** (-50 / 20) * augment.coloured_noise(generator, torch.tensor([[1.0]]), 5 * RATE)[0].numpy()
    silence = hear(room, RATE)[1][:, OPENING]
    n = 15 * RATE
    sounds = {
        "pink": augment.coloured_noise(generator, torch.tensor([[1.0]]), n)[0],
        "clicks": augment.clicks(generator, n),
        "breath": augment.breath(generator, n),
        "chords": augment.chords(generator, n),
    }
    rising = 10 ** (torch.linspace(-40, -20, n) / 20)
    opened = {}
    for name, sound in sounds.items():
        lip = hear((sound * rising).clamp(-1, 1).numpy(), RATE)[1]
        opened[name] = lip[:, OPENING] > NOISY_SHARE * wide
    return {
        "silence_opening_encoder": round(float(silence.max() / wide), 4),
        "noise_opening_encoder": round(float(np.concatenate(list(opened.values())).mean()), 4),
        **{f"noise_opening_{k}_encoder": round(float(o.mean()), 4) for k, o in opened.items()},
    }


def speech_report(model_dir: Path = MODELS / "speech") -> dict[str, float]:
    """Every figure of the speech model at `model_dir`; of the speech set and LJSpeech where prepared."""
    model_dir = Path(model_dir)
    model = load_speech_model(model_dir)
    audio, rate = dataset.read_sound(dataset.CAPTURE / "voice.flac")
    figures: dict[str, float] = {}
    closure_names, unheard = real_closure_names(), real_test_names()
    sentences = dataset.unheard_stems()
    held_out = dataset.synthetic_stems(voices_held_out=True)
    told = [s for s in held_out if s not in sentences]
    live = partial(lip_features, model_dir=model_dir)
    ahead = partial(live, ahead=True)
    for suffix, clips, slack in (
        ("unseen_encoder", synthetic_voices(live, sentences), 0.02),
        ("unseen_told_encoder", synthetic_voices(live, told), 0.02),
        ("heldout_encoder", held_out_capture(live), 0.02),
        ("real_encoder", real_voice(live, unheard), 0.02),
        ("lj_encoder", real_voice(live, closure_names), REAL_SLACK),
        ("lj_unheard_encoder", real_voice(live, [n for n in closure_names if n in unheard]), REAL_SLACK),
        ("unseen_ahead", synthetic_voices(ahead, sentences), 0.02),
        ("heldout_ahead", held_out_capture(ahead), 0.02),
        ("lj_ahead", real_voice(ahead, closure_names), REAL_SLACK),
    ):
        if clips:
            figures |= lips(clips, suffix, slack)
    if figures.get("bilabials_lj_encoder"):
        figures |= {k: round(v, 4) for k, v in aligner_error(held_out).items()}
        figures |= lips(aligned_voices(sentences), "unseen_aligner")
    figures |= quiet(live, speaking_wide(live))
    figures["look_ahead_ms"] = look_ahead_ms(model)
    figures["streaming_max_diff"] = streaming_max_diff(model, to_rate(audio[: 8 * rate], rate, RATE))
    figures["encoder_bytes"] = json.loads((model_dir / "speech.json").read_text())["file"]["bytes"]
    figures["encoder_ms_per_s_native"] = round(pace(model), 2)
    return figures
