"""How the discriminator is trained: `lipsplat sync-clips`, `lipsplat train-sync`, `lipsplat export-sync`.

The shipped weights come of 3 hours of clips (153 minutes of turn 0, the rest of turns 1 to 3), in runs that each began
with the last one's weights: 7 750 steps on the first 75 minutes (`contrast` 1, `augmented` 0.35); on all of them 8 000
(0.5, 0.25), 4 500 (0.3, 0.15, `rate` 7e-4), 2 500 (0.2, 0.1, 5e-4). They are the mean of the last three runs' ends,
which did best on the validation clips. The numbers here make one run of it, not proven.
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
    steps: int = 18_000
    hearing: int = 700  # steps, of twice the clips, before them in which the sound learns alone
    seeing: int = 1_000  # and after those in which the face does
    batch: int = 8  # clips of a step
    windows: int = 10  # of each clip
    rate: float = 1e-3  # learning rate, brought down to 0 over the last third
    plain: bool = False  # the paper's loss alone
    shape: float = 1.0  # weight of agreeing with the mouth's true shape; falls to 0 by half of `steps`
    contrast: float = 0.5  # weight of choosing the right one among the batch's
    start: Path | None = None  # a checkpoint whose weights are begun with where names and sizes agree
    augmented: float = 0.25  # share of steps whose sound goes through a microphone and a room
    average: float = 0.998  # of the weights that are used
    save_every: int = 100
    reload_every: int = 200  # steps, to take up clips made meanwhile
    threads: int = 1
    seed: int = 1
