"""Train the cues' network. A killed run goes on from its last checkpoint."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from scipy.ndimage import gaussian_filter1d
from torch import Tensor
from torch.nn import functional

from lipsplat.expression import RUN
from lipsplat.expression.arousal import arousal
from lipsplat.expression.dataset import sources
from lipsplat.expression.model import EARLY, HOP, OCTAVES, RAW, CueNet, CuesModelConfig
from lipsplat.expression.prosody import Prosody
from lipsplat.speech.align import align_ljspeech
from lipsplat.speech.augment import augment
from lipsplat.speech.names import RATE
from lipsplat.speech.truth import TRUTH_RATE
from lipsplat.training import Run

FRAME = RATE // TRUTH_RATE  # samples between truth frames
TRUTH = (*RAW, "arousal", "relative", "pitch")  # columns of an example's truth


@dataclass(frozen=True)
class CuesConfig:
    model: CuesModelConfig = field(default_factory=CuesModelConfig)
    out: Path = RUN
    steps: int = 2_400
    batch: int = 8
    echo: int = 2  # steps on a batch: it costs more to make than to learn from (Choi et al. 2019)
    seconds: float = 8.0  # of one example
    rate: float = 2e-3
    average: float = 0.995
    silent: float = 0.06  # share of examples without speech
    real: float = 0.25  # share of real-voice examples
    asking: float = 0.4  # share of recordings in which a question rises, where a voice has any
    save_every: int = 100
    reload_every: int = 200  # steps, to take up truth made meanwhile
    threads: int = 1
    seed: int = 1


class Voice:
    """All recordings of one voice."""

    def __init__(self) -> None:
        self.clips: list[Prosody] = []
        self.asking: list[Prosody] = []  # those of them in which a question rises
        self.middle = 0.0  # median pitch, log2(Hz / 100)

    def pick(self, asking: float, chance: np.random.Generator) -> Prosody:
        clips = self.asking if self.asking and chance.random() < asking else self.clips
        return clips[chance.integers(len(clips))]

    def add(self, clip: Prosody) -> None:
        self.clips.append(clip)
        if clip.question.max() > 0.5:
            self.asking.append(clip)
        if len(self.clips) <= 40:
            self.middle = float(np.median(np.concatenate([c.pitch[c.voiced > 0] for c in self.clips])))


class Library:
    """Training recordings by voice, as their truth is made."""

    def __init__(self) -> None:
        self.voices: dict[str, Voice] = {}
        self.waiting = [s for s in sources() if s.split == "train"]

    def reload(self, make: bool) -> None:
        """Take up the truth that is on disk; make: and the rest."""
        ready = [s for s in self.waiting if make or s.truth.exists()]
        self.waiting = [] if make else [s for s in self.waiting if not s.truth.exists()]
        for s in ready:
            self.voices.setdefault(s.voice, Voice()).add(s.load())

    def pick(self, real: float, chance: np.random.Generator) -> Voice:
        if "ljspeech" in self.voices and chance.random() < real:
            return self.voices["ljspeech"]
        names = [v for v in self.voices if v != "ljspeech"] or ["ljspeech"]
        return self.voices[names[chance.integers(len(names))]]


def truth_of(curves: dict[str, np.ndarray], middle: float) -> np.ndarray:
    """Columns (T,9) of `TRUTH` from a recording's curves (T,) at 100 Hz; middle: the speaker's pitch."""
    relative = (curves["pitch"] - middle) * curves["voiced"]
    lively = arousal(relative, curves["voiced"], curves["loudness"], curves["syllable"])
    syllable = (TRUTH_RATE / 25) * gaussian_filter1d(curves["syllable"], 4)  # a hop
    all_of = {**curves, "relative": np.clip(relative, -1, 1), "arousal": lively, "syllable": syllable}
    return np.stack([all_of[k] for k in TRUTH], 1).astype(np.float32)


def example(voice: Voice, config: CuesConfig, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Recordings of one voice with pauses between, at a random speed, which also makes another voice of it.

    Returns PCM (N,) and truth (n,9), a row a hop, of the cue that the hop yields.
    """
    speed, hops = np.exp(chance.uniform(-0.2, 0.2)), int(config.seconds * RATE / HOP)
    frames = int(np.ceil(hops * HOP * speed / FRAME)) + 4
    pcm = np.zeros(frames * FRAME, np.float32)
    curves = {k: np.zeros(frames, np.float32) for k in (*RAW, "pitch")}
    now = voice.pick(config.asking, chance)
    at = -int(chance.uniform(-0.5 * TRUTH_RATE, max(len(now.pitch) - 3 * TRUTH_RATE, 0)))
    while at < frames:
        length = min(len(now.pcm) // FRAME, len(now.pitch))
        a, b = max(at, 0), min(at + length, frames)
        if b > a:
            cut = slice(a - at, b - at)
            pcm[a * FRAME : b * FRAME] = now.pcm[cut.start * FRAME : cut.stop * FRAME] / 32768
            for k, curve in curves.items():
                curve[a:b] = getattr(now, k)[cut]
        at += length + int(chance.uniform(0, 1.0) ** 2 * TRUTH_RATE)
        now = voice.pick(config.asking, chance)
    truth = truth_of(curves, voice.middle)
    truth[:, TRUTH.index("pitch")] += np.log2(speed)
    phase = chance.uniform(0, FRAME)
    sound = np.interp(phase + speed * np.arange(hops * HOP), np.arange(len(pcm)), pcm).astype(np.float32)
    when = (phase + speed * HOP * (np.arange(hops) - EARLY + 0.5)) / FRAME  # (n,) in truth frames
    return sound, truth[np.clip(np.round(when).astype(int), 0, frames - 1)]


def batch_of(library: Library, config: CuesConfig, step: int) -> tuple[Tensor, Tensor]:
    """PCM (B,N) and truth (B,n,9) of one step; the same for the same step and data."""
    chance = np.random.default_rng((config.seed, step))
    generator = torch.Generator().manual_seed(config.seed * 1_000_003 + step)
    rows = [example(library.pick(config.real, chance), config, chance) for _ in range(config.batch)]
    pcm, truth = (torch.from_numpy(np.stack(x)) for x in zip(*rows, strict=True))
    silent = torch.from_numpy(chance.random(config.batch) < config.silent)
    truth[silent] = 0.0
    return augment(pcm, silent, generator), truth


def loss_of(heard: Tensor, relative: Tensor, told: Tensor, lively: Tensor, truth: Tensor) -> dict[str, Tensor]:
    """Weighted terms of the loss. The first four (B,·,n) as `CueNet.raw` gives them; truth (B,n,9)."""
    heard, relative, told, lively, truth = (x[..., EARLY:] for x in (heard, relative, told, lively, truth.mT))
    true = dict(zip(TRUTH, truth.unbind(1), strict=True))  # (B,n) each
    ours = dict(zip(RAW, told.unbind(1), strict=True))
    voiced = true["voiced"]
    share = voiced.mean() + 1e-3

    def classed(name: str, logit: Tensor, weight: float) -> Tensor:
        return functional.binary_cross_entropy_with_logits(logit, true[name], pos_weight=torch.tensor(weight))

    def spoken(x: Tensor) -> Tensor:
        """x (B,n) less its mean over the voiced hops: a microphone's gain is nobody's fault."""
        return x - (x * voiced).sum(1, keepdim=True) / (voiced.sum(1, keepdim=True) + 1e-3)

    # the pitch as a bell over the lags, a semitone wide
    bell = torch.softmax(-0.5 * (12 * (true["pitch"][:, None] - OCTAVES[:, None])).square(), 1)  # (B,LAGS,n)
    off = -(bell * heard[:, 2:]).sum(1)
    level = (spoken(heard[:, 1]) - spoken(true["loudness"])).abs()
    return {
        "voice": classed("voiced", heard[:, 0], 1.0),
        "voiced": classed("voiced", ours["voiced"], 1.0),
        "pitch": (off * voiced).mean() / share,
        "relative": 8.0 * (relative[:, 0] - true["relative"]).square().mean() / share,
        "level": 0.5 * (level * voiced).mean() / share,
        "loudness": 8.0 * (torch.sigmoid(ours["loudness"]) - true["loudness"]).square().mean(),
        "prominence": 2.0 * classed("prominence", ours["prominence"], 1.0),
        "phrase_end": 2.0 * classed("phrase_end", ours["phrase_end"], 2.0),
        "question": 3.0 * classed("question", ours["question"], 2.0),
        "syllable": classed("syllable", ours["syllable"], 1.0),
        "arousal": 8.0 * (lively[:, 0] - true["arousal"]).square().mean(),
    }


def load_cues(checkpoint: Path) -> CueNet:
    """The averaged network of a checkpoint, for evaluation and export."""
    stored = torch.load(checkpoint, weights_only=False)
    model = CueNet(stored["config"].model)
    model.load_state_dict(stored["average"])
    return model.eval()


def train_cues(config: CuesConfig = CuesConfig(), make: bool = True) -> Path:
    """Train, or go on training, until `config.steps`. Returns the checkpoint's path.

    make: first make the truth of every recording; otherwise learn from what is there. Raises RuntimeError where there
    is nothing, or what makes it is not installed.
    """
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    if make:
        missing = [name for name in ("pocketsphinx", "pyworld") if importlib.util.find_spec(name) is None]
        if missing:
            raise RuntimeError(f"{' and '.join(missing)} missing: `pip install lipsplat[cues]`")
        align_ljspeech()
    model = CueNet(config.model)
    run = Run("cues", model, config, warm_up=200, memory=0.98, betas=(0.9, 0.98))
    library = Library()
    library.reload(make)
    if not library.voices:
        raise RuntimeError("nothing to learn from: run `lipsplat synthesize`, and `train-cues` without --as-is")
    for step in run.steps():
        if step % config.reload_every == 0 and step != run.first:
            library.reload(make=False)
        run.note = f"{sum(len(v.clips) for v in library.voices.values())} recordings"
        if step % config.echo == 0 or step == run.first:
            pcm, truth = batch_of(library, config, step // config.echo)
        torch.manual_seed(config.seed * 1_000_003 + step)  # dropout, alike in a run that was killed and went on
        heard, relative, told, lively, _ = model.raw(pcm, model.initial_state(config.batch))
        run.learn(step, loss_of(heard, relative, told, lively, truth))
    return run.checkpoint
