"""Train the speech encoder. A killed run goes on from its last checkpoint."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from lipsplat.paths import CACHE
from lipsplat.speech import dataset
from lipsplat.speech.align import align_ljspeech
from lipsplat.speech.augment import augment
from lipsplat.speech.encoder import LIP, SILENT_FEATURE, EncoderConfig, SpeechEncoder
from lipsplat.speech.examples import Clip, clip, example
from lipsplat.speech.splice import spliced
from lipsplat.training import Run


@dataclass(frozen=True)
class SpeechConfig:
    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    out: Path = CACHE / "speech-runs" / "v6"
    steps: int = 12_000
    batch: int = 8
    seconds: float = 5.0  # of one example
    rate: float = 2e-3  # learning rate, held and then brought down to 0 over the last third
    average: float = 0.995  # of the weights that are exported
    start: Path | None = None  # a checkpoint whose weights are begun with
    silent: float = 0.1  # share of examples without speech
    real: float = 0.15  # share of real-voice examples, where there are any
    spliced: float = 0.4  # share of examples whose words nobody said in this order
    save_every: int = 100
    reload_every: int = 500  # steps, to take up utterances made meanwhile
    threads: int = 1
    seed: int = 1

    @property
    def early(self) -> int:
        """Hops by which a feature trails its hop."""
        return self.encoder.look_ahead_hops - 1


LIVE = SpeechConfig()
# For sounds that are known beforehand, as a dub's: it hears 240 ms on, so that a mouth opens before its word.
AHEAD = replace(
    LIVE,
    encoder=EncoderConfig(look_ahead_hops=12),
    out=CACHE / "speech-runs" / "v6-ahead",
    steps=6_000,
    start=LIVE.out / "checkpoint.pt",
)
SMOKE = SpeechConfig(
    EncoderConfig(channels=32, dilations=(1, 2, 4)),
    CACHE / "speech-runs/smoke",
    20,
    batch=2,
    seconds=2.0,
    save_every=10,
)


class Library:
    """Training clips by voice, picked up from the cache as they appear."""

    def __init__(self, config: SpeechConfig) -> None:
        self.config, self.voices, self.known = config, {}, set()
        self.reload()

    def reload(self) -> None:
        for voice, source in dataset.training_set(self.config.real > 0):
            if source.name not in self.known:
                self.known.add(source.name)
                self.voices.setdefault(voice, []).append(clip(source.load()))

    def pick(self, chance: np.random.Generator) -> list[Clip]:
        """All clips of one voice."""
        if "ljspeech" in self.voices and chance.random() < self.config.real:
            return self.voices["ljspeech"]
        names = [v for v in self.voices if v != "ljspeech"]
        seconds = np.array([len(self.voices[v]) for v in names], float) ** 0.5
        return self.voices[names[chance.choice(len(names), p=seconds / seconds.sum())]]


def batch_of(library: Library, config: SpeechConfig, step: int) -> tuple[Tensor, ...]:
    """PCM (B,N), truth (B,n,32), seal (B,n,2), phone (B,n) of one step; the same for the same step and data."""
    chance = np.random.default_rng((config.seed, step))
    generator = torch.Generator().manual_seed(config.seed * 1_000_003 + step)
    rows = []
    for _ in range(config.batch):
        clips = library.pick(chance)
        if chance.random() < config.spliced:
            clips = [clip(spliced(clips, 1.2 * config.seconds, chance))]
        rows.append(example(clips, config.seconds, config.early, chance))
    pcm, truth, seal, phone = (torch.from_numpy(np.stack(x)) for x in zip(*rows, strict=True))
    silent = torch.from_numpy(chance.random(config.batch) < config.silent)
    truth[silent], seal[silent], phone[silent] = torch.from_numpy(SILENT_FEATURE), 0.0, 0
    return augment(pcm, silent, generator), truth, seal, phone


def loss_of(
    lip: Tensor, seal_logit: Tensor, phone_logit: Tensor, truth: Tensor, seal: Tensor, phone: Tensor
) -> dict[str, Tensor]:
    """Weighted terms of the loss. lip, truth (B,n,32); seals (B,n,2); phone_logit (B,n,K); phone (B,n)."""

    def part(name: str) -> tuple[Tensor, Tensor]:
        return lip[..., LIP[name]], truth[..., LIP[name]]

    def apart(name: str, weight: Tensor | float = 1.0) -> Tensor:
        ours, theirs = part(name)
        return ((ours - theirs).abs() * weight).sum(-1).mean()

    def squared(name: str) -> Tensor:  # the mean, not the median: most visemes are mostly 0, and by L1 they stay there
        ours, theirs = part(name)
        return (ours - theirs).square().sum(-1).mean()

    def velocity(name: str) -> Tensor:
        ours, theirs = part(name)
        return (ours.diff(dim=1) - theirs.diff(dim=1)).square().sum(-1).mean()

    shut = 1.0 + 2.0 * truth[..., LIP["closed"]]
    return {
        "visemes": 2.0 * squared("visemes"),
        "opening": 1.5 * apart("opening", shut) + 6.0 * squared("opening"),
        "modes": 0.8 * squared("modes"),
        "loudness": 0.3 * apart("loudness"),
        "closed": 0.5 * functional.binary_cross_entropy(*(x.clamp(1e-5, 1 - 1e-5) for x in part("closed"))),
        "seal": functional.binary_cross_entropy_with_logits(seal_logit, seal, pos_weight=torch.tensor(2.0)),
        "velocity": velocity("visemes") + 4.0 * velocity("opening") + 0.4 * velocity("modes"),
        "phone": 0.2 * functional.cross_entropy(phone_logit.flatten(0, 1), phone.flatten(), label_smoothing=0.05),
    }


def begin_with(encoder: SpeechEncoder, checkpoint: Path) -> None:
    """Takes over the averaged weights of another run. Raises FileNotFoundError where there is none."""
    if not checkpoint.exists():
        raise FileNotFoundError(f"no encoder at {checkpoint} to begin with: run `lipsplat train-speech` first")
    encoder.load_state_dict(torch.load(checkpoint, weights_only=False)["average"])


def load_encoder(checkpoint: Path) -> SpeechEncoder:
    """The averaged encoder of a checkpoint, for evaluation and export."""
    stored = torch.load(checkpoint, weights_only=False)
    encoder = SpeechEncoder(stored["config"].encoder)
    encoder.load_state_dict(stored["average"])
    return encoder.eval()


def prepare_real() -> None:
    """Align the real voice once, where the aligner is installed."""
    if importlib.util.find_spec("pocketsphinx") is None:
        print("no real voice in training: `pip install lipsplat[align]` brings its aligner", flush=True)
    else:
        align_ljspeech()


def train_encoder(config: SpeechConfig = LIVE) -> Path:
    """Train, or go on training, until `config.steps`. Returns the checkpoint's path."""
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    encoder = SpeechEncoder(config.encoder)
    if config.start is not None:
        begin_with(encoder, config.start)
    run = Run("encoder", encoder, config, warm_up=200, memory=0.98, betas=(0.9, 0.98))
    if config.real > 0:
        prepare_real()
    library = Library(config)
    for step in run.steps():
        if step % config.reload_every == 0 and step != run.first:
            library.reload()
        run.note = f"{len(library.known)} clips"
        pcm, truth, seal, phone = batch_of(library, config, step)
        torch.manual_seed(config.seed * 1_000_003 + step)  # dropout, alike in a run that was killed and went on
        hidden, _ = encoder.trunk(pcm, encoder.initial_state(config.batch))
        lip, seal_logit = encoder.outputs(hidden)
        ours = (x.mT[:, config.early :] for x in (lip, seal_logit, encoder.phone(hidden)))
        theirs = (x[:, config.early :] for x in (truth, seal, phone))
        run.learn(step, loss_of(*ours, *theirs))
    return run.checkpoint


def smoke(out: Path) -> Path:
    """The smallest run, on whatever truth is there (the capture at least)."""
    return train_encoder(replace(SMOKE, out=out))
