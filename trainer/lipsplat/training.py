"""What the training loops of the encoders share: a run that a killed process goes on with, averaged weights, a log."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

LOG_EVERY = 50  # steps


class RunConfig(Protocol):
    """What a run needs of its config, which goes into the checkpoint."""

    out: Path
    steps: int
    rate: float  # learning rate, held and then brought down to 0 over the last third
    average: float  # of the weights that are used
    save_every: int


class Run:
    """One model under training; `out/checkpoint.pt` holds step, config, the model by its `name`, average, optimiser."""

    def __init__(
        self,
        name: str,
        model: nn.Module,
        config: RunConfig,
        warm_up: int,
        memory: float = 0.97,
        betas: tuple[float, float] = (0.9, 0.999),
    ) -> None:
        """warm_up: steps in which the learning rate rises; memory: of the logged means, a step; betas: AdamW's."""
        self.name, self.model, self.config, self.warm_up, self.memory = name, model, config, warm_up, memory
        self.average = copy.deepcopy(model)
        self.optimiser = torch.optim.AdamW(model.parameters(), lr=config.rate, weight_decay=0.01, betas=betas)
        self.checkpoint = config.out / "checkpoint.pt"
        self.first, self.note = 0, ""
        self.shown: dict[str, float] = {}
        config.out.mkdir(parents=True, exist_ok=True)
        if self.checkpoint.exists():
            stored = torch.load(self.checkpoint, weights_only=False)
            for key, part in self._parts().items():
                part.load_state_dict(stored[key])
            self.first = stored["step"]

    def _parts(self) -> dict[str, nn.Module | torch.optim.Optimizer]:
        return {self.name: self.model, "average": self.average, "optimiser": self.optimiser}

    def steps(self) -> Iterator[int]:
        """The steps that are left; after each it is logged and saved when its time has come."""
        since = time.monotonic()
        for step in range(self.first, self.config.steps):
            yield step
            last = step + 1 == self.config.steps
            if (step + 1) % LOG_EVERY == 0 or last:
                pace, since = (time.monotonic() - since) / LOG_EVERY, time.monotonic()
                detail = " ".join(f"{k} {v:.4f}" for k, v in self.shown.items())
                print(f"step {step + 1}/{self.config.steps} {pace:.2f} s/step {self.note}: {detail}", flush=True)
            if (step + 1) % self.config.save_every == 0 or last:
                part = self.checkpoint.with_suffix(".part")
                states = {k: v.state_dict() for k, v in self._parts().items()}
                torch.save({"step": step + 1, "config": self.config} | states, part)
                part.replace(self.checkpoint)

    def learn(self, step: int, terms: dict[str, Tensor], shown: dict[str, Tensor] | None = None) -> None:
        """Descends on the sum of `terms`; they and `shown` go into the log."""
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.config.rate, self.config.steps, step, self.warm_up)
        self.optimiser.zero_grad()
        torch.stack(list(terms.values())).sum().backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        follow(self.average, self.model, min(self.config.average, (step + 1) / (step + 10)))
        for name, term in {**terms, **(shown or {})}.items():
            value = float(term.detach())
            self.shown[name] = self.memory * self.shown.get(name, value) + (1 - self.memory) * value


def learning_rate(rate: float, steps: int, step: int, warm_up: int) -> float:
    """Up over `warm_up` steps, held, and down to 0 over the last third."""
    return rate * min((step + 1) / warm_up, 1.0, max(steps - step, 0) / (steps / 3))


@torch.no_grad()
def follow(average: nn.Module, trained: nn.Module, decay: float) -> None:
    """Move the averaged weights and norm statistics towards the trained ones."""
    for ours, theirs in zip(average.state_dict().values(), trained.state_dict().values(), strict=True):
        ours.lerp_(theirs, 1 - decay) if ours.is_floating_point() else ours.copy_(theirs)
