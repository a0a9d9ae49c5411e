"""How the discriminator is trained: `lipsplat sync-clips`, `lipsplat train-sync`, `lipsplat export-sync`.

The shipped weights come of these numbers and of 75 minutes of clips (52 of turn 0, 23 of turns 1 to 3). Two things were
otherwise: their face began with an older discriminator's weights and learnt 200 steps alone, here it learns 1 000; and
their run had come to its end at 3 900 steps before it went on to 6 000.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lipsplat.paths import CACHE
from lipsplat.sync.clips import CLIPS
from lipsplat.sync.model import SyncConfig


@dataclass(frozen=True)
class SyncTrainConfig:
    model: SyncConfig = SyncConfig(sound_channels=(32, 64, 128, 256))
    clips: Path = CLIPS / "train"
    out: Path = CACHE / "sync-runs" / "v3"
    steps: int = 6_000
    hearing: int = 700  # steps, of twice the clips, before them in which the sound learns alone
    seeing: int = 1_000  # and after those in which the face does
    batch: int = 8  # clips of a step
    windows: int = 10  # of each clip
    rate: float = 1e-3  # learning rate, brought down to 0 over the last third
    plain: bool = False  # the paper's loss alone
    shape: float = 1.0  # weight of agreeing with the mouth's true shape; falls to 0 by half of `steps`
    contrast: float = 1.0  # weight of choosing the right one among the batch's
    start: Path | None = None  # a checkpoint whose weights are begun with where names and sizes agree
    augmented: float = 0.35  # share of steps whose sound goes through a microphone and a room
    average: float = 0.99  # of the weights that are used
    save_every: int = 100
    reload_every: int = 200  # steps, to take up clips made meanwhile
    threads: int = 1
    seed: int = 1
