"""How fast stage 2 trains, all losses in it: `python -m lipsplat.portrait.speed CHECKPOINT [--threads 2]`.

Prints seconds of an iteration: by the wall, of all threads' work, and of the main thread's work, which is what the wall
would show if nothing else shared the cores (OMP_WAIT_POLICY=passive, so that waiting is no work). Of several rounds the
fastest counts; a round goes on from the checkpoint's own step, and nothing is saved.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from lipsplat.capture import load_capture
from lipsplat.paths import CAPTURE, MODELS
from lipsplat.portrait.config import TrainConfig
from lipsplat.portrait.data import capture_lip
from lipsplat.portrait.model import PortraitShape
from lipsplat.portrait.train import Trainer

CLOCKS = {"wall_s": time.perf_counter, "threads_s": time.process_time, "main_thread_s": time.thread_time}
FRAMES = 100  # of the capture: enough to be no cache's favourite


def measure(checkpoint: Path, iterations: int, rounds: int) -> dict[str, float]:
    shape = PortraitShape(**torch.load(checkpoint, weights_only=True)["shape"])
    capture = load_capture(CAPTURE)
    with TemporaryDirectory() as work:
        shutil.copyfile(checkpoint, Path(work) / "checkpoint.pt")
        config = TrainConfig(shape=shape, last_frame=FRAMES)
        trainer = Trainer(capture, capture_lip(capture, MODELS / "speech"), Path(work), config, torch.device("cpu"))
    if trainer.static:
        raise ValueError(f"{checkpoint} is in stage 1 still, at iteration {trainer.step}: train on")
    began, times = trainer.step, []
    for _ in range(rounds):
        trainer.step, order = began, trainer.order()
        before = [clock() for clock in CLOCKS.values()]
        for _ in range(iterations):
            trainer.iterate(next(order))
            trainer.step += 1
        times.append([(clock() - t) / iterations for clock, t in zip(CLOCKS.values(), before)])
    began_read = time.process_time()
    for i in range(FRAMES):
        trainer.lessons.frames.read(i)
    return {
        "gaussians": shape.gaussians,
        **{name: round(min(t), 4) for name, t in zip(CLOCKS, zip(*times))},
        "read_s": round((time.process_time() - began_read) / FRAMES, 5),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--iterations", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=4)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    print(json.dumps({"threads": a.threads} | measure(a.checkpoint, a.iterations, a.rounds)))
