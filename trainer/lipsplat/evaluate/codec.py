"""What the expression codec keeps of the avatar's own motion, and what it is worth for anybody else's.

`codec_outlier_psnr_gain_db`. A part of the face (brows, lids, smile) is an outlier where its coefficients lie further
from every training frame than those of any held-out frame of the avatar itself do. The training frame whose part is
nearest to it is the nearest plausible truth, and its footage is real: no render of the head model could be nearer, and
it costs nothing. The avatar is drawn in that frame's pose, with its lips and everything else of its face, but the
outlier's part, with the codec and without; PSNR against the footage over the pixels that the part moves. Nearest is
asked part by part: over all channels at once no frame is near, the avatar's own held-out ones included.

Without the codec the player clamps each channel to its range: that is the row to beat. `*_raw_*` is the head without
either, as the paper has it. `*_nearest_*` is the nearest frame's own face, drawn: what lacks there is the portrait's
fault, and no codec that hits the truth itself can gain more.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from lipsplat.bundle import load_bundle
from lipsplat.capture import HELD_OUT_FROM, Capture, load_capture
from lipsplat.codec.channels import PARTS, pick, to_arkit
from lipsplat.codec.plausible import Shown
from lipsplat.codec.runner import CodecRunner, without_codec
from lipsplat.evaluate.codec_pictures import EVERY, FRAMES, cutout, labelled, write_rows, write_strip
from lipsplat.evaluate.drive import Avatar, Conditions, conditions_of, draw, lip_of_frames
from lipsplat.evaluate.metrics import psnr
from lipsplat.evaluate.outliers import identities, outliers
from lipsplat.paths import CAPTURE, MODELS
from lipsplat.speech.features import lip_features

KEYS = (
    "codec_recon_mae", "codec_outlier_psnr_gain_db", "codec_outlier_raw_psnr_gain_db",
    "codec_outlier_nearest_psnr_gain_db", "codec_outlier_psnr_db",
    "codec_outlier_sharpness_p5", "codec_outlier_sharpness_p5_without", "codec_outlier_sharpness_p5_raw",
    "codec_outlier_distance", "codec_outlier_distance_without", "codec_outlier_distance_raw", "codebook_use",
    "codec_delay_ms", "codec_bytes",
)  # fmt: skip
CORE = slice(0, 7)
EACH = 24  # outliers of a part of the face
MOVED = 0.02  # of full scale: a pixel that changes more between a part's least and most belongs to it
WAYS = ("raw", "without", "with", "nearest")
STRIPS = ("identity 2", "extremes")  # drawn in time


@dataclass(frozen=True)
class Outlier:
    """A frame of somebody else's, one part of whose face the avatar has never shown."""

    source: str
    part: str
    frame: int  # the training frame that is nearest in that part
    shown: dict[str, np.ndarray]  # (13,) by way: what would be shown in its place


def recon_mae(codec: CodecRunner, capture: Capture) -> float:
    """Mean absolute error of the core seven on the held-out frames, streamed as the player does."""
    held = capture.expression[HELD_OUT_FROM:]
    return float(np.abs(codec.run(to_arkit(held)) - held)[:, CORE].mean())


def find_outliers(
    codec: CodecRunner, shown: Shown, channels: list[dict], held: np.ndarray, motions: dict[str, np.ndarray], each: int
) -> list[Outlier]:
    """`each` outliers of each part, evenly over the sources that have any and over their time.

    held (F,13): frames that are none; motions (F,52) by name.
    """
    ways = {
        name: {"raw": pick(m), "without": without_codec(m, channels), "with": codec.run(m)}
        for name, m in motions.items()
    }
    found = []
    for part in PARTS:
        own = shown.distance(held, part).max()
        off = {name: np.flatnonzero(shown.distance(way["raw"], part) > own) for name, way in ways.items()}
        off = {name: frames for name, frames in off.items() if len(frames)}
        for k in range(each if off else 0):
            name = list(off)[k % len(off)]
            turn, turns = k // len(off), -(-each // len(off))
            at = off[name][int((turn + 0.5) / turns * len(off[name]))]
            row = {way: values[at] for way, values in ways[name].items()}
            nearest = int(shown.nearest(row["raw"][None], part)[0])
            found.append(Outlier(name, part, nearest, row | {"nearest": shown.frames[nearest]}))
    return found


