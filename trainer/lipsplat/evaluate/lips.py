"""Lip figures: how the opening follows the sound, on the capture's held-out part and on voices and sentences nobody
trained on.

Opening is the detector's, on truth and render alike; for the unseen voices the truth is the subject's mesh, moved by
`performance.py` under the same smile that the avatar is given. Closure figures hold each curve against its own speaking
95th percentile; the affine map to mesh units (least squares, training frames) serves concordance and range alone.

The detector takes openings under about 2 mm for closed, so that the true footage itself scores near 3 in
`false_closure`, the `footage_*` row. `false_closure_detected` is therefore given beside it: the same ratio against the
mesh truth as the detector sees it, openings of training footage with the same mesh opening.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lipsplat.capture import HELD_OUT_FROM, Capture
from lipsplat.evaluate.closure import Clip, bilabial_closure, closed_vowels, false_closure, speaking_p95
from lipsplat.evaluate.detector import opening
from lipsplat.evaluate.distances import true_lip
from lipsplat.evaluate.drive import Avatar, Conditions, conditions_of, lip_of_frames, training_motion
from lipsplat.evaluate.metrics import affine_fit, concordance, correlation
from lipsplat.evaluate.sounds import RATE, noises, room_noise
from lipsplat.evaluate.subject import mesh_opening
from lipsplat.speech.dataset import read_phones, unheard_stems
from lipsplat.speech.features import lip_features
from lipsplat.speech.truth import Phone

FIT_EVERY = 6  # training frames used for the affine map
NEIGHBOURS = 25  # footage frames that stand for one mesh opening
NOISE_SHARE = 0.15  # of the speaking 95th percentile


@dataclass(frozen=True)
class Utterance:
    """One recording of an unseen voice and sentence, what moves the avatar with it, and the mesh's opening in dm."""

    name: str
    phones: list[Phone]
    frames: np.ndarray  # (n,) capture frames whose pose and expression go with it
    lip: np.ndarray  # (n,32)
    truth: np.ndarray  # (n,)


def unseen_utterances(capture: Capture, speech: Path, seconds: float) -> list[Utterance]:
    """Recordings of the held-out voices in turn, with sentences that training never heard, until `seconds` are reached;
    fewer if the set on disk is smaller."""
    import soundfile

    result, total = [], 0.0
    for index, stem in enumerate(unheard_stems()):
        if total >= seconds:
            break
        audio, rate = soundfile.read(stem.with_suffix(".flac"), dtype="float32")
        count, phones = int(len(audio) / rate * 25), read_phones(stem.with_suffix(".json"))
        frames = training_motion(count, index)
        lip = lip_of_frames(*lip_features(audio, rate, speech), count)
        truth = mesh_opening(phones, audio, rate, capture.expression[frames])[:count]
        result.append(Utterance(f"{stem.parent.name}/{stem.name}", phones, frames, lip, truth))
        total += len(audio) / rate
    return result


def lip_jobs(capture: Capture, avatar: Avatar, speech: Path, utterances: list[Utterance]) -> dict[str, Conditions]:
    """Everything to be rendered for the lip figures, by name."""
    voice = lip_of_frames(*lip_features(*capture.voice(), speech), len(capture))  # (F,32)
    held_out, training = np.arange(HELD_OUT_FROM, len(capture)), np.arange(0, HELD_OUT_FROM, FIT_EVERY)
    frozen = np.repeat(voice[:HELD_OUT_FROM].mean(0)[None], len(held_out), 0)
    dubbed = lip_of_frames(*lip_features(*capture.voice(), speech, ahead=True), len(capture))
    jobs = {
        "held out": conditions_of(capture, avatar, voice[held_out], held_out),
        "held out, dubbed": conditions_of(capture, avatar, dubbed[held_out], held_out),
        "held out, told": conditions_of(capture, avatar, true_lip(capture)[held_out], held_out),
        "frozen": conditions_of(capture, avatar, frozen, held_out),
        "training": conditions_of(capture, avatar, voice[training], training),
    }
    for index, (name, sound) in enumerate({"silence": room_noise(), **noises()}.items()):
        count = int(len(sound) / RATE * 25)
        lip = lip_of_frames(*lip_features(sound, RATE, speech), count)
        jobs[f"sound {name}"] = conditions_of(capture, avatar, lip, training_motion(count, index))
    for u in utterances:
        jobs[f"voice {u.name}"] = conditions_of(capture, avatar, u.lip, u.frames)
    return jobs


def curve(points: np.ndarray) -> tuple[np.ndarray, int]:
    """Opening (n,) of landmarks (n, 478, 2), frames without a face interpolated, and how many those are."""
    values = opening(points)
    found = np.isfinite(values)
    if not found.any():
        raise ValueError("the detector finds no face in any frame of a clip: look at the rendered frames")
    n = np.arange(len(values))
    return np.interp(n, n[found], values[found]), int((~found).sum())


