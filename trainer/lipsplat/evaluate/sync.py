"""Lips against sound as others would judge them: the discriminator on the avatar, and real speakers beside it.

An offset counts frames that the mouth comes after its sound; 0 is a real clip in sync. Mouths moved by the synthetic
voices' own phone times, the capture's and so the avatar's, are `lipsplat.sync.clips.LATE_MOUTH` frames late by design.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lipsplat.capture import HELD_OUT_FROM, Capture
from lipsplat.evaluate.closure import FPS
from lipsplat.evaluate.detector import landmarks, opening
from lipsplat.evaluate.drive import Avatar, Conditions, conditions_of, lip_of_frames, portraits, training_motion
from lipsplat.evaluate.metrics import concordance
from lipsplat.paths import MODELS, SHARED
from lipsplat.speech import dataset
from lipsplat.speech.features import lip_features, to_rate
from lipsplat.speech.names import RATE
from lipsplat.sync.batches import load_clips
from lipsplat.sync.clips import CLIPS
from lipsplat.sync.crops import crop_frames
from lipsplat.sync.evaluate import REAL_CLIPS, real_offsets, sync_accuracy
from lipsplat.sync.model import Discriminator
from lipsplat.sync.offset import FARTHEST, embeddings, find_offset, read_video
from lipsplat.sync.weights import shipped_discriminator

OPENING = 15  # of the lip feature
SECONDS = 4.0  # of each unseen voice
KEYS = (
    "sync_accuracy",
    "sync_real_clips",
    "avatar_sync_offset",
    "avatar_sync_confidence",
    "avatar_sync_similarity",
    "footage_sync_offset",
    "footage_sync_confidence",
    "footage_sync_similarity",
    "grid_opening_ccc",
    "grid_opening_ccc_encoder",
    "grid_opening_ccc_ahead",
)

Clip = tuple[np.ndarray, np.ndarray]  # crops (F,72,96) uint8 and sound (N,) at 16 kHz


def real_speakers(folder: Path = REAL_CLIPS) -> list[Clip]:
    """Frames (F,H,W,3) and sound of the films of real people; none where they are not on this machine."""
    return [read_video(p) for p in sorted(folder.glob("*.mp*g")) + sorted(folder.glob("*.mp4"))]


def filled(curve: np.ndarray) -> np.ndarray:
    """A curve (n,) with its gaps interpolated."""
    seen, at = np.isfinite(curve), np.arange(len(curve))
    return np.interp(at, at[seen], curve[seen])


def standard(curve: np.ndarray) -> np.ndarray:
    return (curve - curve.mean()) / max(float(curve.std()), 1e-9)


def agreement(curves: list[tuple[np.ndarray, np.ndarray]]) -> float | None:
    """CCC of all clips pooled, each curve (n,) brought to mean 0 and deviation 1; None of nothing."""
    if not curves:
        return None
    ours, theirs = (np.concatenate([standard(c[k][: min(map(len, c))]) for c in curves]) for k in (0, 1))
    return concordance(ours, theirs)


def encoder_agreement(speakers: list[Clip], lips: list[np.ndarray], speech: Path, ahead: bool) -> float | None:
    """CCC of the encoder's opening with the speakers' own lips (n,), heard from the same films, live or `ahead`."""
    heard = [lip_of_frames(*lip_features(s, RATE, speech, ahead), len(f))[:, OPENING] for f, s in speakers]
    return agreement(list(zip(heard, lips, strict=True)))


def sync_curve(model: Discriminator, clips: list[Clip], name: str) -> dict[str, float]:
    """Offset, confidence and similarity of the mean curve over all clips, as LSE-C and LSE-D take one for each."""
    curve = np.nanmean([find_offset(*embeddings(model, *clip)).curve for clip in clips], 0)  # (31,)
    return {
        f"{name}_sync_offset": int(np.nanargmax(curve)) - FARTHEST,
        f"{name}_sync_confidence": float(np.nanmax(curve) - np.nanmedian(curve)),
        f"{name}_sync_similarity": float(np.nanmax(curve)),
    }


def filmed(avatar: Avatar, conditions: Conditions) -> tuple[np.ndarray, np.ndarray]:
    """Crops (n,72,96) and lip openings (n,) of the avatar's frames."""
    frames = np.stack(list(portraits(avatar, conditions)))
    points = landmarks(frames)
    return crop_frames(frames, points), filled(opening(points))


def driven(capture: Capture, avatar: Avatar, speech: Path, sound: np.ndarray, index: int) -> Conditions:
    """What `sound` (N,) at 16 kHz makes of the avatar, over training frames' pose and expression."""
    count = int(len(sound) / RATE * FPS)
    lip = lip_of_frames(*lip_features(sound, RATE, speech), count)
    return conditions_of(capture, avatar, lip, training_motion(count, index))


def unseen_sounds() -> list[np.ndarray]:
    """The beginning of one recording of each held-out voice, (N,) at 16 kHz."""
    stems = {s.parent.name: s for s in reversed(dataset.synthetic_stems(voices_held_out=True))}
    sounds = [to_rate(*dataset.synthetic_sound(s)[:2], RATE) for s in stems.values()]
    return [s[: int(SECONDS * RATE)] for s in sounds]


def sync_figures(
    capture: Capture, avatar: Avatar, speech: Path = MODELS / "speech", points: np.ndarray | None = None
) -> dict[str, float | int | None]:
    """All of KEYS; None where data or the discriminator are not on this machine. points (F,478,2): the footage's."""
    figures: dict[str, float | int | None] = dict.fromkeys(KEYS)
    speakers = real_speakers() if SHARED.exists() else []
    lips = [filled(opening(landmarks(frames))) for frames, _ in speakers]
    rendered = [filmed(avatar, driven(capture, avatar, speech, s, i)) for i, (_, s) in enumerate(speakers)]
    figures["grid_opening_ccc"] = agreement([(seen[1], lip) for seen, lip in zip(rendered, lips, strict=True)])
    figures["grid_opening_ccc_encoder"] = encoder_agreement(speakers, lips, speech, ahead=False)
    figures["grid_opening_ccc_ahead"] = encoder_agreement(speakers, lips, speech, ahead=True)
    model = shipped_discriminator()
    if any((CLIPS / "test").glob("*.npz")):
        figures["sync_accuracy"] = sync_accuracy(model, load_clips(CLIPS / "test"))["sync_accuracy"]
    if speakers:
        figures["sync_real_clips"] = real_offsets(model)["clips_found"]
    if sounds := unseen_sounds():
        films = [(filmed(avatar, driven(capture, avatar, speech, s, i))[0], s) for i, s in enumerate(sounds)]
        figures |= sync_curve(model, films, "avatar")
    if points is not None:
        voice = to_rate(*capture.voice(), RATE)[int(HELD_OUT_FROM / FPS * RATE) :]
        footage = crop_frames(capture.frames(HELD_OUT_FROM), points[HELD_OUT_FROM:])
        figures |= sync_curve(model, [(footage, voice)], "footage")
    return figures
