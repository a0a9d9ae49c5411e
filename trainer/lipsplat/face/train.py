"""Training of the capturer on the rendered clips: pairs of frames of one person, resumable."""

from __future__ import annotations

import math
import os
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lipsplat.face.align import EYE
from lipsplat.face.model import FaceConfig, FaceNet
from lipsplat.face.names import ARKIT, EYE_NAMES, GAZE_SCALE, MOUTH_NAMES, SIDE
from lipsplat.face.synthetic import CLIPS, FRINGED, person
from lipsplat.paths import CACHE

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
# Of the eye's targets: brows and lids count most, what hardly shows least.
WEIGHT = {"browDown": 3.0, "browInnerUp": 3.0, "browOuterUp": 3.0, "eyeBlink": 3.0}
OPEN = 0.3  # a frame to compare with has this eye less shut


@dataclass(frozen=True)
class TrainConfig:
    out: Path = CACHE / "face" / "run"
    clips: Path = CLIPS
    steps: int = 3400
    batch: int = 64
    rate: float = 1e-3
    held_out: int = 8  # clips that only measure
    average: float = 0.995  # of the weights that are used
    save_every: int = 200  # steps; then clips drawn meanwhile come in, too
    threads: int = 1
    model: FaceConfig = FaceConfig()


@dataclass(frozen=True)
class Samples:
    """N sides of faces, right ones mirrored."""

    eyes: Tensor  # (N,72,72) uint8
    geometry: Tensor  # (N,375)
    eye: Tensor  # (N,8) of EYE_NAMES
    gaze: Tensor  # (N,2) outward, down, in GAZE_SCALE
    mouth: Tensor  # (N,29) of MOUTH_NAMES
    mates: tuple[Tensor, ...]  # for each clip and side: the samples that may serve as its rest
    group: Tensor  # (N,) into mates
    shown: Tensor  # (n,) the samples whose brow no hair hides


