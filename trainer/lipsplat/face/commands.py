"""The capturer's commands: its clips, its training, its figures."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_commands(commands: argparse._SubParsersAction) -> None:
    c = commands.add_parser("face-clips", help="render faces for the facial animation capturer, resumable")
    c.add_argument("--count", type=int, default=320, help="of clips, one person each")

    c = commands.add_parser("train-face", help="train the facial animation capturer and export it, resumable")
    c.add_argument("--steps", type=int, default=None)
    c.add_argument("--out", type=Path, default=None, help="the run's folder (default: in the cache)")
    c.add_argument("--threads", type=int, default=1)

    c = commands.add_parser("face-report", help="the capturer's figures on the default capture, or what it finds")
    c.add_argument("--video", type=Path, action="append", default=[], help="draw what is found in this video instead")
    c.add_argument("--out", type=Path, default=Path("work/face"), help="where the drawings go")
    c.add_argument("--network", type=Path, default=None, help="another face.onnx")


def clips(a: argparse.Namespace) -> None:
    from lipsplat.face.synthetic import make_clips

    make_clips(a.count)


def train(a: argparse.Namespace) -> None:
    from dataclasses import replace

    from lipsplat.face.export import export_face
    from lipsplat.face.train import TrainConfig, train

    given = {k: v for k, v in (("steps", a.steps), ("out", a.out)) if v is not None}
    export_face(train(replace(TrainConfig(), threads=a.threads, **given)))


def report(a: argparse.Namespace) -> None:
    from lipsplat.face.names import NETWORK
    from lipsplat.face.report import print_report, show

    for video in a.video:
        print(show(video, a.out))
    if not a.video:
        print_report(a.network or NETWORK)


COMMANDS = {"face-clips": clips, "train-face": train, "face-report": report}
