"""Train the discriminator. A killed run goes on from its last checkpoint.

Eq 2's loss teaches it in days, for each of face and sound is at first no teacher of the other. Here both agree with the
mouth's true shape (its viseme weights, known of rendered clips), too, and choose their own among the whole batch, which
takes an hour; and before they meet, each learns the shape alone: the sound, the harder half, from all speech there is,
seen spoken or not, then the face. `plain` leaves all this out (the paper's row).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from lipsplat.sync.batches import Batch, Clip, batch_of, heard_clips, load_clips
from lipsplat.sync.config import SyncTrainConfig
from lipsplat.sync.model import Discriminator, similarity
from lipsplat.training import Run

WARM_UP = 100  # steps
SHARPNESS = 16.0  # of the choice among the batch's windows


def loss_of(
    model: Discriminator, batch: Batch, config: SyncTrainConfig, step: int
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Weighted terms of the loss, and the shares of pairs (positives and negatives weigh alike) told right."""
    face = None if batch.crops is None else model.see(batch.crops)  # (B·n,256)
    sound = None if batch.mel is None else model.hear(batch.mel)
    if config.plain:
        bce, right = verdict(face, sound, batch)
        return {"bce": bce}, {"right": right}
    shape = model.know(batch.visemes)
    terms, shown = {}, {}
    # alone, each needs the shape; together they agree on what both can tell, which is less, as the shape steps back
    taught = config.shape * (1.0 if face is None or sound is None else max(1 - 2 * step / config.steps, 0.0))
    pairs = {"": (1.0, face, sound), "face ": (taught, face, shape), "sound ": (taught, sound, shape)}
    for name, (weight, a, b) in pairs.items():
        if weight > 0 and a is not None and b is not None:
            bce, shown[f"{name}right"] = verdict(a, b, batch)
            terms[f"{name}bce"] = weight * bce
            terms[f"{name}choice"] = weight * config.contrast * choice(a[batch.spoken], b[batch.spoken])
    return terms, shown


def verdict(face: Tensor, sound: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
    """Eq 2 of embeddings (B·n,256), and the share of pairs told right."""
    clips, n, _ = batch.same.shape
    sim = similarity(face.view(clips, n, 1, -1), sound.view(clips, 1, n, -1))  # (B,n,n)
    safe = sim.clamp(1e-4, 1 - 1e-4)
    bce = -0.5 * (safe[batch.same].log().mean() + (1 - safe[batch.apart]).log().mean())
    right = 0.5 * ((sim[batch.same] > 0.5).float().mean() + (sim[batch.apart] <= 0.5).float().mean())
    return bce, right


def choice(face: Tensor, sound: Tensor) -> Tensor:
    """Cross entropy of choosing each one's own among all of the batch (m,256), both ways."""
    logits = SHARPNESS * functional.normalize(face) @ functional.normalize(sound).T
    own = torch.arange(len(logits))
    return 0.5 * (functional.cross_entropy(logits, own) + functional.cross_entropy(logits.T, own))


def load_discriminator(checkpoint: Path) -> Discriminator:
    """The discriminator of a checkpoint, for evaluation or as a frozen loss."""
    if not Path(checkpoint).exists():
        raise FileNotFoundError(f"no discriminator at {checkpoint}: train one with `lipsplat train-sync`")
    stored = torch.load(checkpoint, weights_only=False)
    model = Discriminator(stored["config"].model)
    model.load_state_dict(stored["average"])
    return model.eval()


def begin_with(model: Discriminator, checkpoint: Path) -> None:
    """Takes over the averaged weights of a checkpoint, as far as names and sizes agree."""
    theirs, ours = torch.load(checkpoint, weights_only=False)["average"], model.state_dict()
    model.load_state_dict({k: theirs[k] if k in theirs and theirs[k].shape == v.shape else v for k, v in ours.items()})


def learn_to_hear(model: Discriminator, config: SyncTrainConfig) -> Path:
    """Sound and shape alone, on all the speech there is. Returns the checkpoint's path."""
    config = replace(config, out=config.out / "hearing", steps=config.hearing, batch=2 * config.batch)
    return go_on(Run("model", model, config, WARM_UP), heard_clips)


def learn_to_see(model: Discriminator, config: SyncTrainConfig) -> Path:
    """The face alone, by the shape as the sound knows it. Returns the checkpoint's path."""
    config = replace(config, out=config.out / "seeing", steps=config.seeing)
    run = Run("model", model, config, WARM_UP)
    model.shape.requires_grad_(False).eval()
    found = go_on(run, lambda: [replace(clip, pcm=None) for clip in load_clips(config.clips)])
    model.shape.requires_grad_(True).train()
    return found


def go_on(run: Run, clips: Callable[[], list[Clip]]) -> Path:
    """Trains until the run's last step; clips that are made meanwhile are taken up."""
    for step in run.steps():
        if step == run.first or step % run.config.reload_every == 0:
            known = clips()
        run.note = f"{len(known)} clips"
        run.learn(step, *loss_of(run.model, batch_of(known, run.config, step), run.config, step))
    return run.checkpoint


def train_discriminator(config: SyncTrainConfig) -> Path:
    """Train, or go on training, until `config.steps`. Returns the checkpoint's path."""
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    model = Discriminator(config.model).to(memory_format=torch.channels_last)  # faster on a CPU
    if config.start is not None:
        begin_with(model, config.start)
    if not config.plain:
        for learn, steps in ((learn_to_hear, config.hearing), (learn_to_see, config.seeing)):
            if steps:
                begin_with(model, learn(model, config))
    return go_on(Run("model", model, config, WARM_UP), lambda: load_clips(config.clips))
