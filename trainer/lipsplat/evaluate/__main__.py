"""`lipsplat eval --json`: progress on stderr, one JSON object on the last line of stdout."""

from __future__ import annotations

import argparse
import json
import sys
import time
from hashlib import sha256
from pathlib import Path

import numpy as np

from lipsplat.bundle import Bundle, load_bundle
from lipsplat.capture import HELD_OUT_FROM, Capture, load_capture
from lipsplat.evaluate.arguments import add_arguments
from lipsplat.evaluate.codec import KEYS as CODEC_KEYS
from lipsplat.evaluate.codec import codec_figures
from lipsplat.evaluate.detector import landmarks
from lipsplat.evaluate.distances import lip_distances
from lipsplat.evaluate.drive import Avatar, render_landmarks
from lipsplat.evaluate.likeness import likeness_figures
from lipsplat.evaluate.lips import footage_figures, lip_figures, lip_jobs, unseen_utterances
from lipsplat.evaluate.page import KEYS as PAGE_KEYS
from lipsplat.evaluate.page import page_figures, page_sounds, write_request
from lipsplat.evaluate.picture import measure_picture
from lipsplat.evaluate.report import write_report
from lipsplat.evaluate.restorer import KEYS as RESTORER_KEYS
from lipsplat.evaluate.restorer import restorer_figures
from lipsplat.evaluate.sync import KEYS as SYNC_KEYS
from lipsplat.evaluate.sync import sync_figures
from lipsplat.evaluate.upper_face import at_rest, jitter, mean_face, upper_face_figures
from lipsplat.paths import CACHE, CAPTURE, MODELS, REPOSITORY, SPEECH_SET
from lipsplat.pretrained import require
from lipsplat.speech.dataset import capture_phones

SPEECH_KEYS = ("look_ahead_ms", "streaming_max_diff", "encoder_bytes")
NOT_MEASURED = ("mic_to_pixel_ms_p95", "skew_ms_p95")


def say(text: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def true_landmarks(capture: Capture) -> np.ndarray:
    """Landmarks (F, 478, 2) of the capture's own frames, kept between runs; another decoder makes them anew."""
    decoder = REPOSITORY / "trainer" / "lipsplat" / "capture.py"
    key = sha256((capture.folder / "capture.mp4").read_bytes() + decoder.read_bytes()).hexdigest()[:16]
    path = CACHE / "eval" / f"landmarks-{key}.npy"
    if not path.exists():
        say("detecting landmarks on the footage, once")
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, landmarks(capture.each_frame()).astype(np.float32))
    return np.load(path)


def bundle_bytes(folder: Path, avatar: Avatar) -> int:
    files = [folder / f["path"] for f in avatar.meta["files"].values()]
    return (folder / "avatar.json").stat().st_size + sum(f.stat().st_size for f in files)


def speech_figures(speech: Path) -> dict[str, float | None]:
    """The encoder's own figures; None where the sounds they need are not on this machine."""
    from lipsplat.speech.report import speech_report

    say("speech: the encoder by itself")
    figures: dict[str, float | None] = dict.fromkeys(SPEECH_KEYS)
    try:
        return figures | speech_report(speech)
    except (OSError, RuntimeError, ValueError) as error:
        say(f"encoder not measured: {error}")
        return figures


def sync(capture: Capture, avatar: Avatar, speech: Path, points: np.ndarray) -> dict[str, float | int | None]:
    """The discriminator's figures; None where it is missing. points (F, 478, 2): the footage's."""
    say("sync: the discriminator, and real speakers")
    try:
        return sync_figures(capture, avatar, speech, points)
    except (OSError, ValueError) as error:
        say(f"sync not measured: {error}")
        return dict.fromkeys(SYNC_KEYS)


def codec(bundle: Path, capture: Capture, avatar: Bundle, speech: Path, out: Path) -> dict[str, float | int | None]:
    """The expression codec's figures; None where the bundle has none, or strangers to try it on are not there."""
    say("codec: other people's faces")
    try:
        return codec_figures(bundle, avatar, capture, speech, say, out)
    except (OSError, ImportError, ValueError) as error:
        say(f"codec not measured: {error}")
        return dict.fromkeys(CODEC_KEYS)


def restorer(capture: Capture, avatar: Bundle, speech: Path) -> dict[str, float | None]:
    """The torso restorer's figures; None where the bundle has none, or nothing to hold it to."""
    say("restorer: mismatched jaws")
    try:
        return restorer_figures(capture, avatar, speech)
    except (OSError, ValueError) as error:
        say(f"restorer not measured: {error}")
        return dict.fromkeys(RESTORER_KEYS)


