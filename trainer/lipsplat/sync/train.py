"""Train the discriminator. A killed run goes on from its last checkpoint.

Besides eq 2's loss, three helpers make it learn in minutes instead of days; `plain` leaves them out (the paper's row).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from lipsplat.paths import CACHE
from lipsplat.speech.augment import augment
from lipsplat.sync.clips import CLIPS
from lipsplat.sync.model import (
    FRAME_SAMPLES,
    FRAMES,
    SHARE,
    Discriminator,
    SyncConfig,
    mel_of,
    similarity,
    view_crops,
    windows_of_frames,
    windows_of_mel,
)
from lipsplat.training import Run

NEAREST, FARTHEST = 5, 15  # frames between the windows of a negative pair
SHARPNESS = 16.0  # of the choice among the batch's windows


@dataclass(frozen=True)
class SyncTrainConfig:
    model: SyncConfig = field(default_factory=SyncConfig)
    clips: Path = CLIPS / "train"
    out: Path = CACHE / "sync-runs" / "v2"
    steps: int = 4_000
    batch: int = 8  # clips of a step
    windows: int = 10  # of each clip
    rate: float = 1e-3  # learning rate, brought down to 0 over the last third
    plain: bool = False  # the paper's loss alone
    visemes: float = 2.0  # weight of telling the viseme weights from each embedding
    contrast: float = 1.0  # weight of choosing the right sound among the batch's
    start: Path | None = None  # a checkpoint whose weights are begun with, as far as names and sizes agree
    augmented: float = 0.35  # share of steps whose sound goes through a microphone and a room
    average: float = 0.99  # of the weights that are used
    save_every: int = 100
    reload_every: int = 200  # steps, to take up clips made meanwhile
    threads: int = 1
    seed: int = 1


@dataclass(frozen=True)
class Clip:
    """One recording and its mouth; frame i stands for (i + 0.5)/25 s."""

    crops: np.ndarray  # (F,72,96) uint8, memory-mapped
    pcm: np.ndarray  # (N,) int16 at 16 kHz
    visemes: np.ndarray  # (F,15)
    spoken: np.ndarray  # (F,) bool
    voice: str
    identity: int

    def __len__(self) -> int:
        """Frames that have both picture and sound."""
        return min(len(self.crops), len(self.pcm) // FRAME_SAMPLES)


def load_clip(path: Path) -> Clip:
    """The clip whose sound and truth are at `path` (STEM.npz), its crops beside it."""
    with np.load(path) as stored:
        about = json.loads(str(stored["about"]))
        rest = [stored[k] for k in ("pcm", "visemes", "spoken")]
    return Clip(np.load(path.with_suffix(".npy"), mmap_mode="r"), *rest, about["voice"], about["identity"])


def load_clips(folder: Path, known: dict[str, Clip] | None = None) -> dict[str, Clip]:
    """Finished clips by name; those `known` are not read again. Raises FileNotFoundError where there are none."""
    known = known or {}
    paths = [p for p in sorted(folder.glob("*.npz")) if p.suffixes == [".npz"]]
    if not paths:
        raise FileNotFoundError(f"{folder} holds no clips: make some with `lipsplat sync-clips`")
    return {p.stem: known.get(p.stem) or load_clip(p) for p in paths}


def spoken_windows(clip: Clip) -> np.ndarray:
    """Whether each window (F−4,) of the clip has a spoken phone in it."""
    spoken = clip.spoken[: len(clip)].astype(int)
    return np.convolve(spoken, np.ones(FRAMES, int), "valid") > 0


def choose_windows(clip: Clip, count: int, chance: np.random.Generator) -> np.ndarray | None:
    """Starts (count,) of spoken windows, 5 to 7 frames apart; None where the clip is too short."""
    starts = np.cumsum(chance.integers(5, 8, count))
    room = len(clip) - FRAMES - (starts[-1] - starts[0])
    if room < 0:
        return None
    return starts - starts[0] + chance.integers(0, room + 1)


@dataclass(frozen=True)
class Batch:
    """B clips, n windows each."""

    crops: Tensor  # (B·n,5,h,w)
    mel: Tensor  # (B·n,80,16)
    visemes: Tensor  # (B·n,75)
    spoken: Tensor  # (B·n,) bool
    same: Tensor  # (B,n,n) bool: face window and sound window are the same
    apart: Tensor  # (B,n,n) bool: a negative pair


def batch_of(clips: list[Clip], config: SyncTrainConfig, step: int) -> Batch:
    """The examples of one step; the same for the same step and clips."""
    chance = np.random.default_rng((config.seed, step))
    generator = torch.Generator().manual_seed(config.seed * 1_000_003 + step)
    chosen: list[tuple[Clip, np.ndarray]] = []
    for _ in range(1000):
        clip = clips[chance.integers(len(clips))]
        starts = choose_windows(clip, config.windows, chance)
        if starts is not None:
            chosen.append((clip, starts))
        if len(chosen) == config.batch:
            break
    else:
        raise ValueError(f"clips: fewer than {config.batch} in 1000 are long enough for {config.windows} windows")
    span = max(int(s[-1] - s[0]) for _, s in chosen) + FRAMES
    pcm = np.zeros((config.batch, (span + 2) * FRAME_SAMPLES), np.float32)  # the windows' sound and a frame either side
    crops = np.zeros((config.batch, span, *clips[0].crops.shape[1:]), np.uint8)
    for k, (clip, starts) in enumerate(chosen):
        a = (starts[0] - 1) * FRAME_SAMPLES
        sound = clip.pcm[max(a, 0) : a + pcm.shape[1]] / np.float32(32768)
        pcm[k, max(-a, 0) : max(-a, 0) + len(sound)] = sound
        frames = clip.crops[starts[0] : starts[0] + span]
        crops[k, : len(frames)] = frames
    sound = torch.from_numpy(pcm)
    if chance.random() < config.augmented:
        sound = augment(sound, torch.zeros(config.batch, dtype=torch.bool), generator)
    mel = mel_of(sound)
    seen = view_crops(torch.from_numpy(crops), random_views(config.batch, chance), config.model)
    first = [torch.from_numpy(starts - starts[0]) for _, starts in chosen]
    spoken = torch.from_numpy(np.stack([spoken_windows(clip)[starts] for clip, starts in chosen]))  # (B,n)
    start = torch.from_numpy(np.stack([s for _, s in chosen]))  # (B,n)
    distance = (start[:, :, None] - start[:, None]).abs()  # (B,n,n)
    both = spoken[:, :, None] & spoken[:, None]
    visemes = [c.visemes[s[:, None] + np.arange(FRAMES)].reshape(len(s), -1) for c, s in chosen]
    return Batch(
        torch.cat([windows_of_frames(seen[k], at) for k, at in enumerate(first)]),
        torch.cat([windows_of_mel(mel[k], at + 1) for k, at in enumerate(first)]),
        torch.from_numpy(np.concatenate(visemes).astype(np.float32)),
        spoken.flatten(),
        both & (distance == 0),
        both & (distance >= NEAREST) & (distance <= FARTHEST),
    )


def random_views(count: int, chance: np.random.Generator) -> Tensor:
    """Affine maps (count,2,3): a little larger, turned, moved, and mirrored half of the time."""
    scale = SHARE * np.exp(chance.uniform(-0.12, 0.08, count))
    turn = chance.uniform(-0.06, 0.06, count)
    side = np.where(chance.random(count) < 0.5, -1, 1)
    shift = chance.uniform(-1, 1, (count, 2)) * (1 - np.minimum(scale, 1))[:, None]
    cos, sin = np.cos(turn), np.sin(turn)  # maps count in half widths and half heights, 4 : 3
    rows = [
        [side * scale * cos, -scale * sin * 0.75, shift[:, 0]],
        [side * scale * sin / 0.75, scale * cos, shift[:, 1]],
    ]
    return torch.from_numpy(np.array(rows).transpose(2, 0, 1).astype(np.float32))


def loss_of(model: Discriminator, batch: Batch, config: SyncTrainConfig) -> tuple[dict[str, Tensor], Tensor]:
    """Weighted terms of the loss, and the share of pairs (positives and negatives weigh alike) told right."""
    face, sound = model.see(batch.crops), model.hear(batch.mel)  # (B·n,256)
    clips, n, _ = batch.same.shape
    sim = similarity(face.view(clips, n, 1, -1), sound.view(clips, 1, n, -1))  # (B,n,n)
    safe = sim.clamp(1e-4, 1 - 1e-4)
    terms = {"bce": -0.5 * (safe[batch.same].log().mean() + (1 - safe[batch.apart]).log().mean())}  # eq 2
    if not config.plain:
        told = model.face_visemes(face), model.sound_visemes(sound)
        terms["face"], terms["sound"] = (config.visemes * functional.mse_loss(t, batch.visemes) * 15 for t in told)
        # the right one among all spoken windows of the batch, and the right face for each sound
        logits = SHARPNESS * functional.normalize(face[batch.spoken]) @ functional.normalize(sound[batch.spoken]).T
        right = torch.arange(len(logits))
        terms["contrast"] = config.contrast * 0.5 * sum(functional.cross_entropy(x, right) for x in (logits, logits.T))
    with torch.no_grad():
        told_right = 0.5 * ((sim[batch.same] > 0.5).float().mean() + (sim[batch.apart] <= 0.5).float().mean())
    return terms, told_right


def load_discriminator(checkpoint: Path) -> Discriminator:
    """The discriminator of a checkpoint, for evaluation or as a frozen loss."""
    if not Path(checkpoint).exists():
        raise FileNotFoundError(f"no discriminator at {checkpoint}: train one with `lipsplat train-sync`")
    stored = torch.load(checkpoint, weights_only=False)
    model = Discriminator(stored["config"].model)
    model.load_state_dict(stored["average"])
    return model.eval()


def begin_with(model: Discriminator, checkpoint: Path) -> None:
    """Takes over the averaged weights of a checkpoint, as far as names and sizes agree."""
    theirs, ours = torch.load(checkpoint, weights_only=False)["average"], model.state_dict()
    model.load_state_dict({k: theirs[k] if k in theirs and theirs[k].shape == v.shape else v for k, v in ours.items()})


def train_discriminator(config: SyncTrainConfig = SyncTrainConfig()) -> Path:
    """Train, or go on training, until `config.steps`. Returns the checkpoint's path."""
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    model = Discriminator(config.model)
    if config.start is not None:
        begin_with(model, config.start)
    run = Run("model", model, config, warm_up=100)
    known = load_clips(config.clips)
    for step in run.steps():
        if step % config.reload_every == 0:
            known = load_clips(config.clips, known)
        run.note = f"{len(known)} clips"
        terms, right = loss_of(model, batch_of(list(known.values()), config, step), config)
        run.learn(step, terms, {"right": right})
    return run.checkpoint
