"""The CC0 MakeHuman head as a small 3DMM: landmarks and some vertices, linear in identity and expression.

`correspond.py` makes its data. Differentiable: `points` takes NumPy arrays, or tensors after `HeadModel.tensors()`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

FACE = 468  # the first so many points are MediaPipe's landmarks 0 … 467
PIVOT_FROM_EYES = np.array([0.0, -1.35, -0.95])  # dm: between skull and spine (Rig.pivot of ../shared/subject/rig.py)
MACRO_SPREAD, PAIR_SPREAD = 0.12, 0.3  # standard deviations of identity


@dataclass(frozen=True)
class HeadModel:
    """P points: 468 landmarks, vertices of skull, ears and neck, then the centres of the left and right eyeball.

    The K numbers of an identity: changes of the macro targets' weights from `start`, then the weights of pairs of
    opposite targets, positive for the first; right sides follow left ones.
    """

    start: np.ndarray  # (A,) weights of `macro` in the middle identity
    macro: tuple[str, ...]  # A targets: ancestry, sex, age
    more: tuple[str, ...]  # K − A targets
    less: tuple[str, ...]  # and their opposites
    expressions: tuple[str, ...]  # 52 ARKit coefficients
    middle: np.ndarray  # (3P,) dm: the middle identity at rest
    shift_up: np.ndarray  # (K,3P) dm for each identity number above 0
    shift_down: np.ndarray  # (K,3P) and below
    shift_expression: np.ndarray  # (52,3P)
    spread: np.ndarray  # (K,) standard deviations of an identity's numbers
    sigma: np.ndarray  # (468,) dm: how far landmarks lie from their points on the face

    def points(self, identity, expression):
        """(…,P,3) dm in head-model axes of identities (…,K) and expressions (…,52)."""
        up, down = identity * (identity > 0), identity * (identity < 0)
        flat = self.middle + up @ self.shift_up + down @ self.shift_down + expression @ self.shift_expression
        return flat.reshape(*flat.shape[:-1], -1, 3)

    def shape(self, identity: np.ndarray) -> dict[str, float]:
        """The weights of targets that lipsplat.mesh.build_head takes, of an identity (K,)."""
        count = len(self.macro)
        weights = dict(zip(self.macro, (self.start + identity[:count]).tolist(), strict=True))
        for more, less, size in zip(self.more, self.less, identity[count:].tolist(), strict=True):
            name = more if size > 0 else less
            weights[name] = abs(size)
            if "/l-" in name:
                weights[name.replace("/l-", "/r-")] = abs(size)
        return {name: weight for name, weight in weights.items() if abs(weight) > 1e-4}

    def pivot(self, identity: np.ndarray) -> np.ndarray:
        """(3,) the point about which the head of an identity (K,) turns."""
        return self.points(identity, np.zeros(len(self.expressions)))[-2:].mean(0) + PIVOT_FROM_EYES

    def tensors(self, device: str = "cpu") -> HeadModel:
        """The same with tensors in place of the arrays of shapes."""
        import torch

        names = ("middle", "shift_up", "shift_down", "shift_expression", "spread", "sigma")
        return replace(self, **{n: torch.tensor(getattr(self, n), dtype=torch.float32, device=device) for n in names})


@lru_cache(1)
def head_model() -> HeadModel:
    with np.load(Path(__file__).with_name("head_model.npz")) as file:
        kept = {name: file[name] for name in file.files}

    def flat(name: str) -> np.ndarray:
        return kept[name].astype(float).reshape(len(kept[name]), -1)

    start = kept["start"].astype(float)
    macro = flat("macro_shift")
    names = {key: tuple(str(n) for n in kept[key]) for key in ("macro", "more", "less", "expressions")}
    return HeadModel(
        start=start,
        middle=kept["base"].astype(float).ravel() + start @ macro,
        shift_up=np.concatenate([macro, flat("more_shift")]),
        shift_down=np.concatenate([macro, -flat("less_shift")]),
        shift_expression=flat("expression_shift"),
        spread=np.repeat([MACRO_SPREAD, PAIR_SPREAD], [len(start), len(names["more"])]),
        sigma=kept["sigma"].astype(float),
        **names,
    )