def page(capture: Capture, avatar: Avatar, speech: Path, out: Path, utterance: str, pose: np.ndarray) -> dict:
    import soundfile

    clip = soundfile.read(SPEECH_SET / f"{utterance}.flac", dtype="float32")
    sounds = page_sounds(capture, avatar, speech, clip, pose)
    write_request(out / "page", sounds)
    return page_figures(out / "page", avatar, sounds, speech)


def evaluate(bundle: Path, speech: Path, out: Path, seconds: float, with_page: bool) -> dict[str, object]:
    """All figures by key, in the order of FIGURES; None where not measured."""
    capture, avatar = load_capture(CAPTURE), load_bundle(bundle)
    truth_points = true_landmarks(capture)
    say("speech: features of the unseen voices")
    utterances = unseen_utterances(capture, speech, seconds)
    if sum(len(u.truth) for u in utterances) < 300 * 25:
        say(f"fewer than 5 minutes of unseen voices in {SPEECH_SET}: run `lipsplat synthesize` first")
    jobs = lip_jobs(capture, avatar, speech, utterances)

    total, done, rendered = sum(map(len, jobs.values())), 0, {}
    say(f"lips: rendering {total} frames")
    for name, points in render_landmarks(bundle, jobs):
        rendered[name], done = points, done + len(points)
        say(f"lips: {done} of {total} frames ({name})")
    lips, curves = lip_figures(capture, truth_points, rendered, utterances)

    held_out = truth_points[HELD_OUT_FROM:]
    scores, finals, truths = measure_picture(
        capture, avatar, jobs["held out"], held_out, lambda i: say(f"picture: frame {i}") if i % 50 == 0 else None
    )
    distances, lip_px = lip_distances(capture, truth_points, rendered)
    phones = capture_phones(capture.folder)
    say("picture: FLIP, BRISQUE, flicker")
    likeness = likeness_figures(truths, finals, capture.labels(HELD_OUT_FROM))
    stillness = mean_face(truth_points[:HELD_OUT_FROM], len(held_out))
    figures: dict[str, object] = {
        **scores.means(),
        **distances,
        **likeness,
        **upper_face_figures(held_out, rendered["held out"], stillness),
        "jitter_px": jitter(rendered["sound silence"], np.ones(len(rendered["sound silence"]), bool)),
        "footage_jitter_px": jitter(truth_points, at_rest(phones, len(truth_points))),
        "gaussians": avatar.meta["gaussians"],
        "bundle_bytes": bundle_bytes(bundle, avatar),
        **lips,
        **footage_figures(capture, truth_points, phones),
        **speech_figures(speech),
        **sync(capture, avatar, speech, truth_points),
        **restorer(capture, avatar, speech),
        **codec(bundle, capture, avatar, speech, out / "codec"),
        **dict.fromkeys(NOT_MEASURED),
        **dict.fromkeys(PAGE_KEYS),
    }
    shipped = (bundle.resolve(), speech.resolve()) == (MODELS / "default", MODELS / "speech")
    if with_page and not shipped:
        say("page not measured: it shows public/models only")
    elif with_page and utterances:
        say("page: drawing frames in Chromium")
        try:
            first = utterances[0]
            figures |= page(capture, avatar, speech, out, first.name, first.frames)
        except (RuntimeError, OSError) as error:
            say(f"page not measured: {error}")
    by_frame = {k: np.array(v) for k, v in scores.values.items() if len(v) == len(held_out)} | {"lmd_px": lip_px}
    say(f"report: {write_report(out, figures, truths, finals, by_frame, curves)}")
    return figures


def run(a: argparse.Namespace) -> None:
    """Raises ValueError where a figure is required that cannot be measured here."""
    require(a.require)
    figures = evaluate(a.bundle, a.speech, a.out, a.seconds, not a.no_page)
    print(json.dumps(_rounded(figures), indent=None if a.json else 1))


def main() -> None:
    parser = argparse.ArgumentParser(prog="lipsplat.evaluate", description=__doc__)
    add_arguments(parser)
    try:
        run(parser.parse_args())
    except (OSError, ValueError) as error:
        parser.exit(1, f"{error}\n")


def _rounded(figures: dict[str, object]) -> dict[str, object]:
    """Five digits; what is not finite is not measured, and JSON has no word for it."""
    finite = {k: None if isinstance(v, float) and not np.isfinite(v) else v for k, v in figures.items()}
    return {k: float(f"{v:.5g}") if isinstance(v, float) else v for k, v in finite.items()}


if __name__ == "__main__":
    main()
