"""Frames of the shipped page against the trainer's: same sound, drawn in Chromium by the real player.

`bench/page-frames.mjs FOLDER` reads FOLDER/request.json and leaves, for every sound k, lip-k.f32 (features [n, 32] of
the page's encoder) and k-FRAME.png for each frame asked for, drawn with the page's own features.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from lipsplat.capture import HELD_OUT_FROM, Capture
from lipsplat.evaluate.detector import landmarks, opening
from lipsplat.evaluate.drive import Avatar, Conditions, conditions_of, lip_of_frames, portraits
from lipsplat.evaluate.metrics import correlation, psnr
from lipsplat.paths import REPOSITORY
from lipsplat.restore.attach import finisher
from lipsplat.speech.features import lip_features, to_rate

SCRIPT = REPOSITORY / "bench" / "page-frames.mjs"
RATE = 16000
HELD_OUT_FRAMES, SPEECH_FRAMES = 20, 100
KEYS = ("page_psnr_db", "page_psnr_db_min", "page_opening_r", "page_lip_max_diff", "page_renderer")
LONGEST_RUN_S = 900


@dataclass(frozen=True)
class Sound:
    """One sound (N,) at 16 kHz, the frames of it to draw, and what decides them besides the lips."""

    pcm: np.ndarray
    frames: np.ndarray  # (n,) of the sound
    conditions: Conditions  # n


def page_sounds(
    capture: Capture, avatar: Avatar, speech: Path, clip: tuple[np.ndarray, int], pose: np.ndarray
) -> list[Sound]:
    """The capture's voice with 20 held-out frames; an unseen voice's `clip` (sound, rate), its first 100 frames."""
    held_out = np.linspace(HELD_OUT_FROM, len(capture) - 1, HELD_OUT_FRAMES).round().astype(int)
    result = []
    for (audio, rate), frames, posed_by in (
        (capture.voice(), held_out, held_out),
        (clip, np.arange(min(SPEECH_FRAMES, len(pose))), pose[:SPEECH_FRAMES]),
    ):
        pcm = to_rate(audio, rate, RATE)
        lip = lip_of_frames(*lip_features(pcm, RATE, speech), frames[-1] + 1)[frames]
        result.append(Sound(pcm, frames, conditions_of(capture, avatar, lip, posed_by)))
    return result


def write_request(folder: Path, sounds: list[Sound]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    request: dict[str, list] = {"sounds": []}
    for k, sound in enumerate(sounds):
        sound.pcm.astype("<f4").tofile(folder / f"sound-{k}.f32")
        c = sound.conditions
        rows = zip(sound.frames, c.expression, c.rotation, c.translation, c.torso, strict=True)
        names = ("frame", "expression", "rotation", "translation", "torsoFrame")
        request["sounds"].append([{n: np.asarray(v).tolist() for n, v in zip(names, row, strict=True)} for row in rows])
    (folder / "request.json").write_text(json.dumps(request))


def page_figures(folder: Path, avatar: Avatar, sounds: list[Sound], speech: Path) -> dict[str, float | str | None]:
    """Runs the page on `sounds` and compares. Raises RuntimeError with the script's last words where it fails."""
    node = shutil.which("node")
    if node is None:
        raise RuntimeError("node is not on the PATH: install Node 20 or later")
    run = subprocess.run(
        [node, str(SCRIPT), str(folder)],
        check=False,
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=LONGEST_RUN_S,
    )
    if run.returncode:
        raise RuntimeError(f"{SCRIPT.name} failed: {run.stdout.decode(errors='replace')[-2000:].strip()}")
    return compare(folder, avatar, sounds, speech)


def compare(folder: Path, avatar: Avatar, sounds: list[Sound], speech: Path) -> dict[str, float | str | None]:
    likeness, lip_diff, curves, finish = [], 0.0, [], finisher(avatar)
    for k, sound in enumerate(sounds):
        c = sound.conditions
        drawn = zip(portraits(avatar, c), c.rotation, c.translation, strict=True)
        ours = [finish(*frame) for frame in drawn]
        theirs = [cv2.imread(str(folder / f"{k}-{frame}.png"))[..., ::-1] for frame in sound.frames]
        likeness += [psnr(a / 255.0, b / 255.0) for a, b in zip(ours, theirs, strict=True)]
        curves.append((opening(landmarks(ours)), opening(landmarks(theirs))))
        lip = np.fromfile(folder / f"lip-{k}.f32", "<f4").reshape(-1, 32)
        _, expected = lip_features(sound.pcm, RATE, speech)
        n = min(len(lip), len(expected))
        lip_diff = max(lip_diff, float(np.abs(lip[:n] - expected[:n]).max()))
    speaking = np.stack(curves[-1])  # (2,n)
    speaking = speaking[:, np.isfinite(speaking).all(0)]
    return {
        "page_psnr_db": float(np.mean(likeness)),
        "page_psnr_db_min": float(np.min(likeness)),
        "page_opening_r": correlation(*speaking),
        "page_lip_max_diff": lip_diff,
        "page_renderer": json.loads((folder / "page.json").read_text())["renderer"],
    }
