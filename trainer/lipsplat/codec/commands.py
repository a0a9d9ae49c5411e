"""The codec's commands: its training and export for an avatar, its figures."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from lipsplat.codec import STEPS
from lipsplat.paths import CACHE, MODELS


def add_commands(commands: argparse._SubParsersAction) -> None:
    c = commands.add_parser("train-codec", help="train an avatar's expression codec into its bundle, resumable")
    c.add_argument("bundle", type=Path, nargs="?", default=MODELS / "default")
    c.add_argument("--steps", type=int, default=STEPS)
    c.add_argument("--work", type=Path, default=CACHE / "codec", help="where a run that is stopped goes on")
    c.add_argument("--threads", type=int, default=1)

    c = commands.add_parser("codec-report", help="the default avatar's codec in figures and a picture")
    c.add_argument("bundle", type=Path, nargs="?", default=MODELS / "default")
    c.add_argument("--out", type=Path, default=Path("work/codec"), help="where the picture goes")


def make_codec(bundle: Path, work: Path = CACHE / "codec", steps: int = STEPS) -> Path:
    """Trains the codec of the avatar in `bundle` on its motion and writes it there."""
    import hashlib
    from dataclasses import replace

    import numpy as np

    from lipsplat.codec.export import write_codec
    from lipsplat.codec.plausible import Shown
    from lipsplat.codec.train import CodecConfig, train_codec

    meta = json.loads((bundle / "avatar.json").read_text())
    motion = (bundle / meta["files"]["motion"]["path"]).read_bytes()
    frames = np.frombuffer(motion, "<f4").reshape(meta["frames"], -1)[:, 6:]  # (F,13)
    config = CodecConfig(steps=steps, clips=min(CodecConfig.clips, steps))
    key = hashlib.sha256(motion + repr(config).encode()).hexdigest()[:8]
    config = replace(config, out=work / key)
    return write_codec(train_codec(Shown.of(frames, meta["expression"]), config), bundle)


def train(a: argparse.Namespace) -> None:
    import torch

    torch.set_num_threads(a.threads)
    out = make_codec(a.bundle, a.work, a.steps)
    print(f"{out}: {out.stat().st_size / 1e6:.2f} MB")


def report(a: argparse.Namespace) -> None:
    from lipsplat.evaluate.codec import print_report

    print_report(a.bundle, a.out)


COMMANDS = {"train-codec": train, "codec-report": report}
