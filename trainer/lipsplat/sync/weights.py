"""The discriminator that ships with the trainer, for the portrait's loss and for measuring: no training needed.

Float16 weights of the face and the sound encoder (3 MB); what only trained is left out.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from lipsplat.sync.evaluate import calibrated
from lipsplat.sync.model import Discriminator, SyncConfig
from lipsplat.sync.train import load_discriminator

WEIGHTS = Path(__file__).parent / "weights.npz"
ONLY_TRAINS = "shape."


def export_discriminator(checkpoint: Path, out: Path = WEIGHTS) -> Path:
    """Writes the averaged weights of a checkpoint and their sizes, calibrated on the validation clips."""
    model = calibrated(load_discriminator(checkpoint))
    kept = {k: v for k, v in model.state_dict().items() if not k.startswith(ONLY_TRAINS) and v.is_floating_point()}
    arrays = {k: v.contiguous().numpy().astype(np.float16 if v.ndim > 1 else np.float32) for k, v in kept.items()}
    np.savez(out, config=json.dumps(asdict(model.config)), **arrays)
    return out


@lru_cache(2)
def shipped_discriminator(path: Path = WEIGHTS) -> Discriminator:
    """The exported discriminator, frozen, for evaluation or as a loss. Raises FileNotFoundError where there is none."""
    if not Path(path).exists():
        raise FileNotFoundError(f"no discriminator at {path}: run `lipsplat train-sync`, which exports it")
    with np.load(path) as stored:
        sizes = {k: tuple(v) if isinstance(v, list) else v for k, v in json.loads(str(stored["config"])).items()}
        weights = {k: torch.from_numpy(stored[k].astype(np.float32)) for k in stored.files if k != "config"}
    model = Discriminator(SyncConfig(**sizes))
    model.load_state_dict(weights, strict=False)  # what only trains stays as it was born
    return model.eval().requires_grad_(False)
