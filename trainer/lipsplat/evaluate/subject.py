"""Truth about the subject's own head: how far its lips are apart under any speech, from the mesh."""

from __future__ import annotations

import sys
from functools import lru_cache

import numpy as np

from lipsplat.capture import EXPRESSION, GAZE
from lipsplat.evaluate.closure import FPS
from lipsplat.paths import CAPTURE, SUBJECT
from lipsplat.speech.truth import Phone

LIP_UPPER, LIP_LOWER = 474, 523  # base-mesh vertices where the lips meet (the subject's labels.py)


def _subject_modules() -> None:
    if str(SUBJECT) not in sys.path:
        sys.path.insert(0, str(SUBJECT))


@lru_cache(1)
def opening_of_targets() -> dict[str, float]:
    """How many dm each blendshape at weight 1 opens the subject's lips."""
    _subject_modules()
    import rig

    model, _ = rig.load(np.load(CAPTURE / "motion.npz"))
    skin = next(part for part in model.parts if part.name == "skin")
    upper, lower = (model.skin_vertex_from_base[v] for v in (LIP_UPPER, LIP_LOWER))
    return {name: float(delta[upper, 1] - delta[lower, 1]) for name, delta in skin.delta.items()}


def mesh_opening(phones: list[Phone], audio: np.ndarray, rate: int, expression: np.ndarray) -> np.ndarray:
    """Lip opening (F,) in dm of the subject speaking `audio` (N,) while its face wears `expression` (F, 13)."""
    _subject_modules()
    import performance

    motion = performance.perform(phones, audio, rate, FPS)
    targets = opening_of_targets()
    visemes = [
        sum(targets.get(k, 0) * w for k, w in frame.items() if k.startswith("viseme_")) for frame in motion.weights
    ]
    face = np.array([0.0 if name in GAZE else targets.get(name, 0.0) for name in EXPRESSION])  # (13,)
    return np.maximum(np.array(visemes[: len(expression)]) + expression[: len(visemes)] @ face, 0)
