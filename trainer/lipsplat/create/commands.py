"""Command lines of what makes an avatar from any video; `lipsplat.cli` lists them beside its own."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from lipsplat.avatar import add_training_options, finish_of
from lipsplat.paths import CACHE, CAPTURE, MODELS


def add_commands(commands: argparse._SubParsersAction) -> None:
    c = commands.add_parser("create", help="from a video of a person to an avatar, resumable")
    c.add_argument("videos", type=Path, nargs="+", help="one video, or several takes of the same person and camera")
    c.add_argument("out", type=Path, help="the avatar's folder; its report goes beside it")
    c.add_argument("--name", required=True, help="who this is, as the avatar says it")
    c.add_argument("--consent", type=Path, default=None, help="a text file: the person's statement, their own words")
    c.add_argument("--licence", default="All rights reserved: not to be used without the person's consent.")
    c.add_argument("--speech", type=Path, default=MODELS / "speech", help="the speech model that will drive the lips")
    c.add_argument("--work", type=Path, default=None, help="what the stages make (default: the cache)")
    add_training_options(c)
    c.add_argument("--held-out", type=float, default=None, help="seconds at the end that are for measuring")
    c.add_argument("--sound-late", type=float, default=0, help="ms by which the mouth comes after its sound")
    c.add_argument("--anyway", action="store_true", help="go on in spite of what the doctor says, where that can be")
    c.add_argument("--threads", type=int, default=0, help="0: as many as there are cores")
    c.add_argument("--device", default="cpu", help="cpu or cuda (needs gsplat)")

    c = commands.add_parser("doctor", help="what is wrong with footage, before an hour is spent on it")
    c.add_argument("videos", type=Path, nargs="+")
    c.add_argument("--json", action="store_true", help="one JSON object")

    c = commands.add_parser("train-parser", help="render labelled heads and train the parser on them, resumable")
    c.add_argument("--identities", type=int, default=None)
    c.add_argument("--steps", type=int, default=None)

    c = commands.add_parser("parser-report", help="the parser against the default capture's true labels")
    c.add_argument("--every", type=int, default=20, help="frames that are looked at")

    c = commands.add_parser("tracked-report", help="what tracking costs a portrait of the default capture, resumable")
    c.add_argument("tracked", type=Path, help="the capture folder that create made of the default capture.mp4")
    c.add_argument("--speech", type=Path, default=MODELS / "speech")
    c.add_argument("--work", type=Path, default=CACHE / "create" / "tracked-report", help="another video needs its own")
    c.add_argument("--threads", type=int, default=1)


def create(a: argparse.Namespace) -> None:
    import hashlib
    import os

    from lipsplat.bundle.writer import Identity
    from lipsplat.create.pipeline import CreateConfig, Creation

    config = CreateConfig(
        Identity(a.name, consent_of(a.consent), a.licence), a.speech, a.gaussians, a.stage_1, a.stage_2, finish_of(a),
        a.held_out, a.sound_late / 1000, a.anyway, a.threads or os.cpu_count() or 1, a.device,
    )  # fmt: skip
    out = a.out.resolve()
    work = a.work or CACHE / "create" / f"{out.name}-{hashlib.sha256(str(out).encode()).hexdigest()[:8]}"
    made = Creation(a.videos, out, work, config).run()
    if config.identity.consent is None:
        print("No consent statement was given: the avatar and the player say so. --consent FILE adds one.")
    print(f"{made.bundle}: {(made.figures['bundle_bytes'] or 0) / 1e6:.1f} MB; report: {made.report}")
    print(json.dumps(made.figures))


def consent_of(file: Path | None) -> str | None:
    """The statement in a text file; None without one. Raises ValueError where the file holds none."""
    if file is None:
        return None
    if not file.exists():
        raise ValueError(f"--consent {file}: there is no such file; write the person's statement into it")
    statement = file.read_text(encoding="utf-8").strip()
    if not statement:
        raise ValueError(f"--consent {file} is empty: write the person's statement into it, or leave --consent out")
    return statement


def doctor(a: argparse.Namespace) -> None:
    from dataclasses import asdict

    from tqdm import tqdm

    from lipsplat.create.doctor import diagnose
    from lipsplat.create.examine import examine

    findings = diagnose(examine(a.videos, lambda frames: tqdm(frames, desc="look", unit="frame")))
    if a.json:
        print(json.dumps({"stops": any(f.stops for f in findings), "findings": [asdict(f) for f in findings]}))
        return
    for finding in findings:
        print(f"{'STOPS' if finding.stops else 'worth a look'}: {finding.text}")
    if not any(f.stops for f in findings):
        print("Nothing here stops `lipsplat create`.")


def train_parser(a: argparse.Namespace) -> None:
    from dataclasses import replace

    from lipsplat.parser.measure import parser_figures
    from lipsplat.parser.network import export_parser
    from lipsplat.parser.train import ParserConfig
    from lipsplat.parser.train import train_parser as run

    asked = {k: v for k, v in (("identities", a.identities), ("steps", a.steps)) if v}
    net = run(replace(ParserConfig(), **asked))
    print(f"{export_parser(net)}: {json.dumps(parser_figures_or_none(parser_figures))}")


def parser_figures_or_none(measure: Callable[..., dict[str, float]]) -> dict[str, float] | None:
    """None where the default capture is not on this machine."""
    from lipsplat.capture import load_capture

    return measure(load_capture(CAPTURE)) if CAPTURE.exists() else None


def parser_report(a: argparse.Namespace) -> None:
    from lipsplat.capture import load_capture
    from lipsplat.parser.measure import parser_figures

    print(json.dumps(parser_figures(load_capture(CAPTURE), a.every)))


def tracked_report(a: argparse.Namespace) -> None:
    from lipsplat.create.compare import tracked_figures

    print(json.dumps(tracked_figures(a.tracked, CAPTURE, a.speech, a.work, a.threads)))


COMMANDS: dict[str, Callable[[argparse.Namespace], None]] = {
    "create": create, "doctor": doctor, "train-parser": train_parser, "parser-report": parser_report,
    "tracked-report": tracked_report,
}  # fmt: skip
