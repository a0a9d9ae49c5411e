"""From a head under training to the avatar that ships; `lipsplat train` and `lipsplat create` go the same way."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from lipsplat.codec import STEPS as CODEC_STEPS
from lipsplat.restore import ENOUGH as ENOUGH_TO_RESTORE
from lipsplat.restore import STEPS as RESTORER_STEPS

if TYPE_CHECKING:  # torch is slow to import
    from lipsplat.bundle.writer import Identity
    from lipsplat.portrait.model import Portrait
    from lipsplat.portrait.train import Trainer


@dataclass(frozen=True)
class Finish:
    """What is done with a trained head before it ships; 0 leaves a part out."""

    keep: int = 11_500  # Gaussians that ship, those the picture needs most; 0: all
    refine: int = 8_000  # iterations of those by themselves
    settle: int = 400  # iterations that free hair of wall
    codec: int = CODEC_STEPS  # iterations of the expression codec
    restorer: int | None = None  # iterations of the restorer; None: the usual, where there is footage enough for one

    def restorer_steps(self, frames: int) -> int:
        if self.restorer is not None:
            return self.restorer
        return RESTORER_STEPS if frames >= ENOUGH_TO_RESTORE else 0


def add_training_options(command: argparse.ArgumentParser) -> None:
    """What both commands take of how long to train."""

    def option(name: str, default: int | None, text: str) -> None:
        command.add_argument(f"--{name}", type=int, default=default, help=text)

    usual = f"default: {RESTORER_STEPS} from {ENOUGH_TO_RESTORE} frames on"
    option("gaussians", 20_000, "Gaussians that are trained at first")
    option("stage-1", 2_000, "iterations of the static head")
    option("stage-2", 16_000, "iterations of the speaking head")
    option("keep", Finish.keep, "Gaussians that ship, those the picture needs most; 0: all")
    option("refine", Finish.refine, "iterations of those by themselves")
    option("settle", Finish.settle, "iterations that free hair of wall; 0: none")
    option("codec", Finish.codec, "iterations of its expression codec; 0: none")
    option("restorer", Finish.restorer, f"iterations of its restorer; 0: none ({usual})")


def finish_of(a: argparse.Namespace) -> Finish:
    return Finish(**{f.name: getattr(a, f.name) for f in fields(Finish)})


def trained_head(trainer: Trainer, finish: Finish) -> Portrait:
    """Trained to the end, then the Gaussians that ship by themselves; resumable."""
    from lipsplat.portrait.train import refine

    portrait = trainer.run()
    if 0 < finish.keep < trainer.config.shape.gaussians:
        return refine(trainer, finish.keep, finish.refine)
    return portrait


def write_avatar(out: Path, trainer: Trainer, speech: Path, identity: Identity, finish: Finish) -> None:
    """Trains what is left to train and writes the bundle: settled, with codec and restorer; resumable.

    speech: the model whose features the trainer's lips were taught by.
    """
    from lipsplat.bundle import write_bundle
    from lipsplat.bundle.settle import SettleConfig, settle_bundle
    from lipsplat.codec.commands import make_codec
    from lipsplat.portrait.data import silent_lip
    from lipsplat.restore.commands import make_restorer

    portrait, capture, plate = trained_head(trainer, finish), trainer.capture, trainer.lessons.plate
    last = trainer.config.last_frame
    speech_id = json.loads((speech / "speech.json").read_text())["id"]
    write_bundle(out, portrait, capture, plate, last, silent_lip(speech), speech_id, identity)
    if finish.settle:
        settle_bundle(out, capture, plate, trainer.lessons.lip, SettleConfig(steps=finish.settle))
    if finish.codec:
        with one_thread():
            make_codec(out, trainer.work / "codec", finish.codec)
    if steps := finish.restorer_steps(last):
        make_restorer(out, capture, speech, trainer.work / "restorer", steps)


@contextmanager
def one_thread() -> Iterator[None]:
    """For networks so small that a second thread only waits."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
