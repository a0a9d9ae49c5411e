"""Weights that ship inside the trainer: an .npz of half precision, with the sizes of their network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor


def save_weights(path: Path, config: Any, state: Mapping[str, Tensor]) -> Path:
    """Float16 kernels and float32 vectors of `state`, counters left out, and the fields of the dataclass `config`."""
    arrays = {
        name: tensor.detach().cpu().contiguous().numpy().astype(np.float16 if tensor.ndim > 1 else np.float32)
        for name, tensor in state.items()
        if tensor.is_floating_point()
    }
    np.savez(path, config=json.dumps(asdict(config)), **arrays)
    return path


def read_weights(path: Path, remedy: str) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The config's fields, lists as tuples, and float32 tensors by name. Raises FileNotFoundError with the remedy."""
    if not Path(path).exists():
        raise FileNotFoundError(f"{path} is missing: {remedy}")
    with np.load(path) as stored:
        config = {k: tuple(v) if isinstance(v, list) else v for k, v in json.loads(str(stored["config"])).items()}
        return config, {k: torch.from_numpy(stored[k].astype(np.float32)) for k in stored.files if k != "config"}