def measure(
    avatar: Avatar, capture: Capture, lip: np.ndarray, found: list[Outlier], progress: Callable[[int], None]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], list[np.ndarray]]:
    """PSNR and sharpness (n,) by way, and cutouts (5,h,w,3) of truth and each way; lip (F,32)."""
    frames = np.array([o.frame for o in found])
    conditions = conditions_of(capture, avatar, lip[frames], frames)
    truths: dict[int, np.ndarray | None] = dict.fromkeys(frames)
    for i, picture in enumerate(capture.each_frame(0, int(frames.max()) + 1)):
        if i in truths:
            truths[i] = picture
    scores = {way: np.zeros(len(found)) for way in WAYS}
    sharp = {way: np.zeros(len(found)) for way in WAYS}
    pictures = []
    for i, outlier in enumerate(found):
        progress(i)
        columns, truth = list(PARTS[outlier.part]), truths[outlier.frame] / 255.0
        mask = moved(avatar, conditions, i, columns)
        row = [truth]
        for way in WAYS:
            image = finished(avatar, conditions, i, columns, outlier.shown[way][columns])
            scores[way][i], sharp[way][i] = psnr(truth, image, mask), sharpness(image, mask) / sharpness(truth, mask)
            row.append(image)
        pictures.append(np.stack([cutout(x, mask) for x in row]))
    return scores, sharp, pictures


def finished(avatar: Avatar, conditions: Conditions, i: int, columns: list[int], values: np.ndarray) -> np.ndarray:
    """Frame i (H,W,3) 0..1 with some channels replaced."""
    expression = conditions.expression[i].copy()
    expression[columns] = values
    one = Conditions(
        conditions.lip[i : i + 1], expression[None], conditions.rotation[i : i + 1], conditions.translation[i : i + 1],
        conditions.torso[i : i + 1],
    )  # fmt: skip
    return np.clip(avatar.composite(*draw(avatar, one, 0), avatar.torso(int(one.torso[0]))), 0, 1)


def moved(avatar: Avatar, conditions: Conditions, i: int, columns: list[int]) -> np.ndarray:
    """(H,W) bool: what changes in frame i between the least and the most of these channels."""
    ends = [[avatar.meta["expression"][c][k] for c in columns] for k in ("min", "max")]
    least, most = (finished(avatar, conditions, i, columns, np.array(e)) for e in ends)
    return np.abs(least - most).max(-1) > MOVED


def sharpness(image: np.ndarray, mask: np.ndarray) -> float:
    """Mean size of the luminance's gradient over `mask`."""
    grey = (image @ (0.299, 0.587, 0.114)).astype(np.float32)
    return float(np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))[mask].mean())


def codebook_use(codec: CodecRunner) -> float:
    """Share of the codes that a minute of several voices' faces takes."""
    return len(np.unique(codec.codes(np.concatenate(list(identities(seed=2).values()))))) / 256


