"""Faces that an avatar never made: other people's coefficients, for measuring what the codec is worth."""

from __future__ import annotations

import sys
from hashlib import sha256

import numpy as np

from lipsplat.capture import FPS, Capture
from lipsplat.codec.channels import to_arkit
from lipsplat.face.names import ARKIT, NETWORK
from lipsplat.paths import CACHE, SHARED, SUBJECT
from lipsplat.speech.dataset import unheard_lines
from lipsplat.speech.truth import Phone

SPOKEN = {"jawOpen": ("viseme_aa", "viseme_E", "viseme_O"), "mouthFunnel": ("viseme_O", "viseme_CH"),
          "mouthPucker": ("viseme_U",), "mouthClose": ("viseme_PP",)}  # fmt: skip
Line = tuple[np.ndarray, int, list[Phone]]  # sound, its rate in Hz, what is said


def column(name: str) -> int:
    return ARKIT.index(name)


def recordings() -> list[Line]:
    """Six voices that nothing trains on, some ten seconds each."""
    lines = unheard_lines()
    return [said_after(first, second) for first, second in zip(lines[::2], lines[1::2], strict=True)]


def said_after(first: Line, second: Line) -> Line:
    """Two lines of one voice as one."""
    (sound, rate, phones), (more, _, later) = first, second
    seconds = len(sound) / rate
    moved = [Phone(p.symbol, p.start + seconds, p.end + seconds) for p in later]
    return np.concatenate([sound, more]), rate, phones + moved


def performed(seed: int, sound: np.ndarray, rate: int, phones: list[Phone]) -> np.ndarray:
    """(F,52): the subject's `performance.py` with another seed, both sides of the face apart."""
    if str(SUBJECT) not in sys.path:
        sys.path.insert(0, str(SUBJECT))
    import performance

    motion = performance.perform(phones, sound, rate, FPS, seed)
    performance.decouple(motion, 0, seed + 1)
    out = np.zeros((len(motion.weights), len(ARKIT)), np.float32)
    for frame, weights in zip(out, motion.weights, strict=True):
        for name, weight in weights.items():
            if name in ARKIT:
                frame[column(name)] = weight
        for name, visemes in SPOKEN.items():
            frame[column(name)] = min(sum(weights.get(v, 0.0) for v in visemes), 1.0)
    gaze = np.zeros((len(out), 13), np.float32)
    gaze[:, 7:9] = motion.gaze
    return out + to_arkit(gaze)


def identities(seed: int = 1) -> dict[str, np.ndarray]:
    """Coefficients (F,52) by name of people of another range (half to twice), another neutral face, some noise."""
    chance, out = np.random.default_rng((71, seed)), {}
    upper = [i for i, name in enumerate(ARKIT) if name.startswith(("brow", "eyeSquint", "mouthSmile"))]
    for k, recording in enumerate(recordings()):
        motion = performed(500 + 10 * seed + k, *recording)
        gain = (0.5, 2.0, 1.5, 1.0)[k % 4] * 2.0 ** chance.uniform(-0.3, 0.3, len(ARKIT))
        rest = np.zeros(len(ARKIT))
        rest[upper] = chance.uniform(0, 0.25, len(upper)) * (k % 2)
        unused = column("cheekSquintLeft"), column("noseSneerRight"), column("eyeWideLeft"), column("mouthFrownLeft")
        motion[:, unused] = chance.uniform(0, 0.6, (1, len(unused)))
        noise = chance.normal(0, 0.01, motion.shape)
        out[f"identity {k + 1}"] = np.clip(motion * gain + rest + noise, 0, None).astype(np.float32)
    return out


def extremes(capture: Capture, factor: float = 1.5) -> np.ndarray:
    """(F,52): the held-out frames, `factor` times as far from rest; not cut off."""
    held = capture.expression[capture.held_out_from :]
    rest = np.median(capture.expression[: capture.held_out_from], 0)
    rest[5:9] = 0
    motion = to_arkit(rest + factor * (held - rest))
    for i, name in ((5, "eyeBlinkLeft"), (6, "eyeBlinkRight")):  # to_arkit cuts at 1
        motion[:, column(name)] = factor * held[:, i]
    return motion


def real_people() -> dict[str, np.ndarray]:
    """Coefficients (F,52) by name of the real clips, by the project's own tracker; kept between runs."""
    from lipsplat.capture import read_video
    from lipsplat.face import capture_face
    from lipsplat.track import find_landmarks

    out = {}
    for path in sorted((SHARED / "data" / "real-clips").glob("*.m*")):
        key = sha256(path.read_bytes() + NETWORK.read_bytes()).hexdigest()[:16]
        kept = CACHE / "eval" / f"face-{key}.npy"
        if not kept.exists():
            frames = read_video(path, "rgb24")
            face = capture_face(frames, find_landmarks(frames))
            kept.parent.mkdir(parents=True, exist_ok=True)
            np.save(kept, face.weights)
        out[path.stem] = np.load(kept).astype(np.float32)
    return out


def outliers(capture: Capture) -> dict[str, np.ndarray]:
    """All of them, coefficients (F,52) by name."""
    return {**identities(), "extremes": extremes(capture), **real_people()}
