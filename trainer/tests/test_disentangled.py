"""The shipped head: what is said moves nothing about the eyes, and brows and lids move nothing below the nose."""

from __future__ import annotations

import numpy as np
import pytest

from lipsplat.bundle import load_bundle
from lipsplat.capture import load_capture
from lipsplat.evaluate.disentangled import movements
from lipsplat.paths import CAPTURE, MODELS
from lipsplat.portrait.data import capture_lip


@pytest.fixture(scope="module")
def moved() -> dict[str, float]:
    avatar = load_bundle(MODELS / "default")
    said = capture_lip(load_capture(CAPTURE), MODELS / "speech")[:1200:100]  # some of each second's
    return movements(avatar, np.array(avatar.meta["lip"]["silence"]), said)


def test_lips_leave_the_eyes_alone(moved: dict[str, float]) -> None:
    assert moved["lips_below_nose"] > 20  # it does speak
    assert moved["lips_above_lids"] <= 1


def test_brows_and_lids_leave_the_mouth_alone(moved: dict[str, float]) -> None:
    assert moved["brows_above_lids"] > 10
    assert moved["brows_below_nose"] <= 1
