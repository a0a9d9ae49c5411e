"""The cues' commands: training, figures and export."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from lipsplat.expression import RUN
from lipsplat.paths import MODELS


def add_commands(commands: argparse._SubParsersAction) -> None:
    c = commands.add_parser("train-cues", help="train the prosody cues, resumable")
    c.add_argument("--steps", type=int, default=None)
    c.add_argument("--out", type=Path, default=RUN, help="the run's folder")
    c.add_argument("--threads", type=int, default=1)
    c.add_argument("--as-is", action="store_true", help="begin with the truth that is made, do not wait for the rest")

    c = commands.add_parser("cues-report", help="the cues' figures on held-out clips and voices")
    c.add_argument("model", type=Path, nargs="?", default=MODELS / "speech")

    c = commands.add_parser("export-cues", help="a run's cues.onnx beside the speech model")
    c.add_argument("run", type=Path, nargs="?", default=RUN)
    c.add_argument("--out", type=Path, default=MODELS / "speech")


def train(a: argparse.Namespace) -> None:
    from dataclasses import replace

    from lipsplat.expression.train import CuesConfig, train_cues

    config = replace(CuesConfig(), out=a.out, threads=a.threads)
    train_cues(replace(config, steps=a.steps) if a.steps else config, make=not a.as_is)


def report(a: argparse.Namespace) -> None:
    from lipsplat.expression.report import cues_report

    print(json.dumps(cues_report(a.model), indent=1))


def export(a: argparse.Namespace) -> None:
    from lipsplat.expression.export import export_cues

    out = export_cues(a.run / "checkpoint.pt", a.out)
    print(f"{out}: {out.stat().st_size / 1e6:.2f} MB")


COMMANDS = {"train-cues": train, "cues-report": report, "export-cues": export}
