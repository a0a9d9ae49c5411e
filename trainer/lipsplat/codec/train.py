"""Training of the expression codec on one avatar's motion, forty minutes of one core; resumable."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from lipsplat.capture import EXPRESSION
from lipsplat.codec import STEPS
from lipsplat.codec.channels import CODED
from lipsplat.codec.data import CLIP, Pairs, make_pairs
from lipsplat.codec.model import CodecShape, ExpressionCodec
from lipsplat.codec.plausible import Shown
from lipsplat.paths import CACHE
from lipsplat.training import Run

RESTART_EVERY = 100  # steps in which a code must be used
WARM_UP = 100
# A lid that is a tenth off is seen from afar, a brow is not.
WEIGHT = torch.tensor([2.0 if EXPRESSION[i].startswith("eyeBlink") else 1.0 for i in CODED])


@dataclass(frozen=True)
class CodecConfig:
    shape: CodecShape = field(default_factory=CodecShape)
    out: Path = CACHE / "codec" / "default"
    clips: int = 8000
    batch: int = 32
    frames: int = 46  # of a window, of which 32 are learnt
    steps: int = STEPS
    rate: float = 3e-3
    average: float = 0.998
    save_every: int = 500
    commitment: float = 0.25  # β of eq 27
    speed: float = 0.5  # weight of the differences between frames: a blink lasts six of them
    seed: int = 1


def train_codec(shown: Shown, config: CodecConfig) -> ExpressionCodec:
    """The averaged weights of a codec that takes anybody's coefficients to what is `shown`."""
    torch.manual_seed(config.seed)
    least, most = torch.from_numpy(shown.least), torch.from_numpy(shown.most)
    model = ExpressionCodec(config.shape, least, most)
    run = Run("codec", model, config, WARM_UP)
    run.note = f"{sum(p.numel() for p in model.parameters())} weights"
    if run.first >= config.steps:
        return run.average.eval()
    pairs = make_pairs(shown, config.clips, config.seed)
    used = torch.zeros(config.shape.codes, dtype=torch.bool)
    for step in run.steps():
        chance = np.random.default_rng((43, config.seed, step))
        terms, z, index = losses(model, pairs, chance, config)
        if step == 0:
            restart(model, z, torch.ones_like(used), chance)
            terms, z, index = losses(model, pairs, np.random.default_rng((43, config.seed, step)), config)
        run.learn(step, terms, {"used": used.float().mean()})
        used[index.unique()] = True
        if (step + 1) % RESTART_EVERY == 0:
            if step < 0.6 * config.steps:
                restart(model, z, ~used, chance)
            used[:] = False
    return run.average.eval()


def losses(
    model: ExpressionCodec, pairs: Pairs, chance: np.random.Generator, config: CodecConfig
) -> tuple[dict[str, Tensor], Tensor, Tensor]:
    """Terms of eq 27, the vectors before the codebook (n,c) and the codes' numbers (n,)."""
    given, wanted = pairs.batch(chance, config.batch, min(config.frames, CLIP))
    z = model.encode(given)  # (B,T',G,c)
    codes, index = model.codebook(z)
    said = model.decode(z + (codes - z).detach())  # (B,T",11)
    said = said + (said.clamp(0, 1) - said).detach()  # beyond its range it is cut off, and still told which way to go
    wanted = wanted[:, config.shape.past : wanted.shape[1] - config.shape.look_ahead]
    error = (said - wanted) * WEIGHT
    terms = {
        "coefficients": error.abs().mean(),
        "speed": config.speed * error.diff(dim=1).abs().mean(),
        "codebook": F.mse_loss(codes, z.detach()),
        "commitment": config.commitment * F.mse_loss(z, codes.detach()),
    }
    return terms, z.detach().flatten(0, -2), index.flatten()


@torch.no_grad()
def restart(model: ExpressionCodec, z: Tensor, dead: Tensor, chance: np.random.Generator) -> None:
    """Dead codes (K,) bool begin again where the encoder's vectors (n,c) are."""
    at = torch.from_numpy(chance.integers(0, len(z), int(dead.sum())))
    fresh = z[at]
    model.codebook.vectors[dead] = fresh + 0.01 * z.std() * torch.randn(fresh.shape)
