"""The audio-visual encoder (SyncTalk++, eq 3): repaint the mouth from sound and another picture of the same face.

loss = |F − D(E_a ⊕ E_f)|₁ + weight · sync loss through the frozen discriminator. Only the audio encoder E_a is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from lipsplat.paths import CACHE
from lipsplat.speech.augment import augment
from lipsplat.sync.batches import Clip, load_clips
from lipsplat.sync.clips import CLIPS
from lipsplat.sync.model import (
    FRAME_SAMPLES,
    FRAMES,
    MELS,
    WINDOW_MELS,
    Discriminator,
    Residual,
    SyncConfig,
    block,
    mel_of,
    similarity,
    view_crops,
    windows_of_mel,
)
from lipsplat.sync.train import load_discriminator
from lipsplat.sync.variation import random_views
from lipsplat.training import Run

LEAD = FRAMES // 2  # frames of sound heard before the frame itself, and after it: 0.2 s about its middle
FEATURE = 32


@dataclass(frozen=True)
class AveConfig:
    model: SyncConfig = field(default_factory=SyncConfig)  # picture size and widths, as the discriminator's
    clips: Path = CLIPS / "train"
    discriminator: Path = CACHE / "sync-runs" / "v3" / "checkpoint.pt"
    out: Path = CACHE / "ave-runs" / "v1"
    steps: int = 800
    batch: int = 16  # windows of five frames
    rate: float = 1e-3
    sync: float = 0.03  # weight of the sync loss
    sync_from: int = 400  # steps before it: it means nothing while the mouth is a blur
    masked_from: float = 0.26  # of the picture's height: the base of the nose; all below is repainted
    augmented: float = 0.5
    average: float = 0.99
    save_every: int = 100
    reload_every: int = 200  # steps, to take up clips made meanwhile
    threads: int = 1
    seed: int = 1


class AudioEncoder(nn.Module):
    """Log-mel windows (B,80,16) to features (B,32): convolutions to 512, then 512 → 256 → 128 → 32."""

    def __init__(self, channels: tuple[int, ...]) -> None:
        super().__init__()
        a, b, c, d = channels
        self.body = nn.Sequential(
            block(1, a, 3, (2, 1)), block(a, b, 3, 2), Residual(b), block(b, c, 3, 2), Residual(c), block(c, d, 3, 2),
            nn.Conv2d(d, 512, (MELS // 16, WINDOW_MELS // 8)), nn.Flatten(), nn.BatchNorm1d(512), nn.ReLU(),
            nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, FEATURE),
        )  # fmt: skip

    def forward(self, mel: Tensor) -> Tensor:
        return self.body(mel[:, None])


class Painter(nn.Module):
    """Audio encoder, face encoder and the decoder that paints what they say."""

    def __init__(self, config: SyncConfig) -> None:
        super().__init__()
        a, b, c, d = config.channels
        self.audio = AudioEncoder(config.channels)
        self.down = nn.ModuleList([block(2, a, 5, 2), block(a, b, 3, 2), block(b, c, 3, 2), block(c, d, 3, 2)])
        self.spread = nn.Linear(FEATURE, d * (config.height // 16) * (config.width // 16))
        self.up = nn.ModuleList([block(2 * d, c, 3), block(2 * c, b, 3), block(2 * b, a, 3), block(2 * a, a, 3)])
        self.paint = nn.Conv2d(a, 1, 3, padding=1)

    def forward(self, masked: Tensor, reference: Tensor, mel: Tensor) -> Tensor:
        """Faces without mouth and other pictures of them, both (B,h,w) in 0..1, and mel (B,80,16), to (B,h,w)."""
        x, kept = torch.stack([masked, reference], 1), []
        for layer in self.down:
            x = layer(x)
            kept.append(x)
        told = self.spread(self.audio(mel)).view_as(x)
        x = torch.cat([x, told], 1)
        for layer, skip in zip(self.up, [*kept[-2::-1], None], strict=True):
            x = functional.interpolate(layer(x), scale_factor=2, mode="nearest")
            x = x if skip is None else torch.cat([x, skip], 1)
        return torch.sigmoid(self.paint(x))[:, 0]


@dataclass(frozen=True)
class Batch:
    """B windows of five frames."""

    truth: Tensor  # (B,5,h,w) in 0..1
    reference: Tensor  # (B,h,w): another frame of the clip
    mel: Tensor  # (B,5,80,16) about each frame
    window: Tensor  # (B,80,16) under all five


def batch_of(clips: list[Clip], config: AveConfig, step: int) -> Batch:
    """The examples of one step; the same for the same step and clips."""
    chance = np.random.default_rng((config.seed, step))
    generator = torch.Generator().manual_seed(config.seed * 1_000_003 + step)
    usable = [c for c in clips if len(c) >= 3 * FRAMES + 2 * LEAD]
    if not usable:
        raise ValueError("clips: none is long enough for a window and a reference apart from it")
    crops, sounds = [], []
    for _ in range(config.batch):
        clip = usable[chance.integers(len(usable))]
        at = int(chance.integers(LEAD, len(clip) - FRAMES - LEAD + 1))
        far = [i for i in range(len(clip)) if i < at - FRAMES or i >= at + 2 * FRAMES]
        crops.append(np.concatenate([clip.crops[at : at + FRAMES], clip.crops[far[chance.integers(len(far))]][None]]))
        heard = clip.pcm[(at - LEAD) * FRAME_SAMPLES : (at + FRAMES + LEAD) * FRAME_SAMPLES]
        sounds.append(np.pad(heard, (0, FRAME_SAMPLES)) / np.float32(32768))  # a frame more: columns may round up
    sound = torch.from_numpy(np.stack(sounds))
    if chance.random() < config.augmented:
        sound = augment(sound, torch.zeros(config.batch, dtype=torch.bool), generator)
    mel = mel_of(sound)  # (B,80,m)
    seen = view_crops(torch.from_numpy(np.stack(crops)), random_views(config.batch, chance), config.model)
    frames = torch.arange(FRAMES)
    return Batch(
        seen[:, :FRAMES],
        seen[:, FRAMES],
        torch.stack([windows_of_mel(m, frames) for m in mel]),
        torch.stack([windows_of_mel(m, torch.tensor([LEAD]))[0] for m in mel]),
    )


def loss_of(painter: Painter, judge: Discriminator, batch: Batch, config: AveConfig, step: int) -> dict[str, Tensor]:
    """Weighted terms of eq 3."""
    clips, frames, height, width = batch.truth.shape
    top = round(config.masked_from * height)
    masked = batch.truth.clone()
    masked[:, :, top:] = 0.5
    reference = batch.reference[:, None].expand(-1, frames, -1, -1)
    painted = painter(
        masked.flatten(0, 1), reference.flatten(0, 1), batch.mel.flatten(0, 1)
    ).view(clips, frames, height, width)  # fmt: skip
    terms = {"l1": (painted[:, :, top:] - batch.truth[:, :, top:]).abs().mean()}
    if step >= config.sync_from and config.sync > 0:
        whole = torch.cat([batch.truth[:, :, :top], painted[:, :, top:]], 2)
        sim = similarity(judge.see(whole), judge.hear(batch.window))
        terms["sync"] = -config.sync * sim.clamp(1e-4, 1 - 1e-4).log().mean()
    return terms


def train_ave(config: AveConfig = AveConfig()) -> Path:
    """Train, or go on training, until `config.steps`. Returns the checkpoint's path.

    Raises FileNotFoundError without clips or discriminator, ValueError where the discriminator sees another size.
    """
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    judge = load_discriminator(config.discriminator).requires_grad_(False)
    if (judge.config.height, judge.config.width) != (config.model.height, config.model.width):
        raise ValueError(f"model: the discriminator sees {judge.config.height}×{judge.config.width}; choose the same")
    painter = Painter(config.model)
    run = Run("painter", painter, config, warm_up=100)
    for step in run.steps():
        if step == run.first or step % config.reload_every == 0:
            known = load_clips(config.clips)
        run.note = f"{len(known)} clips"
        run.learn(step, loss_of(painter, judge, batch_of(known, config, step), config, step))
    return run.checkpoint
