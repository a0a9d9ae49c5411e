"""What each part of the portrait is worth: rows trained on one short schedule and seed, measured on the held-out part.

`full` is the model as it is. `no_ave` hears a mel spectrum in place of the encoder's features, `no_expression` gets no
expression, `no_mask` lets attention roam the whole face, `no_portrait_sync` shows the full model's render without the
blend mask. `start_*` are Table IV's rows: what stage 1 predicts from the tri-plane (everything in `full`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw

from lipsplat.capture import FPS, HELD_OUT_FROM, Capture
from lipsplat.portrait.config import TrainConfig
from lipsplat.portrait.data import Lessons, capture_lip
from lipsplat.portrait.draw import Pose, View, view_of
from lipsplat.portrait.model import Portrait, PortraitShape
from lipsplat.portrait.plate import Plate, composite
from lipsplat.portrait.train import Trainer

SCHEDULE = TrainConfig(shape=PortraitShape(gaussians=6_000), stage_1=500, stage_2=3_000, sheet_every=3_500)
ROWS: dict[str, dict] = {
    "full": {},
    "no_portrait_sync": {},
    "no_ave": {},
    "no_expression": {},
    "no_mask": {"masked": False},
    "start_appearance": {"start": "appearance"},
    "start_geometry": {"start": "geometry"},
    "start_random": {"start": "random"},
}
SOUND_RATE, SOUND_WINDOW = 16_000, 800  # of the mel spectrum
PICTURE_KEYS = ("head_psnr_db", "head_ms_ssim", "mouth_psnr_db", "portrait_psnr_db", "seam_psnr_db")
EVERY = 3  # held-out frames are measured
SHOWN, TILE = (8, 30, 52, 74), 288  # of those; pixels of the middle of a picture
REST = 12  # the frame whose sound the lips are at rest with: silence


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


def measure(capture: Capture, drawn: Drawn, lip: np.ndarray) -> tuple[dict[str, float], np.ndarray]:
    """Figures on held-out frames, and a strip (TILE, n·TILE, 3) of pictures; lip (F,32).

    Those of `lipsplat.evaluate`; brows and lids in pixels; and how far lips reach above the lower lids and brows below
    the nose, in 1/255 (`lipsplat.evaluate.disentangled`).
    """
    from lipsplat.evaluate.__main__ import true_landmarks
    from lipsplat.evaluate.detector import landmarks, lip_distance
    from lipsplat.evaluate.disentangled import movements
    from lipsplat.evaluate.drive import conditions_of
    from lipsplat.evaluate.picture import measure_picture
    from lipsplat.evaluate.upper_face import upper_face_figures

    frames = np.arange(HELD_OUT_FROM, len(capture), EVERY)
    truth = true_landmarks(capture)[frames]
    conditions = conditions_of(capture, drawn, lip[frames], frames)
    scores, finals, truths = measure_picture(capture, drawn, conditions, truth, every=EVERY)
    points, means = landmarks(finals), scores.means()
    face = upper_face_figures(truth, points, truth)
    moved = movements(drawn, lip[REST], lip[:1200:100])
    figures = {k: means[k] for k in PICTURE_KEYS} | {
        "lmd_px": float(np.nanmean(lip_distance(truth, points))),
        **{k: face[k] for k in ("brow_px", "lid_px")},
        **{k: moved[k] for k in ("lips_above_lids", "brows_below_nose")},
    }
    strip = np.hstack([np.vstack([head(truths[i]), head(finals[i])]) for i in SHOWN])
    return {k: float(f"{v:.4g}") for k, v in figures.items()}, strip


def head(picture: np.ndarray) -> np.ndarray:
    """(TILE,TILE,3): the middle of a picture (H,W,3)."""
    top, left = (picture.shape[0] - TILE) // 2 - 40, (picture.shape[1] - TILE) // 2
    return picture[top : top + TILE, left : left + TILE]


def train_row(
    name: str, capture: Capture, speech: Path, work: Path, config: TrainConfig, lessons: Lessons | None
) -> tuple[dict[str, float], Lessons]:
    """Figures of one row; its strip lies in `work`. What it has read of the footage goes to the next row."""
    if name == "no_expression":
        capture = replace(capture, expression=np.zeros_like(capture.expression))
    lip = mel_lip(capture) if name == "no_ave" else capture_lip(capture, speech)
    folder = work / ("full" if name == "no_portrait_sync" else name)
    trainer = Trainer(capture, lip, folder, replace(config, **ROWS[name]), torch.device("cpu"), lessons)
    portrait = trainer.run()
    motion = np.concatenate([capture.rotation, capture.translation, capture.expression], 1)[: config.last_frame]
    drawn = Drawn(portrait, view_of(capture.camera), trainer.lessons.plate, motion, name != "no_portrait_sync")
    figures, strip = measure(capture, drawn, lip)
    Image.fromarray(strip).save(work / f"{name}.png")
    return figures, trainer.lessons


def ablate(
    capture: Capture,
    speech: Path,
    work: Path,
    rows: list[str],
    say: Callable[[str], None],
    config: TrainConfig = SCHEDULE,
) -> dict[str, dict[str, float]]:
    """Figures by row; what a killed run has done stands in `work`, which belongs to one speech model and schedule."""
    result, lessons = work / "rows.json", None
    work.mkdir(parents=True, exist_ok=True)
    done: dict[str, dict[str, float]] = json.loads(result.read_text()) if result.exists() else {}
    for name in rows:
        if name not in done:
            say(f"ablation: {name}")
            done[name], lessons = train_row(name, capture, speech, work, config, lessons)
            part = result.with_suffix(".part")
            part.write_text(json.dumps(done, indent=1))
            os.replace(part, result)
        say(f"{name}: {done[name]}")
    write_sheet(work, rows)
    return {name: done[name] for name in rows}


def write_sheet(work: Path, rows: list[str]) -> Path:
    """Truth, then each row's pictures under its name, as `sheet.jpg`."""
    strips = [np.asarray(Image.open(work / f"{name}.png")) for name in rows]
    lines = [("truth", strips[0][:TILE]), *((name, strip[TILE:]) for name, strip in zip(rows, strips))]
    sheet = Image.fromarray(np.vstack([line for _, line in lines]))
    for i, (name, _) in enumerate(lines):
        ImageDraw.Draw(sheet).text((6, i * TILE + 4), name, fill=(255, 255, 255), stroke_width=2, stroke_fill=(0, 0, 0))
    path = work / "sheet.jpg"
    sheet.save(path, quality=85)
    return path
