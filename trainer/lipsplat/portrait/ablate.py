"""What each part of the portrait is worth: rows trained on one short schedule and seed, measured on the held-out part.

`full` is the model as it is. `no_ave` hears a mel spectrum in place of the encoder's features, `no_expression` gets no
expression, `no_mask` lets attention roam the whole face, `no_portrait_sync` shows the full model's render without the
blend mask. `start_*` are Table IV's rows: what stage 1 predicts from the tri-plane ({SH, opacity} in `full`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from lipsplat.capture import FPS, HELD_OUT_FROM, Capture
from lipsplat.portrait.data import capture_lip
from lipsplat.portrait.model import Portrait, PortraitShape, Pose, View, view_of
from lipsplat.portrait.plate import Plate, composite
from lipsplat.portrait.train import TrainConfig, Trainer

SCHEDULE = TrainConfig(shape=PortraitShape(gaussians=6_000), stage_1=600, stage_2=3_000, sheet_every=1_800)
ROWS: dict[str, dict] = {
    "full": {},
    "no_portrait_sync": {},
    "no_ave": {},
    "no_expression": {},
    "no_mask": {"masked": False},
    "start_all": {"start": "all"},
    "start_geometry": {"start": "geometry"},
    "start_random": {"start": "random"},
}
SOUND_RATE, SOUND_WINDOW = 16_000, 800  # of the mel spectrum


@dataclass(frozen=True)
class Drawn:
    """A trained portrait as `lipsplat.evaluate` wants it, over the still plate."""

    portrait: Portrait
    view: View
    plate: Plate
    motion: np.ndarray  # (F,19)
    blend: bool  # by the mask (Portrait-sync)

    @property
    def meta(self) -> dict:
        return {}

    @property
    def mask(self) -> np.ndarray:  # (H,W)
        return self.plate.mask

    @torch.no_grad()
    def draw(
        self, lip: np.ndarray, expression: np.ndarray, rotation: np.ndarray, translation: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        lip_, expression_, turn, move = (torch.tensor(x).float() for x in (lip, expression, rotation, translation))
        image = self.portrait.draw_with(self.portrait.offsets(lip_, expression_), Pose(turn, move), self.view).numpy()
        return image[..., :3], image[..., 3]

    def torso(self, frame: int) -> np.ndarray:
        return self.plate.plate

    def composite(self, colour: np.ndarray, coverage: np.ndarray, torso: np.ndarray) -> np.ndarray:
        return composite(colour, coverage, torso, self.mask if self.blend else np.ones_like(self.mask))


def mel_lip(capture: Capture) -> np.ndarray:
    """(F,32): a log-mel spectrum of the 50 ms about every frame, zero mean and unit variance over the training part."""
    from lipsplat.speech.encoder import mel_kernels
    from lipsplat.speech.features import to_rate

    audio = to_rate(*capture.voice(), SOUND_RATE)
    middle = ((np.arange(len(capture)) + 0.5) / FPS * SOUND_RATE).astype(int)
    padded = np.pad(audio, SOUND_WINDOW)
    windows = np.stack([padded[m + SOUND_WINDOW // 2 :][:SOUND_WINDOW] for m in middle])  # (F,800)
    power = np.abs(np.fft.rfft(windows * np.hanning(SOUND_WINDOW))) ** 2  # (F,401): every second bin is the kernels'
    bands = mel_kernels(32)[1][:, :, 0].numpy()  # (32,201)
    mel = np.log(power[:, ::2] @ bands.T + 1e-4)
    return ((mel - mel[:HELD_OUT_FROM].mean(0)) / mel[:HELD_OUT_FROM].std(0)).astype(np.float32)


def measure(capture: Capture, drawn: Drawn, lip: np.ndarray) -> dict[str, float]:
    """Picture figures of `lipsplat.evaluate` and the lips' distance on the held-out frames; lip (F,32)."""
    from lipsplat.evaluate.__main__ import true_landmarks
    from lipsplat.evaluate.detector import landmarks, lip_distance
    from lipsplat.evaluate.drive import conditions_of
    from lipsplat.evaluate.picture import measure_picture

    frames = np.arange(HELD_OUT_FROM, len(capture))
    truth = true_landmarks(capture)[frames]
    scores, finals, _ = measure_picture(capture, drawn, conditions_of(capture, drawn, lip[frames], frames), truth)
    keys = ("head_psnr_db", "head_ms_ssim", "mouth_psnr_db", "portrait_psnr_db", "seam_psnr_db")
    means = scores.means()
    figures = {k: means[k] for k in keys} | {"lmd_px": float(np.nanmean(lip_distance(truth, landmarks(finals))))}
    return {k: float(f"{v:.5g}") for k, v in figures.items()}


def train_row(name: str, capture: Capture, speech: Path, work: Path, config: TrainConfig) -> dict[str, float]:
    if name == "no_expression":
        capture = replace(capture, expression=np.zeros_like(capture.expression))
    lip = mel_lip(capture) if name == "no_ave" else capture_lip(capture, speech)
    folder = work / ("full" if name == "no_portrait_sync" else name)
    trainer = Trainer(capture, lip, folder, replace(config, **ROWS[name]), torch.device("cpu"))
    portrait = trainer.run()
    motion = np.concatenate([capture.rotation, capture.translation, capture.expression], 1)[: config.last_frame]
    drawn = Drawn(portrait, view_of(capture.camera), trainer.lessons.plate, motion, name != "no_portrait_sync")
    return measure(capture, drawn, lip)


def ablate(
    capture: Capture,
    speech: Path,
    work: Path,
    rows: list[str],
    say: Callable[[str], None],
    config: TrainConfig = SCHEDULE,
) -> dict[str, dict[str, float]]:
    """Figures by row; what a killed run has done stands in `work`, which belongs to one speech model and schedule."""
    result = work / "rows.json"
    work.mkdir(parents=True, exist_ok=True)
    done: dict[str, dict[str, float]] = json.loads(result.read_text()) if result.exists() else {}
    for name in rows:
        if name not in done:
            say(f"ablation: {name}")
            done[name] = train_row(name, capture, speech, work, config)
            part = result.with_suffix(".part")
            part.write_text(json.dumps(done, indent=1))
            os.replace(part, result)
        say(f"{name}: {done[name]}")
    return {name: done[name] for name in rows}
