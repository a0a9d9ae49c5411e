"""What tracking costs a portrait: the same short schedule on tracked and on true poses and expressions of one film."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from lipsplat.capture import Capture, load_capture
from lipsplat.portrait.ablate import Drawn, measure
from lipsplat.portrait.data import capture_lip
from lipsplat.portrait.draw import view_of
from lipsplat.portrait.model import PortraitShape
from lipsplat.portrait.train import TrainConfig, Trainer

SCHEDULE = TrainConfig(shape=PortraitShape(gaussians=6_000), stage_1=500, stage_2=1_700, sheet_every=1_100)


def tracked_figures(tracked: Path, truth: Path, speech: Path, work: Path, threads: int = 1) -> dict[str, float]:
    """`tracked_psnr_loss_db`: head_psnr_db with true poses less that with tracked ones, both scored on the true labels.

    tracked: the capture folder of `lipsplat create` on truth's capture.mp4. What a killed run has done is in `work`.
    """
    torch.set_num_threads(threads)
    lip = capture_lip(load_capture(truth), speech)
    scores = {name: score(load_capture(folder), load_capture(truth), lip, work / name)
              for name, folder in (("true", truth), ("tracked", tracked))}  # fmt: skip
    figures = {f"{key}_{name}": value for name, found in scores.items() for key, value in found.items()}
    return figures | {"tracked_psnr_loss_db": scores["true"]["head_psnr_db"] - scores["tracked"]["head_psnr_db"]}


def score(capture: Capture, truth: Capture, lip: np.ndarray, work: Path) -> dict[str, float]:
    """Figures of a portrait trained on `capture`, whose poses move it on the held-out frames of `truth`; lip (F,32)."""
    kept = work / "figures.json"
    if not kept.exists():
        trainer = Trainer(capture, lip, work, SCHEDULE, torch.device("cpu"))
        portrait = trainer.run()
        motion = np.concatenate([capture.rotation, capture.translation, capture.expression], 1)[: SCHEDULE.last_frame]
        drawn = Drawn(portrait, view_of(capture.camera), trainer.lessons.plate, motion, True)
        kept.write_text(json.dumps(measure(replace(capture, folder=truth.folder), drawn, lip)[0]))
    return json.loads(kept.read_text())
