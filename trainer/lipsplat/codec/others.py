"""Motion of people who do not exist, as ARKit's 52 coefficients at 25 Hz: other ranges, other neutral faces, other
habits, coefficients that the avatar never used, a tracker's noise. Seeded."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from lipsplat.capture import FPS
from lipsplat.face.names import ARKIT

USUAL = {"browDown": 0.4, "browInnerUp": 0.5, "browOuterUp": 0.5, "eyeSquint": 0.3, "mouthSmile": 0.3}  # most of a clip
HELD = 0.3  # of the clips: lids that are held anywhere
SPOKEN = ("jaw", "mouth", "tongue")  # what moves with syllables
AT = {name: i for i, name in enumerate(ARKIT)}


def noise(chance: np.random.Generator, frames: int, hz: float, count: int) -> np.ndarray:
    """(frames,count) of unit variance, smooth above `hz`."""
    sigma = FPS / (2 * np.pi * hz)
    margin = int(4 * sigma) + 1
    x = gaussian_filter1d(chance.normal(size=(frames + 2 * margin, count)), sigma, axis=0)[margin:-margin]
    return x * np.sqrt(2 * np.sqrt(np.pi) * sigma)


def blinks(chance: np.random.Generator, frames: int) -> np.ndarray:
    """(frames,2) lids, 0 open, 1 shut, of a person with blinks of an own kind; some wink, doze or hold a lid half."""
    out, gap = np.zeros((frames, 2)), chance.uniform(0.5, 5)
    down, up, hold = chance.uniform(0.04, 0.16), chance.uniform(0.08, 0.3), chance.choice((0, 0, 0.04, 0.12))
    winks, deep = chance.random() < 0.3, chance.uniform(0.7, 1.0)
    time, at = (np.arange(frames) + 0.5) / FPS, chance.uniform(-0.2, gap)
    while at < frames / FPS + 0.2:
        longer = chance.uniform(0.3, 1.5) if chance.random() < 0.05 else hold
        after = time - at
        lid = np.clip(np.minimum(1 + after / down, 1 - (after - longer) / up), 0, 1)
        size = deep if chance.random() < 0.85 else chance.uniform(0.3, 1)
        sides = chance.integers(1, 4) if winks and chance.random() < 0.3 else 3
        for side in (0, 1):
            if sides >> side & 1:
                out[:, side] = np.maximum(out[:, side], size * lid)
        at += gap * chance.uniform(0.4, 1.8) if chance.random() > 0.12 else 0.35
    return out


def held_lids(chance: np.random.Generator, frames: int) -> np.ndarray:
    """(frames,2) lids that go anywhere and stay there, each alone or both alike: what a tracker makes of a face."""
    apart = chance.uniform(0, 1) ** 3
    both, own = (noise(chance, frames, 2.0 ** chance.uniform(-2, 1.5), n) for n in (1, 2))
    move = np.sqrt(1 - apart) * both + np.sqrt(apart) * own
    return np.clip(chance.uniform(0, 1) + chance.uniform(0.2, 0.7) * move, 0, 1)


def sided(name: str) -> list[int]:
    """Columns of a coefficient: one, or left and right."""
    return [AT[name]] if name in AT else [AT[f"{name}Left"], AT[f"{name}Right"]]


def other_motion(chance: np.random.Generator, frames: int) -> np.ndarray:
    """(frames,52) float32, 0 … 1: one person, whose face moves 0.5 to 2 times as far as is usual."""
    out = np.zeros((frames, len(ARKIT)))
    gain = 2.0 ** chance.uniform(-1, 1)
    for name, usual in USUAL.items():
        columns = sided(name)
        hz, size = 2.0 ** chance.uniform(-3, 0.7), usual * gain * 2.0 ** chance.uniform(-0.7, 0.7)
        apart = chance.uniform(0, 1) ** 2  # from both sides alike to each on its own
        both, own = noise(chance, frames, hz, 1), noise(chance, frames, hz, len(columns))
        move = np.sqrt(1 - apart) * both + np.sqrt(apart) * own
        rest = chance.uniform(0, 0.3) if chance.random() < 0.3 else 0.0
        if name == "mouthSmile" and chance.random() < 0.6:
            rest = chance.uniform(0.05, 0.3)
        out[:, columns] = rest + size * np.maximum(0.5 * move - chance.uniform(-0.1, 0.4), -rest)
    lids = (
        held_lids(chance, frames)
        if chance.random() < HELD
        else blinks(chance, frames) * min(1.0, 2.0 ** chance.uniform(-0.6, 1))
    )
    sleepy = chance.uniform(0, 0.35) if chance.random() < 0.2 else 0.0
    out[:, sided("eyeBlink")] = sleepy + (1 - sleepy) * lids
    if chance.random() < 0.6:
        out[:, sided("eyeSquint")] *= 1 - lids
    gaze = noise(chance, frames, 2.0 ** chance.uniform(-2, 1), 2) * chance.uniform(0, 0.3, 2)
    held = np.maximum.accumulate(np.where(chance.random(frames) < 0.06, np.arange(frames), 0))
    gaze = gaze[held]  # it jumps, and holds
    for side in ("Left", "Right"):
        outwards = gaze[:, 0] if side == "Left" else -gaze[:, 0]
        for way, angle in (("Out", outwards), ("In", -outwards), ("Down", gaze[:, 1]), ("Up", -gaze[:, 1])):
            out[:, AT[f"eyeLook{way}{side}"]] = np.maximum(angle, 0) / 0.5
    for i, name in enumerate(ARKIT):  # what the avatar never showed
        base = name.removesuffix("Left").removesuffix("Right")
        if base in USUAL or name.startswith(("eyeBlink", "eyeLook")) or chance.random() < 0.4:
            continue
        hz = chance.uniform(1, 6) if name.startswith(SPOKEN) else chance.uniform(0.1, 1.5)
        move = chance.uniform(0, 0.4) * noise(chance, frames, hz, 1)[:, 0]
        out[:, i] = np.maximum(move + chance.uniform(-0.3, 0.3), 0)
    if chance.random() < 0.5:
        out += chance.normal(0, chance.uniform(0, 0.03), out.shape)
    return np.clip(out, 0, 1).astype(np.float32)


def wild_motion(chance: np.random.Generator, frames: int) -> np.ndarray:
    """(frames,52): what no face does, random values that jump and hold, of any size."""
    jumps = chance.random(frames) < chance.uniform(0.02, 0.5)
    held = np.maximum.accumulate(np.where(jumps, np.arange(frames), 0))
    share = chance.random(len(ARKIT)) < chance.uniform(0.2, 1)
    values = chance.uniform(0, 1, (frames, len(ARKIT))) ** chance.uniform(0.3, 3) * share
    return np.clip(values[held], 0, 1).astype(np.float32)
