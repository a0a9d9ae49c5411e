"""The restorer's commands: its truth, its training, its figures."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from lipsplat.paths import CACHE, CAPTURE, MODELS
from lipsplat.restore import STEPS

if TYPE_CHECKING:  # torch is slow to import
    from lipsplat.capture import Capture


def add_commands(commands: argparse._SubParsersAction) -> None:
    c = commands.add_parser("train-restorer", help="what mends jaw and neck after compositing, resumable")
    c.add_argument("bundle", type=Path, nargs="?", default=MODELS / "default")
    c.add_argument("capture", type=Path, nargs="?", default=CAPTURE)
    c.add_argument("--speech", type=Path, default=MODELS / "speech", help="the bundle's speech model")
    c.add_argument("--work", type=Path, default=CACHE / "restore", help="where a run that is stopped goes on")
    c.add_argument("--steps", type=int, default=STEPS)
    c.add_argument("--threads", type=int, default=1)

    c = commands.add_parser("restorer-report", help="the restorer's figures: mismatched jaws, ordinary frames")
    c.add_argument("bundle", type=Path, nargs="?", default=MODELS / "default")
    c.add_argument("--speech", type=Path, default=MODELS / "speech")
    c.add_argument("--strips", type=Path, default=None, help="draws what it does into this picture")

    c = commands.add_parser("restorer-truth", help="path-trace mismatched jaws of the default subject, resumable")
    c.add_argument("python", help="an interpreter with bpy==5.0.1 and numba")
    c.add_argument("--threads", type=int, default=1)


def make_restorer(folder: Path, capture: Capture, speech: Path, work: Path, steps: int) -> None:
    """Trains the restorer of the avatar in `folder` on its capture and writes it there; resumable from `work`."""
    from lipsplat.bundle.reader import load_bundle
    from lipsplat.restore.attach import attach_restorer
    from lipsplat.restore.data import band_box, lessons_key, make_lessons
    from lipsplat.restore.network import RestorerShape
    from lipsplat.restore.train import TrainConfig
    from lipsplat.restore.train import train as run

    bundle = load_bundle(folder)
    last = len(bundle.motion)  # the bundle's frames are the training frames
    shape = RestorerShape(band_box(capture, last))
    lessons = make_lessons(bundle, capture, speech, shape.box, last)
    config = TrainConfig(out=work / lessons_key(bundle, shape.box, last), steps=steps)
    attach_restorer(folder, run(lessons, shape, config))


def train(a: argparse.Namespace) -> None:
    import cv2
    import torch

    from lipsplat.capture import load_capture

    torch.set_num_threads(a.threads)
    cv2.setNumThreads(1)
    make_restorer(a.bundle, load_capture(a.capture), a.speech, a.work, a.steps)


def report(a: argparse.Namespace) -> None:
    import torch
    from PIL import Image

    from lipsplat.bundle.reader import load_bundle
    from lipsplat.capture import load_capture
    from lipsplat.evaluate.restorer import ordinary_figures, restorer_figures, strips

    torch.set_num_threads(1)
    bundle, capture = load_bundle(a.bundle), load_capture(CAPTURE)
    if a.strips:
        Image.fromarray(strips(capture, bundle, a.speech)).save(a.strips, quality=80)
    figures = restorer_figures(capture, bundle, a.speech) | ordinary_figures(capture, bundle, a.speech)
    print(json.dumps({k: round(v, 2) for k, v in figures.items()}, indent=1))


def truth(a: argparse.Namespace) -> None:
    from lipsplat.restore.truth import make_truth

    make_truth(a.python, a.threads)


COMMANDS = {"train-restorer": train, "restorer-report": report, "restorer-truth": truth}
