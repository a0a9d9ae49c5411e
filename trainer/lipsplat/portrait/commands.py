"""The portrait's commands: its training and export, its hair freed of the wall, its ablations."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from lipsplat.avatar import add_training_options, finish_of
from lipsplat.paths import CACHE, CAPTURE, MODELS


def add_commands(commands: argparse._SubParsersAction) -> None:
    c = commands.add_parser("train", help="train a portrait and write its bundle, resumable")
    c.add_argument("capture", type=Path)
    c.add_argument("out", type=Path)
    c.add_argument(
        "--speech", type=Path, default=MODELS / "speech", help="the speech model whose features drive the lips"
    )
    c.add_argument("--work", type=Path, default=None, help="checkpoints and contact sheets (default: the cache)")
    c.add_argument("--name", default="Default avatar")
    c.add_argument("--consent", default="A digital human: nobody's likeness, nobody's consent is needed.")
    c.add_argument(
        "--licence", default="Apache-2.0; made from MakeHuman assets (CC0) and Kokoro-82M speech (Apache-2.0)"
    )
    c.add_argument(
        "--start", default="all", choices=("all", "appearance", "geometry", "random"),
        help="what stage 1 predicts from the tri-plane (Table IV): all, {SH, opacity}, {rotation, scale} or nothing",
    )  # fmt: skip
    c.add_argument(
        "--perceptual", default="none", choices=("none", "vgg", "lpips"),
        help="a loss by a network trained on photographs, whose weights must be on this machine",
    )  # fmt: skip
    c.add_argument("--start-from", type=Path, default=None, help="another run's checkpoint.pt, in place of stage 1")
    add_training_options(c)
    c.add_argument(
        "--frames", type=int, default=None, help="train on the first so many frames (default: all but the held-out)"
    )
    c.add_argument("--threads", type=int, default=0, help="0: as many as there are cores")
    c.add_argument("--device", default="auto", help="auto, cpu or cuda (needs gsplat)")

    c = commands.add_parser("settle", help="free a bundle's hair of the wall it was filmed before")
    c.add_argument("bundle", type=Path)
    c.add_argument("capture", type=Path, nargs="?", default=CAPTURE)
    c.add_argument("--speech", type=Path, default=MODELS / "speech", help="the bundle's speech model")
    c.add_argument("--steps", type=int, default=400)
    c.add_argument("--threads", type=int, default=0)

    c = commands.add_parser("ablate", help="the portrait without each of its parts, on a short schedule, resumable")
    c.add_argument("capture", type=Path, nargs="?", default=CAPTURE)
    c.add_argument("--speech", type=Path, default=MODELS / "speech")
    c.add_argument("--work", type=Path, default=CACHE / "ablation", help="one folder a speech model")
    c.add_argument("--rows", nargs="*", default=None, help="some of them (default: all)")
    c.add_argument("--seed", type=int, default=0, help="another seed or stage 1 needs a --work folder of its own")
    c.add_argument("--stage-1", type=int, default=500, help="iterations of the static head, before 3000 that speak")
    c.add_argument("--threads", type=int, default=1)


def train(a: argparse.Namespace) -> None:
    from dataclasses import replace

    import torch

    from lipsplat.avatar import write_avatar
    from lipsplat.bundle.writer import Identity
    from lipsplat.capture import load_capture
    from lipsplat.portrait.data import capture_lip
    from lipsplat.portrait.train import TrainConfig, Trainer

    if a.threads:
        torch.set_num_threads(a.threads)
    device = torch.device(("cuda" if torch.cuda.is_available() else "cpu") if a.device == "auto" else a.device)
    capture = load_capture(a.capture)
    last = min(a.frames or capture.held_out_from, capture.held_out_from)
    config = TrainConfig(stage_1=a.stage_1, stage_2=a.stage_2, last_frame=last)
    shape = replace(config.shape, gaussians=a.gaussians)
    config = replace(config, shape=shape, start_from=a.start_from, start=a.start, perceptual=a.perceptual)
    work = a.work or CACHE / "portraits" / a.out.resolve().name
    trainer = Trainer(capture, capture_lip(capture, a.speech), work, config, device)
    write_avatar(a.out, trainer, a.speech, Identity(a.name, a.consent, a.licence), finish_of(a))
    print(f"{a.out}: {sum(f.stat().st_size for f in a.out.iterdir()) / 1e6:.1f} MB; contact sheets in {work}")


def settle(a: argparse.Namespace) -> None:
    import torch

    from lipsplat.bundle.settle import SettleConfig, settle_bundle
    from lipsplat.capture import load_capture
    from lipsplat.portrait.data import capture_lip
    from lipsplat.portrait.plate import make_plate

    if a.threads:
        torch.set_num_threads(a.threads)
    capture = load_capture(a.capture)
    last = json.loads((a.bundle / "avatar.json").read_text())["frames"]
    settle_bundle(
        a.bundle, capture, make_plate(capture, last), capture_lip(capture, a.speech), SettleConfig(steps=a.steps)
    )


def ablate(a: argparse.Namespace) -> None:
    from dataclasses import replace

    import torch

    from lipsplat.capture import load_capture
    from lipsplat.portrait.ablate import ROWS, SCHEDULE
    from lipsplat.portrait.ablate import ablate as run

    unknown = set(a.rows or ()) - set(ROWS)
    if unknown:
        raise ValueError(f"--rows: no {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    torch.set_num_threads(a.threads)
    config, rows = replace(SCHEDULE, seed=a.seed, stage_1=a.stage_1), a.rows or list(ROWS)
    figures = run(load_capture(a.capture), a.speech, a.work, rows, lambda s: print(s, file=sys.stderr), config)
    print(json.dumps(figures))


COMMANDS = {"train": train, "settle": settle, "ablate": ablate}
