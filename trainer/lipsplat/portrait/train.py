"""Stages 1 and 2: a static head first, then one that speaks. A killed run goes on from its last checkpoint."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from lipsplat.capture import Capture
from lipsplat.portrait.checkpoint import adopt, read_checkpoint, write_checkpoint
from lipsplat.portrait.config import TrainConfig
from lipsplat.portrait.data import Lessons
from lipsplat.portrait.losses import picture_loss
from lipsplat.portrait.model import Portrait
from lipsplat.portrait.perceptual import PerceptualLoss, patch
from lipsplat.portrait.prune import contributions
from lipsplat.portrait.start import face_shaped_start, new_portrait

REFINED_FROM = 0.25  # of stage 2's schedule: where one that goes on from a trained portrait begins
UNSEEN = 0.05  # pixels: a Gaussian that never adds more is moved where it is needed


class Trainer:
    def __init__(
        self, capture: Capture, lip: np.ndarray, work: Path, config: TrainConfig, device: torch.device,
        lessons: Lessons | None = None,
    ):  # fmt: skip
        """lip (F,32); lessons: another trainer's of the same footage, so that it is read once."""
        self.capture, self.config, self.work, self.device = capture, config, work, device
        self.perceptual = None if config.perceptual == "none" else PerceptualLoss(config.perceptual).to(device)
        work.mkdir(parents=True, exist_ok=True)
        start = face_shaped_start(capture, config.shape.gaussians, config.seed)
        self.lessons = (
            lessons.heard(lip, capture.expression)
            if lessons
            else Lessons(capture, config.last_frame, lip, start, device)
        )
        self.portrait = new_portrait(config, start, device)
        self.step = 0
        self.spread = torch.zeros(config.shape.gaussians, device=device)  # image gradients since the last relocation
        if config.start_from and not self.checkpoint.exists():
            adopt(self.portrait, config.start_from, self.lessons)
        self.optimizer = self.new_optimizer()
        self.load()

    @property
    def stage_1(self) -> int:
        return 0 if self.config.start_from else self.config.stage_1

    @property
    def total(self) -> int:
        return self.stage_1 + self.config.stage_2

    @property
    def static(self) -> bool:
        return self.step < self.stage_1

    def new_optimizer(self) -> torch.optim.Optimizer:
        p, c = self.portrait, self.portrait.canonical
        geometry = p.geometry.parameters() if p.start in ("geometry", "all") else ()
        networks = [*p.appearance.parameters(), *geometry, *p.deformation.parameters()]
        groups = {
            "position": [c.position], "rotation": [c.rotation], "log_scale": [c.log_scale], "opacity": [c.opacity],
            "sh": [c.sh], "triplane": list(p.triplane.parameters()), "networks": networks,
        }  # fmt: skip
        return torch.optim.Adam(
            [{"params": v, "name": k, "lr": getattr(self.config, k)[0]} for k, v in groups.items()],
            eps=1e-15,
            fused=True,
        )

    def run(self) -> Portrait:
        """Train to the end of stage 2, with checkpoints and contact sheets on the way."""
        order = self.order()
        bar = tqdm(initial=self.step, total=self.total, desc="portrait", smoothing=0.02)
        recent, began = [], time.time()
        while self.step < self.total:
            if self.step == self.stage_1 and not self.config.start_from:
                self.portrait.bake_attributes()
                self.optimizer = self.new_optimizer()
            recent.append(self.iterate(next(order)))
            self.step += 1
            bar.update()
            if self.step % 50 == 0:
                bar.set_postfix(l1=f"{np.mean(recent[-200:]):.5f}", its=f"{len(recent) / (time.time() - began):.1f}/s")
            if self.step % self.config.checkpoint_every == 0 or self.step == self.total:
                self.save()
            if self.step % self.config.sheet_every == 0 or self.step == self.total:
                self.sheet()
        bar.close()
        return self.portrait

    def order(self):
        """Frames in a new random order each round, the same again after a restart at the same step."""
        while True:
            chance = np.random.default_rng((self.config.seed, self.step))
            yield from chance.permutation(len(self.lessons))

    def progress(self) -> float:
        if self.static:
            return self.step / self.stage_1
        done = (self.step - self.stage_1) / max(self.config.stage_2, 1)
        return REFINED_FROM + (1 - REFINED_FROM) * done if self.config.start_from else done

    def iterate(self, frame: int) -> float:
        config, portrait, progress = self.config, self.portrait, self.progress()
        # every frame is seen whole and close in turns, whatever the order
        close = not self.static and np.random.default_rng((config.seed, self.step, 1)).random() < config.mouth_share
        lesson = self.lessons.mouth(frame) if close else self.lessons[frame]
        for group in self.optimizer.param_groups:
            first, last = getattr(config, group["name"])
            group["lr"] = first * (last / first) ** progress
        screen = torch.zeros(config.shape.gaussians, 2, device=self.device, requires_grad=True)
        if self.static:
            image = portrait.draw_static(lesson.pose, lesson.view, screen)
        else:
            lip = lesson.lip + config.lip_noise * torch.randn_like(lesson.lip)
            which = portrait.near(lesson.pose, lesson.view) if close else None
            offset = portrait.offsets(lip, lesson.expression, which)
            image = portrait.draw_with(offset, lesson.pose, lesson.view, None if close else screen, which)
        picture = lesson.composite(image)
        loss = picture_loss(picture, lesson.truth, lesson.weight, config.dssim, config.edge if close else 0.0)
        if self.perceptual:
            chance = torch.Generator().manual_seed(config.seed * 1_000_003 + self.step)
            loss = loss + config.perceptual_weight * self.perceptual(*patch(picture, lesson.truth, chance))
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        with torch.no_grad():
            if screen.grad is not None:
                self.spread += screen.grad.norm(dim=1)
            if (self.step + 1) % config.relocate_every == 0:
                if progress < config.relocate_until:
                    self.relocate()
                self.spread.zero_()
            return float((picture - lesson.truth).abs().mean())

    def relocate(self) -> None:
        """Densify and prune at a constant count: invisible Gaussians move beside those the picture pulls at most."""
        c = self.portrait.canonical
        logit = self.portrait.attributes()[2] if self.static else c.opacity
        dead = (torch.sigmoid(logit) < 0.02) | (self.spread == 0)
        if not self.static:
            dead |= contributions(self.portrait, self.lessons) < UNSEEN
        count = int(dead.sum())
        if count == 0 or count == len(dead):
            return
        parent = torch.multinomial(self.spread * ~dead + 1e-12, count, replacement=True)
        child = dead.nonzero()[:, 0]
        scale = torch.exp(c.log_scale[parent])
        c.position[child] = c.position[parent] + 0.7 * scale * torch.randn_like(scale)
        c.log_scale[parent] -= 0.3
        c.log_scale[child] = c.log_scale[parent]
        for field_ in (c.rotation, c.opacity, c.sh, c.head_weight):
            field_[child] = field_[parent]
        for parameter in (c.position, c.log_scale, c.rotation, c.opacity, c.sh):
            state = self.optimizer.state.get(parameter, {})
            for moment in ("exp_avg", "exp_avg_sq"):
                if moment in state:
                    state[moment][child] = 0

    @property
    def checkpoint(self) -> Path:
        return self.work / "checkpoint.pt"

    def save(self) -> None:
        state = {"portrait": self.portrait.state_dict(), "optimizer": self.optimizer.state_dict()}
        write_checkpoint(self.checkpoint, self.config, self.step, state | {"spread": self.spread})

    def load(self) -> None:
        if self.checkpoint.exists():
            saved = read_checkpoint(self.checkpoint, self.config, self.device)
            self.portrait.load_state_dict(saved["portrait"])
            self.optimizer.load_state_dict(saved["optimizer"])
            self.step, self.spread = saved["step"], saved["spread"]

    @torch.no_grad()
    def picture(self, i: int) -> Tensor:
        lesson = self.lessons[i]
        if self.step <= self.stage_1 and not self.config.start_from:  # not baked yet
            return lesson.composite(self.portrait.draw_static(lesson.pose, lesson.view))
        offset = self.portrait.offsets(lesson.lip, lesson.expression)
        return lesson.composite(self.portrait.draw_with(offset, lesson.pose, lesson.view))

    def sheet(self, frames: int = 5) -> Path:
        """Contact sheet: truth, render, difference (×4) of frames spread over the training part."""
        columns = []
        for i in np.linspace(0, len(self.lessons) - 1, frames).astype(int):
            truth, image = self.lessons[i].truth.cpu(), self.picture(i).cpu()
            columns.append(torch.cat([truth, image, (4 * (image - truth).abs())]))
        path = self.work / f"sheet-{self.step:06d}.png"
        Image.fromarray((torch.cat(columns, 1).clamp(0, 1) * 255).byte().numpy()).save(path)
        return path


def refine(trainer: Trainer, gaussians: int, iterations: int) -> Portrait:
    """Of a run that is done, the Gaussians that the picture needs most, trained on by themselves; resumable too."""
    shape = replace(trainer.config.shape, gaussians=gaussians)
    config = replace(trainer.config, shape=shape, stage_2=iterations, start_from=trainer.checkpoint)
    work = trainer.work / f"kept-{gaussians}-of-{trainer.total}"  # a longer run's are others
    lessons = trainer.lessons
    return Trainer(trainer.capture, lessons.lip, work, config, trainer.device, lessons).run()