def codec_figures(
    bundle: Path,
    avatar: Avatar,
    capture: Capture,
    speech: Path,
    say: Callable[[str], None],
    pictures: Path | None = None,
) -> dict[str, float | int | None]:
    """All figures by key, None where the bundle has no codec. pictures: a folder for what is to be looked at."""
    if "codec" not in avatar.meta:
        return dict.fromkeys(KEYS)
    lip = lip_of_frames(*lip_features(*capture.voice(), speech), len(capture))  # (F,32)
    codec, channels, motions = CodecRunner(bundle), avatar.meta["expression"], outliers(capture)
    shown, held = Shown.of(avatar.motion[:, 6:], channels), capture.expression[HELD_OUT_FROM:]
    found = find_outliers(codec, shown, channels, held, motions, EACH)
    scores, sharp, seen = measure(
        avatar, capture, lip, found, lambda i: say(f"codec: outlier {i} of {len(found)}") if i % 24 == 0 else None
    )
    if pictures:
        draw_outliers(pictures / "outliers.jpg", found, scores, seen)
        draw_strips(pictures, codec, avatar, capture, lip, motions)
    for part in PARTS:
        of = np.array([o.part == part for o in found])
        say(f"codec: {part}: " + ", ".join(f"{way} {scores[way][of].mean():.2f} dB" for way in WAYS))
    for source in sorted({o.source for o in found}):
        of = np.array([o.source == source for o in found])
        say(f"codec: {source}: " + ", ".join(f"{way} {scores[way][of].mean():.2f} dB" for way in WAYS))
    distance = {
        way: np.array([shown.distance(o.shown[way][None], o.part)[0] for o in found]) for way in WAYS
    }  # in ranges of a channel
    return {
        "codec_recon_mae": recon_mae(codec, capture),
        "codec_outlier_psnr_gain_db": float((scores["with"] - scores["without"]).mean()),
        "codec_outlier_raw_psnr_gain_db": float((scores["with"] - scores["raw"]).mean()),
        "codec_outlier_nearest_psnr_gain_db": float((scores["nearest"] - scores["without"]).mean()),
        "codec_outlier_psnr_db": float(scores["with"].mean()),
        "codec_outlier_sharpness_p5": float(np.percentile(sharp["with"], 5)),
        "codec_outlier_sharpness_p5_without": float(np.percentile(sharp["without"], 5)),
        "codec_outlier_sharpness_p5_raw": float(np.percentile(sharp["raw"], 5)),
        "codec_outlier_distance": float(distance["with"].mean()),
        "codec_outlier_distance_without": float(distance["without"].mean()),
        "codec_outlier_distance_raw": float(distance["raw"].mean()),
        "codebook_use": codebook_use(codec),
        "codec_delay_ms": 40 * (codec.look_ahead + 1),
        "codec_bytes": codec.bytes,
    }


def draw_outliers(path: Path, found: list[Outlier], scores: dict[str, np.ndarray], seen: list[np.ndarray]) -> None:
    """Rows of truth, raw, without and with the codec, nearest: of each part what it serves most, ordinarily, least."""
    gain, rows = scores["with"] - scores["without"], []
    for part in PARTS:
        order = sorted((i for i, o in enumerate(found) if o.part == part), key=lambda i: -gain[i])
        for i in order[:: max((len(order) - 1) // 3, 1)]:
            said = ", ".join(f"{way} {scores[way][i]:.1f} dB" for way in WAYS)
            rows.append(labelled(np.hstack(list(seen[i])), f"{found[i].source}, {part}: truth, {said}"))
    write_rows(path, rows)


def draw_strips(
    folder: Path, codec: CodecRunner, avatar: Avatar, capture: Capture, lip: np.ndarray, motions: dict[str, np.ndarray]
) -> None:
    """folder/strip-NAME.jpg: faces of others and extremes in time, as they come, clamped, and through the codec."""
    for name in STRIPS:
        if (motion := motions.get(name)) is None:
            continue
        frames = np.arange(len(motion)) % HELD_OUT_FROM
        conditions = conditions_of(capture, avatar, lip[frames], frames)
        channels = avatar.meta["expression"]
        rows = {
            "as it comes": pick(motion),
            "clamped": without_codec(motion, channels),
            "codec": codec.run(motion),
        }
        shown = Shown.of(avatar.motion[:, 6:], channels)
        off = sum(shown.distance(rows["as it comes"], part) for part in PARTS)  # (F,)
        span = EVERY * (FRAMES - 1) + 1
        first = int(np.convolve(off, np.ones(span), "valid").argmax())  # where it is furthest from what was shown
        write_strip(folder / f"strip-{name.replace(' ', '-')}.jpg", avatar, conditions, rows, first)


def print_report(bundle: Path = MODELS / "default", out: Path = Path("work/codec")) -> None:
    """The figures, one JSON object on the last line; pictures in `out`."""
    import sys

    say = partial(print, file=sys.stderr, flush=True)
    figures = codec_figures(bundle, load_bundle(bundle), load_capture(CAPTURE), MODELS / "speech", say, out)
    print(json.dumps({k: float(f"{v:.5g}") if isinstance(v, float) else v for k, v in figures.items()}))
