"""The shipped head: what is said moves nothing about the eyes, and brows and lids move nothing below the nose."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from lipsplat.bundle import Bundle, load_bundle
from lipsplat.capture import EXPRESSION, GAZE, load_capture
from lipsplat.evaluate.detector import landmarks
from lipsplat.evaluate.drive import to_bytes
from lipsplat.paths import CAPTURE, MODELS

FRAME = 12  # a training frame, eyes open
LOWER_LIDS, UNDER_NOSE = (145, 374), 2  # points of the detector
BLOCK = 8  # pixels


@pytest.fixture(scope="module")
def avatar() -> Bundle:
    return load_bundle(MODELS / "default")


def picture(avatar: Bundle, lip: np.ndarray, expression: np.ndarray) -> np.ndarray:
    colour, coverage = avatar.draw(lip, expression, avatar.motion[FRAME, :3], avatar.motion[FRAME, 3:6])
    return avatar.composite(colour, coverage, avatar.torso(FRAME))


def most_moved(a: np.ndarray, b: np.ndarray) -> float:
    """The greatest rms difference of two pictures (h,W,3) over blocks of 8×8, in 1/255."""
    h, w = (n // BLOCK for n in a.shape[:2])
    square = np.square(255 * (a - b))[: h * BLOCK, : w * BLOCK].reshape(h, BLOCK, w, BLOCK, 3)
    return float(np.sqrt(square.mean((1, 3, 4)).max()))


@pytest.fixture(scope="module")
def at_rest(avatar: Bundle) -> tuple[np.ndarray, int, int]:
    """The picture, the row of the lower lids and the row where the nose ends."""
    image = picture(avatar, np.array(avatar.meta["lip"]["silence"]), avatar.motion[FRAME, 6:])
    points = landmarks([to_bytes(image)])[0]
    return image, int(points[list(LOWER_LIDS), 1].min()), int(points[UNDER_NOSE, 1])


@lru_cache
def said() -> np.ndarray:
    """(n,32) lip features of the training part, some of each second's."""
    from lipsplat.portrait.data import capture_lip

    return capture_lip(load_capture(CAPTURE), MODELS / "speech")[:1200:100]


def test_lips_leave_the_eyes_alone(avatar: Bundle, at_rest: tuple[np.ndarray, int, int]) -> None:
    rest, lids, nose = at_rest
    spoken = [picture(avatar, lip, avatar.motion[FRAME, 6:]) for lip in said()]
    assert max(most_moved(x[nose:], rest[nose:]) for x in spoken) > 20  # it does speak
    assert max(most_moved(x[:lids], rest[:lids]) for x in spoken) <= 1


def test_brows_and_lids_leave_the_mouth_alone(avatar: Bundle, at_rest: tuple[np.ndarray, int, int]) -> None:
    rest, lids, nose = at_rest
    silence = np.array(avatar.meta["lip"]["silence"])
    moved = []
    for k, (name, entry) in enumerate(zip(EXPRESSION, avatar.meta["expression"], strict=True)):
        if name not in GAZE and not name.startswith("mouth"):
            expression = avatar.motion[FRAME, 6:].copy()
            expression[k] = entry["max"]
            moved.append(picture(avatar, silence, expression))
    assert max(most_moved(x[:lids], rest[:lids]) for x in moved) > 10
    assert max(most_moved(x[nose:], rest[nose:]) for x in moved) <= 1
