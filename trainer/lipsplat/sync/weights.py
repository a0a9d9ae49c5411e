"""The discriminator that ships with the trainer, for the portrait's loss and for measuring: no training needed.

Float16 weights of the face and the sound encoder (3 MB); what only trained is left out.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from lipsplat.sync.model import Discriminator, SyncConfig
from lipsplat.weights import read_weights, save_weights

WEIGHTS = Path(__file__).parent / "weights.npz"
ONLY_TRAINS = "shape."


def export_discriminator(checkpoint: Path, out: Path = WEIGHTS) -> Path:
    """Writes the averaged weights of a checkpoint and their sizes, calibrated on the validation clips."""
    from lipsplat.sync.evaluate import calibrated
    from lipsplat.sync.train import load_discriminator

    model = calibrated(load_discriminator(checkpoint))
    return save_weights(
        out, model.config, {k: v for k, v in model.state_dict().items() if not k.startswith(ONLY_TRAINS)}
    )


@lru_cache(2)
def shipped_discriminator(path: Path = WEIGHTS) -> Discriminator:
    """The exported discriminator, frozen, for evaluation or as a loss. Raises FileNotFoundError where there is none."""
    sizes, weights = read_weights(path, "run `lipsplat train-sync`, then `lipsplat export-sync`")
    model = Discriminator(SyncConfig(**sizes))
    model.load_state_dict(weights, strict=False)  # what only trains stays as it was born
    return model.eval().requires_grad_(False)