def side_targets(truth: np.ndarray, gaze: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(F,2,8), (F,2,2) and (F,2,29) of truth (F,52) and gaze (F,2): left, and right as the mirror shows it."""
    at = {n: i for i, n in enumerate(ARKIT)}
    eye = np.stack([[truth[:, at[n if n in at else n + s]] for n in EYE_NAMES] for s in ("Left", "Right")])
    swap = [n.replace("Left", "*").replace("Right", "Left").replace("*", "Right") for n in MOUTH_NAMES]
    mouth = np.stack([truth[:, [at[n] for n in which]] for which in (MOUTH_NAMES, swap)], 1)
    look = np.stack([gaze, gaze * (-1, 1)], 1) / GAZE_SCALE
    return eye.transpose(2, 0, 1), look, mouth


def load(paths: list[Path]) -> Samples:
    eyes, geometry, eye, gaze, mouth, mates, group, shown = [], [], [], [], [], [], [], []
    first = 0
    for path in paths:
        with np.load(path) as clip:
            pictures = clip["eyes"]  # (n,2,72,72,3)
            targets = side_targets(clip["truth"].astype(np.float32), clip["gaze"])
            points = clip["geometry"].astype(np.float32)
        n = len(pictures)
        eyes.append((pictures @ LUMA + 0.5).astype(np.uint8).reshape(-1, EYE, EYE))
        geometry.append(points.reshape(2 * n, -1))
        for store, value in zip((eye, gaze, mouth), targets, strict=True):
            store.append(value.reshape(2 * n, -1))
        for side in (0, 1):
            mine = first + side + 2 * np.arange(n)
            shut = targets[0][:, side, EYE_NAMES.index("eyeBlink")]
            mates.append(torch.from_numpy(mine[shut < OPEN] if (shut < OPEN).any() else mine))
        hidden = person(int(path.stem)).hair in FRINGED
        shown.append(first + np.arange(0, 2 * n, 2 if hidden else 1))
        group.append(np.tile([len(mates) - 2, len(mates) - 1], n))
        first += 2 * n
    arrays = [torch.from_numpy(np.concatenate(x)) for x in (eyes, geometry, eye, gaze, mouth, group, shown)]
    return Samples(arrays[0], *(x.float() for x in arrays[1:5]), tuple(mates), *arrays[5:])


def rests(samples: Samples, index: Tensor) -> Tensor:
    """For each sample of index (n,) another of the same person and side, eye open."""
    return torch.stack([m[torch.randint(len(m), ())] for m in (samples.mates[g] for g in samples.group[index])])


def cut(eyes: Tensor, shift: Tensor) -> Tensor:
    """Windows (n,64,64) float of eyes (n,72,72) uint8 at shift (n,2) from the middle, pixels."""
    at = shift + (EYE - SIDE) // 2
    rows, columns = at[:, :1] + torch.arange(SIDE), at[:, 1:] + torch.arange(SIDE)
    return eyes[torch.arange(len(eyes))[:, None, None], rows[:, :, None], columns[:, None, :]].float()


def vary(crops: Tensor) -> Tensor:
    """Light, contrast and noise of pairs (n,2,64,64): alike for both, and a little apart."""
    n = len(crops)
    x = (crops / 255).clamp(1e-3, 1)
    x = x ** (1 + 0.3 * (torch.rand(n, 1, 1, 1) - 0.5) + 0.1 * (torch.rand(n, 2, 1, 1) - 0.5))
    ramp = torch.linspace(-1, 1, SIDE)
    tilt = 0.15 * torch.randn(n, 2, 1, 1)
    x = x * (1 + tilt * ramp + 0.1 * torch.randn(n, 2, 1, 1) * ramp[:, None])
    return 255 * x + torch.rand(n, 1, 1, 1) * 4 * torch.randn_like(x)


def batch_of(samples: Samples, index: Tensor, learn: bool) -> tuple[tuple[Tensor, Tensor, Tensor], Tensor, Tensor]:
    """Inputs of the network, and targets (n,20) and (n,29)."""
    rest = rests(samples, index)
    if learn:
        common = torch.randint(-3, 4, (len(index), 2))
        shifts = [common + torch.randint(-1, 2, common.shape) * (torch.rand(len(index), 1) < 0.5) for _ in range(2)]
    else:
        shifts = [torch.zeros(len(index), 2, dtype=torch.long)] * 2
    crops = torch.stack([cut(samples.eyes[i], s) for i, s in zip((index, rest), shifts, strict=True)], 1)
    now = samples.gaze[index]
    eye = torch.cat([samples.eye[index] - samples.eye[rest], samples.eye[index], now, now - samples.gaze[rest]], 1)
    crops = (vary(crops) if learn else crops).contiguous(memory_format=torch.channels_last)
    inputs = crops, samples.geometry[index], samples.geometry[rest]
    return inputs, eye, samples.mouth[index]


def train(config: TrainConfig = TrainConfig()) -> FaceNet:
    """Train, saving `out/checkpoint.pt`, from where it stands. Raises FileNotFoundError where there are no clips."""
    torch.set_num_threads(config.threads)
    paths = sorted(config.clips.glob("?????.npz"))
    if len(paths) <= config.held_out:
        raise FileNotFoundError(f"{config.clips} holds {len(paths)} clips: run `lipsplat face-clips` first")
    test, learn, known = load(paths[: config.held_out]), load(paths[config.held_out :]), len(paths)
    torch.manual_seed(1)
    model = FaceNet(config.model).to(memory_format=torch.channels_last)  # a fifth faster
    some = torch.arange(0, len(learn.group), 3)
    model.mean.copy_(learn.geometry.mean(0))
    model.spread.copy_(learn.geometry.std(0) + 1e-3)
    model.change.copy_((learn.geometry[some] - learn.geometry[rests(learn, some)]).std(0) + 1e-3)
    optimiser = torch.optim.AdamW(model.parameters(), config.rate, weight_decay=1e-2)
    steady = torch.optim.swa_utils.AveragedModel(
        model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(config.average), use_buffers=True
    )
    step, path = 0, config.out / "checkpoint.pt"
    config.out.mkdir(parents=True, exist_ok=True)
    if path.exists():
        saved = torch.load(path, weights_only=True)
        model.load_state_dict(saved["learning"])
        steady.module.load_state_dict(saved["model"])
        steady.n_averaged.fill_(saved["step"])
        optimiser.load_state_dict(saved["optimiser"])
        step = saved["step"]
    weight = torch.tensor([WEIGHT.get(e, 1.0) for e in EYE_NAMES])
    weight = torch.cat([2 * weight, weight, torch.full((2,), 1.0), torch.full((2,), 3.0)])
    began, running = time.process_time(), 0.0
    model.train()
    while step < config.steps:
        inputs, eye, mouth = batch_of(learn, learn.shown[torch.randint(len(learn.shown), (config.batch,))], True)
        seen, said = model(*inputs)
        loss = ((seen - eye).square() * weight).mean() + (said - mouth).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.param_groups[0]["lr"] = config.rate * rate_at(step, config.steps)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        steady.update_parameters(model)
        step += 1
        running = 0.98 * running + 0.02 * loss.item()
        if step % 100 == 0:
            print(f"{step}: loss {running:.4f}, {time.process_time() - began:.0f} CPU s", flush=True)
        if step % config.save_every == 0 or step == config.steps:
            print("   " + ", ".join(f"{k} {v:.2f}" for k, v in measure(steady.module, test).items()), flush=True)
            part = path.with_suffix(f".{os.getpid()}.pt")
            kept = {"step": step, "config": asdict(config.model), "model": steady.module.state_dict()}
            kept |= {"learning": model.state_dict(), "optimiser": optimiser.state_dict()}
            torch.save(kept, part)
            os.replace(part, path)
            if len(paths := sorted(config.clips.glob("?????.npz"))) > known:
                learn, known = load(paths[config.held_out :]), len(paths)
    return steady.module.eval()


def rate_at(step: int, steps: int) -> float:
    """Share of the learning rate: up over 300 steps, then down along a cosine."""
    return min(1.0, (step + 1) / 300) * 0.5 * (1 + math.cos(math.pi * step / steps))


@torch.no_grad()
def measure(model: FaceNet, samples: Samples) -> dict[str, float]:
    """Correlation of each of EYE_NAMES' changes, of the gaze and (mean) of the mouth, on people never trained on."""
    was = model.training
    model.eval()
    state = torch.get_rng_state()
    torch.manual_seed(0)
    inputs, eye, mouth = batch_of(samples, samples.shown, False)
    torch.set_rng_state(state)
    seen, said = model(*inputs)
    model.train(was)
    labels = [*EYE_NAMES, *("" for _ in EYE_NAMES), "", "", "gazeOut", "gazeDown"]
    found = {n: float(np.corrcoef(eye[:, i], seen[:, i])[0, 1]) for i, n in enumerate(labels) if n}
    rs = [np.corrcoef(mouth[:, i], said[:, i])[0, 1] for i in range(mouth.shape[1]) if mouth[:, i].std() > 0]
    return found | {"mouth": float(np.mean(rs))}


def load_model(path: Path = TrainConfig().out / "checkpoint.pt") -> FaceNet:
    """The trained network of a checkpoint."""
    if not Path(path).exists():
        raise FileNotFoundError(f"no capturer at {path}: run `lipsplat train-face`")
    saved = torch.load(path, weights_only=True)
    config = replace(FaceConfig(), **{k: tuple(v) if isinstance(v, list) else v for k, v in saved["config"].items()})
    model = FaceNet(config)
    model.load_state_dict(saved["model"])
    return model.eval()
