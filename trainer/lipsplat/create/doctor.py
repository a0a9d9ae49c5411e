"""What is wrong with footage, each in one sentence that names the frame and the remedy, before an hour is spent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from lipsplat.capture import FPS
from lipsplat.create.crop import CHIN, CROWN, FOREHEAD
from lipsplat.create.examine import Examination

SHORTEST, SHORT = 2.0, 60.0  # seconds
SLOWEST = 20.0  # pictures a second
SMALLEST, SMALL = 48, 130  # pixels from forehead to chin
BLACK, DARK, BRIGHT = 16, 60, 0.10  # mean of the picture, mean of the face, share of the face burnt out
CUT, CUT_TIMES = 6.0, 8.0  # change of the picture in one frame: at least, and against the usual one
LOST, MISSING = 0.02, 0.20  # shares of frames: worth a word; too many
YAW, PITCH = np.radians(40), np.radians(35)
SILENT = 1e-3  # rms, of ±1
SURE = 0.07  # the discriminator's confidence from which its word counts: by strangers' sounds it reaches 0.069
LATE, TOO_LATE = 80, 200  # ms
CHEEKS = (234, 454)  # landmarks


@dataclass(frozen=True)
class Finding:
    code: str
    stops: bool  # nothing good can be made until it is put right
    text: str  # one sentence: what, at which frame, and what to do
    frame: int | None = None  # at 25 a second


def diagnose(e: Examination) -> list[Finding]:
    """Everything wrong, what stops first."""
    checks: tuple[Callable[[Examination], Iterator[Finding]], ...] = (
        length, rate, brightness, faces, sight, cuts, sound, sync,
    )  # fmt: skip
    found = [finding for check in checks for finding in check(e)]
    return sorted(found, key=lambda f: not f.stops)


def length(e: Examination) -> Iterator[Finding]:
    seconds = len(e) / FPS
    if seconds < SHORTEST:
        yield Finding("length", True, f"The footage lasts {seconds:.1f} s: film at least a minute, better three.")
    elif seconds < SHORT:
        yield Finding(
            "length", False,
            f"The footage lasts {seconds:.0f} s: a minute or more of speech makes a better avatar.",
        )  # fmt: skip


def rate(e: Examination) -> Iterator[Finding]:
    _, stays = np.unique(
        np.stack([np.repeat(np.arange(len(e.frames)), e.frames), e.source]), axis=1, return_counts=True
    )
    if len(e) < 2:
        return
    shown = len(stays) / len(e) * FPS
    if shown < SLOWEST:
        yield Finding(
            "rate", True,
            f"The footage has {shown:.0f} pictures a second, too few for lips: film at 25, 30, 50 or 60.",
        )  # fmt: skip
    elif stays.max() > 4:
        first = int(np.concatenate([[0], np.cumsum(stays)])[np.argmax(stays)])
        yield Finding(
            "freeze", False,
            f"The picture stands still for {stays.max() * 1000 // FPS:.0f} ms from {e.name(first)} on: cut that part "
            "out, or film again with nothing else running.", first,
        )  # fmt: skip
    if any(clip.hdr for clip in e.clips):
        yield Finding(
            "hdr",
            False,
            "The footage is HDR, whose highlights an avatar has not: film in SDR to see what it gets.",
        )


def brightness(e: Examination) -> Iterator[Finding]:
    dark = int(np.argmin(e.light))
    if np.median(e.light) < BLACK:
        yield Finding(
            "black", True, f"The picture is black at {e.name(dark)}: uncover the lens, or turn on a light.", dark
        )
        return
    if np.median(e.face_light) < DARK:
        frame = int(e.looked[np.argmin(e.face_light)])
        yield Finding(
            "dark", False,
            f"The face is dark, at most at {e.name(frame)}: put a soft light, or a window, in front of you.", frame,
        )  # fmt: skip
    if np.median(e.face_white) > BRIGHT:
        frame = int(e.looked[np.argmax(e.face_white)])
        yield Finding(
            "burnt", False,
            f"{np.median(e.face_white):.0%} of the face is burnt out, as at {e.name(frame)}: lower the exposure.",
            frame,
        )  # fmt: skip


def faces(e: Examination) -> Iterator[Finding]:
    if np.median(e.light) < BLACK:
        return
    none, more = e.faces == 0, e.faces > 1
    if none.mean() > LOST:
        frame, all_of_it = int(e.looked[np.argmax(none)]), none.all()
        share = "any frame" if all_of_it else f"{none.mean():.0%} of the frames, first {e.name(frame)}"
        remedy = "film one face that looks at the camera" if none.mean() > MISSING else "cut that part out"
        yield Finding("no-face", bool(none.mean() > MISSING), f"No face is found in {share}: {remedy}.", frame)
    if more.mean() > LOST:
        frame = int(e.looked[np.argmax(more)])
        yield Finding(
            "two-faces", bool(more.mean() > MISSING / 2),
            f"There are two faces at {e.name(frame)}: film one person alone, and no pictures or mirrors behind.", frame,
        )  # fmt: skip
    tall = face_height(e)
    if np.isfinite(tall).any() and (usual := np.nanmedian(tall)) < SMALL:
        frame = int(e.looked[np.nanargmin(tall)])
        stops = bool(usual < SMALLEST)
        yield Finding(
            "small", stops,
            f"The face is {usual:.0f} pixels tall, as at {e.name(frame)}: "
            f"come nearer or film at 720p or more, until it has {SMALL} at least.", frame,
        )  # fmt: skip


def face_height(e: Examination) -> np.ndarray:
    """(n,) pixels from forehead to chin."""
    return np.linalg.norm(e.points[:, FOREHEAD, :2] - e.points[:, CHIN, :2], axis=1)


def sight(e: Examination) -> Iterator[Finding]:
    """Is the whole head in the picture, and turned to the camera?"""
    found = np.isfinite(e.points[:, 0, 0])
    if not found.any():
        return
    p, looked, (width, height) = e.points[found], e.looked[found], e.size
    tall = face_height(e)[found]
    sides = {
        "left": p[:, :, 0].min(1) < 1, "right": p[:, :, 0].max(1) > width - 1,
        "lower": p[:, :, 1].max(1) > height - 1, "upper": p[:, CHIN, 1] - tall * (1 + CROWN) < -0.12 * tall,
    }  # fmt: skip
    for side, out in sides.items():
        if out.mean() > LOST:
            frame = int(looked[np.argmax(out)])
            yield Finding(
                "out-of-frame", bool(out.mean() > MISSING),
                f"The head leaves the picture at the {side} edge at {e.name(frame)}: leave room around it, or cut that "
                "part out.", frame,
            )  # fmt: skip
    across, down = p[:, CHEEKS[1]] - p[:, CHEEKS[0]], p[:, CHIN] - p[:, FOREHEAD]
    yaw, pitch = np.arctan2(across[:, 2], across[:, 0]), np.arctan2(down[:, 2], down[:, 1])
    away = (np.abs(yaw) > YAW) | (np.abs(pitch - np.median(pitch)) > PITCH)
    if away.mean() > LOST:
        frame = int(looked[np.argmax(away)])
        yield Finding(
            "turned-away", bool(away.mean() > MISSING),
            f"The head is turned away at {e.name(frame)}: face the camera, turns of 30° to each side are welcome; "
            "cut that part out.", frame,
        )  # fmt: skip


def cuts(e: Examination) -> Iterator[Finding]:
    cut = e.change > max(CUT, CUT_TIMES * float(np.median(e.change)))
    if cut.any():
        frame, more = int(np.argmax(cut)), int(cut.sum()) - 1
        others = f" (and {more} more)" if more else ""
        yield Finding(
            "cut", True,
            f"The picture jumps at {e.name(frame)}{others}, as at a cut: give one take, or each take as a file of its "
            "own.", frame,
        )  # fmt: skip


def sound(e: Examination) -> Iterator[Finding]:
    silent = next((clip for clip in e.clips if not clip.sound), None)
    if silent:
        yield Finding("no-sound", True, f"{silent.path.name} has no sound from frame 0 on: film with a microphone.", 0)
        return
    if len(e.sound) == 0 or np.sqrt(np.square(e.sound).mean()) < SILENT:
        yield Finding("silent", True, "The sound is silent from frame 0 on: check the microphone and film again.", 0)
        return
    if e.heard < len(e) / FPS - 0.5:
        frame = int(e.heard * FPS)
        yield Finding(
            "sound-ends", False, f"The sound ends at {e.name(frame)}, before the picture: cut the picture there.", frame
        )
    clipped = np.abs(e.sound) > 0.995
    if clipped.mean() > 1e-3:
        frame = min(int(np.argmax(clipped) / len(e.sound) * len(e)), len(e) - 1)
        yield Finding(
            "clipped",
            False,
            f"The sound is too loud and clipped, first at {e.name(frame)}: turn the microphone down.",
            frame,
        )


def sync(e: Examination) -> Iterator[Finding]:
    if e.offset is None or e.offset[1] < SURE or abs(e.offset[0]) < LATE:
        return
    late = e.offset[0]
    frame = int(e.looked[0])
    yield Finding(
        "out-of-sync", abs(late) >= TOO_LATE,
        f"The mouth comes {abs(late):.0f} ms {'after' if late > 0 else 'before'} its sound from {e.name(frame)} on: "
        f"give --sound-late {late:.0f} to `lipsplat create`, which moves the sound.", frame,
    )  # fmt: skip
