"""Truth for mismatched jaws: the subject with one frame's body and another frame's mouth, path-traced."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from lipsplat.capture import read_video
from lipsplat.paths import CACHE, CAPTURE, SUBJECT

PICTURES = Path(__file__).parent / "truth.png"  # (n·h,SEEDS·w,3): the crops one below the other, seeds side by side
LABELS = Path(__file__).parent / "truth-labels.png"  # (n·h,w): BACKGROUND … MOUTH of lipsplat.capture, times 40
CROP = (128, 256, 256, 192)  # x, y, width, height on the canvas: jaw, neck and collar in every pose of the capture
SAMPLES = 64  # a pixel; the footage has 8
SEEDS = 2  # renders of each pair: what they differ in is noise, and can be told from error
# The subject's renderer, kept to the crop: a fifth of the time.
RENDER = """
import sys
sys.path.insert(0, sys.argv.pop(1))
left, right, bottom, top = (float(x) for x in sys.argv.pop(1).split())
import render
whole = render.build
def build(*given):
    scene, objects = whole(*given)
    r = scene.render
    r.use_border, r.border_min_x, r.border_max_x, r.border_min_y, r.border_max_y = True, left, right, bottom, top
    return scene, objects
render.build = build
render.main()
"""


@dataclass(frozen=True)
class Pair:
    body: int  # frame of pose, upper face and torso
    mouth: int  # frame of the lips


CLOSED, OPEN = (1321, 1359, 1389, 1421, 1517, 1568), (1337, 1398, 1526, 1473, 1436, 1513)  # held-out frames
PAIRS = (*map(Pair, CLOSED, OPEN), *map(Pair, OPEN, CLOSED))


@dataclass(frozen=True)
class Truth:
    pair: Pair
    pictures: np.ndarray  # (SEEDS,h,w,3) 0..1 of CROP: alike but for the path tracer's noise
    labels: np.ndarray  # (h,w) uint8


def load_truth() -> list[Truth]:
    """Raises FileNotFoundError with the remedy."""
    if not PICTURES.exists():
        raise FileNotFoundError(f"{PICTURES.name} is missing: run `lipsplat restorer-truth`")
    pictures, labels = (np.asarray(Image.open(p)) for p in (PICTURES, LABELS))
    _, _, width, height = CROP
    pictures = pictures.reshape(-1, height, SEEDS, width, 3).swapaxes(1, 2) / np.float32(255)
    return [Truth(*x) for x in zip(PAIRS, pictures, labels.reshape(-1, height, width) // 40, strict=True)]


def make_truth(python: str, threads: int = 1, work: Path = CACHE / "restore" / "truth") -> None:
    """Renders PAIRS, SEEDS times; resumable.

    python: an interpreter with bpy==5.0.1 and numba, which the trainer does without.
    """
    work.mkdir(parents=True, exist_ok=True)
    motion = dict(np.load(CAPTURE / "motion.npz"))
    bodies, mouths = (np.array([getattr(p, name) for p in PAIRS]) for name in ("body", "mouth"))
    viseme = np.char.startswith(motion["names"], "viseme_")
    weights = np.where(viseme, motion["weights"][mouths], motion["weights"][bodies])
    mixed = {k: motion[k][bodies] for k in ("rotation", "translation", "gaze")} | {"weights": weights}
    repeated = {k: np.concatenate([v] * SEEDS) for k, v in mixed.items()}  # the renderer's seed is the frame's number
    np.savez(work / "motion.npz", **{**motion, **repeated})
    x, y, width, height = CROP
    size = 512
    border = " ".join(str(v / size) for v in (x, x + width, size - y - height, size - y))
    files = [str(work / "motion.npz"), str(work)]
    options = ["--samples", str(SAMPLES), "--threads", str(threads)]
    subprocess.run([python, "-c", RENDER, str(SUBJECT), border, *files, *options], check=True)
    subprocess.run([python, str(SUBJECT / "labels.py"), *files], check=True)
    crop = np.s_[y : y + height, x : x + width]
    wall = background(size)
    pictures = []
    for i in range(SEEDS * len(PAIRS)):
        image = np.asarray(Image.open(work / f"{i:05d}.png").convert("RGBA")).astype(np.float32)
        alpha = image[..., 3:] / 255
        pictures.append((image[..., :3] * alpha + wall * (1 - alpha) + 0.5).clip(0, 255).astype(np.uint8)[crop])
    count = len(PAIRS)
    rows = [np.concatenate(pictures[i::count], 1) for i in range(count)]  # (h,SEEDS·w,3) each
    Image.fromarray(np.concatenate(rows)).save(PICTURES, optimize=True)
    labels = read_video(work / "labels.mkv", "gray")[:count]
    Image.fromarray(np.concatenate([x[crop] for x in labels])).save(LABELS, optimize=True)


def background(size: int) -> np.ndarray:
    """The wall that the capture was assembled over, (size,size,3) in 0..255."""
    if str(SUBJECT) not in sys.path:
        sys.path.insert(0, str(SUBJECT))
    from assemble import background as wall

    return wall(size)
