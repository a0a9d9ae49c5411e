"""Trains the parser on rendered heads, which are bent, recoloured, blurred and compressed on the way. Resumable."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from lipsplat.parser.cues import SIZE, network_input
from lipsplat.parser.network import PARTS, ParserNet
from lipsplat.parser.render import parser_set
from lipsplat.paths import CACHE
from lipsplat.training import Run

PART_WEIGHT = (1.0, 1.0, 1.5, 1.0, 1.5, 3.0, 3.0)  # small parts count for more
IGNORED = 255  # label of what a shift brought in
WINDOW = 192  # pixels a side of what a step sees: the network has no size of its own


@dataclass(frozen=True)
class ParserConfig:
    out: Path = CACHE / "parser" / "run-2"
    data: Path = CACHE / "parser" / "v1"
    identities: int = 96
    steps: int = 320
    batch: int = 6
    rate: float = 3e-3
    average: float = 0.995
    save_every: int = 50
    seed: int = 0
    threads: int = 1


def train_parser(config: ParserConfig) -> ParserNet:
    """The averaged network after `config.steps`; a killed run goes on from its checkpoint."""
    torch.set_num_threads(config.threads)
    cv2.setNumThreads(1)
    torch.manual_seed(config.seed)
    sets = [dict(np.load(path)) for path in parser_set(config.data, config.identities)]
    run = Run("parser", ParserNet().to(memory_format=torch.channels_last), config, warm_up=50)
    run.model.train()
    weight = torch.tensor(PART_WEIGHT)
    for step in run.steps():
        chance = np.random.default_rng((config.seed, step))
        lessons = [lesson(sets, chance) for _ in range(config.batch)]
        picture = torch.from_numpy(np.stack([p for p, _ in lessons])).permute(0, 3, 1, 2) / 255  # (B,7,192,192)
        truth = torch.from_numpy(np.stack([t for _, t in lessons])).long()  # (B,192,192)
        score = run.model(picture)
        parts = functional.cross_entropy(score, truth, weight, ignore_index=IGNORED)
        run.learn(step, {"parts": parts, "overlap": 0.3 * overlap_loss(score, truth)})
    return run.average.eval()


def overlap_loss(score: Tensor, truth: Tensor) -> Tensor:
    """1 − Dice, mean over the parts: (B,7,H,W) and (B,H,W)."""
    known = (truth != IGNORED)[:, None]
    chance = score.softmax(1) * known
    wanted = functional.one_hot(truth.clamp(max=PARTS - 1), PARTS).permute(0, 3, 1, 2) * known
    both = (chance * wanted).sum((0, 2, 3))
    return 1 - ((2 * both + 50) / (chance.sum((0, 2, 3)) + wanted.sum((0, 2, 3)) + 50)).mean()


def lesson(sets: list[dict[str, np.ndarray]], chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A network's input (192,192,7) uint8 and its labels, as another camera would have seen them."""
    kept = sets[chance.integers(len(sets))]
    i = chance.integers(len(kept["image"]))
    image, label, person, points = (kept[k][i] for k in ("image", "label", "person", "points"))
    picture = network_input(recoloured(image, chance), person, points)
    if chance.random() < 0.05:
        picture[..., 4:] = 0  # a face that was not found
    if chance.random() < 0.15:
        picture[..., 3] = spoilt(picture[..., 3], chance)
    if chance.random() < 0.5:
        picture, label = picture[:, ::-1], label[:, ::-1]
    return moved(np.ascontiguousarray(picture), np.ascontiguousarray(label), chance)


def recoloured(image: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """(256,256,3) uint8 under another camera: contrast, white balance, blur, noise, compression."""
    x = (image / 255.0) ** chance.uniform(0.6, 1.6) * chance.normal(1, 0.08, 3) * chance.uniform(0.7, 1.3)
    grey = x.mean(2, keepdims=True)
    x = (grey + (x - grey) * chance.uniform(0.4, 1.5)) * 255
    if chance.random() < 0.5:
        x = cv2.GaussianBlur(x, (0, 0), chance.uniform(0.3, 2.0))
    if chance.random() < 0.2:
        small = int(chance.integers(90, 220))
        x = cv2.resize(cv2.resize(x, (small, small), interpolation=cv2.INTER_AREA), (SIZE, SIZE))
    grain = chance.uniform(0, 8) * chance.standard_normal(x.shape, np.float32)
    x = np.clip(x + grain, 0, 255).astype(np.uint8)
    if chance.random() < 0.4:
        x = cv2.imdecode(cv2.imencode(".jpg", x, [cv2.IMWRITE_JPEG_QUALITY, int(chance.integers(25, 90))])[1], 1)
    return x


def spoilt(person: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """A person mask (256,256) that is off at its edge, or says nothing."""
    if chance.random() < 0.2:
        return np.full_like(person, 128)
    size = int(chance.integers(1, 6))
    return (cv2.dilate if chance.random() < 0.5 else cv2.erode)(person, np.ones((size, size), np.uint8))


def moved(picture: np.ndarray, label: np.ndarray, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Both turned, scaled and shifted alike into a window; what comes in from outside is the edge, and not learnt."""
    move = cv2.getRotationMatrix2D((SIZE / 2, SIZE / 2), chance.normal(0, 6), chance.uniform(0.7, 1.25))
    move[:, 2] += (WINDOW - SIZE) / 2 + chance.normal(0, 12, 2)
    bands = [  # at most four channels at a time
        cv2.warpAffine(
            picture[..., part], move, (WINDOW, WINDOW), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        for part in (np.s_[0:4], np.s_[4:7])
    ]
    turned = cv2.warpAffine(label, move, (WINDOW, WINDOW), flags=cv2.INTER_NEAREST, borderValue=IGNORED)
    return np.concatenate(bands, -1), turned