def as_detected(mesh: np.ndarray, footage_mesh: np.ndarray, footage_seen: np.ndarray) -> np.ndarray:
    """Mesh openings (n,) as the detector would see them: the median over the footage frames (m,) nearest in opening."""
    order = np.argsort(footage_mesh)
    first = np.searchsorted(footage_mesh[order], mesh) - NEIGHBOURS // 2
    near = np.clip(first, 0, len(order) - NEIGHBOURS)[:, None] + np.arange(NEIGHBOURS)  # (n, neighbours)
    return np.median(footage_seen[order][near], 1)


def footage_figures(capture: Capture, points: np.ndarray, phones: list[Phone]) -> dict[str, float]:
    """What the true footage scores by the route of the avatar: the detector's own limits. points (F, 478, 2)."""
    seen, mesh = Clip(curve(points)[0], phones), Clip(capture.opening(), phones)
    hits, count = bilabial_closure([seen])
    return {
        "footage_lip_r_mesh": correlation(seen.opening, mesh.opening),
        "footage_bilabial_closure": hits / count,
        "footage_false_closure": false_closure([seen], [mesh]),
    }


def lip_figures(
    capture: Capture, truth_points: np.ndarray, rendered: dict[str, np.ndarray], utterances: list[Utterance]
) -> tuple[dict[str, float | int | None], dict[str, tuple[np.ndarray, np.ndarray]]]:
    """Figures by key, and curves (truth, avatar) by clip. truth_points (F, 478, 2); rendered landmarks by job."""
    curves = {name: curve(points) for name, points in rendered.items()}
    misses = sum(missed for _, missed in curves.values())
    true_held_out = curve(truth_points[HELD_OUT_FROM:])[0]
    held_out, training = curves["held out"][0], curves["training"][0]
    slope, intercept = affine_fit(training, capture.opening()[:HELD_OUT_FROM:FIT_EVERY])
    figures: dict[str, float | int | None] = {
        "lip_r_heldout": correlation(true_held_out, held_out),
        "lip_ccc_heldout": concordance(true_held_out, held_out),
        "detector_misses": misses,
    }
    shown = {"held out": (true_held_out, held_out)}
    if not utterances:
        return figures | dict.fromkeys(UNSEEN_KEYS), shown
    said = [Clip(curves[f"voice {u.name}"][0], u.phones) for u in utterances]
    meant = [Clip(u.truth, u.phones) for u in utterances]
    footage = capture.opening()[:HELD_OUT_FROM], curve(truth_points[:HELD_OUT_FROM])[0]
    detected = [Clip(as_detected(u.truth, *footage), u.phones) for u in utterances]
    mapped = [Clip(slope * c.opening + intercept, c.phones) for c in said]
    all_mapped, all_meant = (np.concatenate([c.opening for c in clips]) for clips in (mapped, meant))
    (hits, count), p95 = bilabial_closure(said), speaking_p95(said)
    true_hits, _ = bilabial_closure(meant)
    noise = np.concatenate(
        [curves[name][0] for name in rendered if name.startswith("sound ") and name != "sound silence"]
    )
    figures |= {
        "lip_r_unseen": correlation(all_meant, all_mapped),
        "lip_ccc_unseen": concordance(all_meant, all_mapped),
        "bilabial_closure": hits / count,
        "bilabial_phones": count,
        "bilabial_closure_truth": true_hits / count,
        "false_closure": false_closure(said, meant),
        "false_closure_detected": false_closure(said, detected),
        "closed_vowels": closed_vowels(said),
        "closed_vowels_truth": closed_vowels(meant),
        "speaking_range": speaking_p95(mapped) / speaking_p95(meant),
        "silence_opening": float(curves["sound silence"][0].max()) / p95,
        "noise_opening": float((noise > NOISE_SHARE * p95).mean()),
        "unseen_seconds": sum(len(u.truth) for u in utterances) / 25,
        "unseen_voices": len({u.name.split("/")[0] for u in utterances}),
    }
    shown |= {u.name: (u.truth, m.opening) for u, m in zip(utterances, mapped, strict=True)}
    return figures, shown


UNSEEN_KEYS = (
    "lip_r_unseen",
    "lip_ccc_unseen",
    "bilabial_closure",
    "bilabial_phones",
    "bilabial_closure_truth",
    "false_closure",
    "false_closure_detected",
    "closed_vowels",
    "closed_vowels_truth",
    "speaking_range",
    "silence_opening",
    "noise_opening",
    "unseen_seconds",
    "unseen_voices",
)
