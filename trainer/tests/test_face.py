"""The facial animation capturer on people it never saw: what they do with eyes and brows is what it says."""

from __future__ import annotations

import numpy as np
import pytest

from lipsplat.evaluate.detector import faces
from lipsplat.face.calibrate import blinks, lids
from lipsplat.face.capture import NoFaceError, capture_face
from lipsplat.face.report import blink_matches
from lipsplat.face.synthetic import PARTS, SIZE, person, still_eyes
from lipsplat.mesh import Camera, MeshRenderer, build_head

RAISE = {"browInnerUp": 1.0, "browOuterUpLeft": 1.0, "browOuterUpRight": 1.0}
# what is shown (coefficients; gaze: yaw, pitch in radians) for how many frames: lids are quick, the rest is held
SCRIPT = (({}, 4), ({"eyeBlinkLeft": 1.0}, 1), ({}, 3), ({"eyeBlinkRight": 1.0}, 1), ({}, 4),
          ({"gaze": (0.35, 0.0)}, 5), ({}, 2), ({"gaze": (-0.35, 0.0)}, 5), ({}, 4), (RAISE, 5), ({}, 4),
          ({"browDownLeft": 1.0}, 5), ({}, 4), ({"jawOpen": 0.8}, 1), ({}, 1))  # fmt: skip
SHOWN = [row for row, count in SCRIPT for _ in range(count)]
WINK_LEFT, WINK_RIGHT, LOOK_LEFT, LOOK_RIGHT, RAISED, FROWN, JAW = 4, 8, 15, 22, 31, 40, 47


@pytest.fixture(scope="module", params=[7002, 7003])
def acted(request, heads_can_be_drawn):
    """Frames (F,384,384,3) of somebody, and landmarks (F,478,3)."""
    who = person(request.param)
    head = still_eyes(build_head(who.shape, who.hair, who.brow, PARTS))
    weights = np.array([[row.get(n, 0.0) for n in head.names] for row in SHOWN])
    gaze = np.array([row.get("gaze", (0.0, 0.0)) for row in SHOWN])
    rotation = np.random.default_rng(request.param).normal(0, 0.04, (len(SHOWN), 3))
    vertices = head.place(weights, rotation, np.zeros_like(rotation), gaze)
    renderer = MeshRenderer(head, who.look, SIZE, SIZE, supersample=1)
    x, y, z = head.eye_centre.mean(0)
    camera = Camera((float(x), float(y) - 0.2, float(z) + 9), 3.6 * SIZE, (SIZE / 2, 0.42 * SIZE))
    frames = np.stack([renderer.render(v, camera)[0] for v in vertices])
    renderer.release()
    with faces() as find:
        points = np.stack([find(frame)[0] for frame in frames])
    return frames, points


@pytest.fixture(scope="module")
def motion(acted):
    return capture_face(*acted)


def curve(motion, name: str) -> np.ndarray:
    return motion.weights[:, motion.names.index(name)]


def test_every_coefficient_is_said_for_every_frame(motion):
    assert motion.weights.shape == (len(SHOWN), 52) and motion.gaze.shape == (len(SHOWN), 2)
    assert len(set(motion.names)) == 52 and motion.found.all()
    assert motion.weights.min() >= 0 and motion.weights.max() <= 1


def test_a_wink_shuts_one_eye(motion):
    for frame, shut, other in ((WINK_LEFT, "Left", "Right"), (WINK_RIGHT, "Right", "Left")):
        assert curve(motion, f"eyeBlink{shut}")[frame] > 0.8
        assert curve(motion, f"eyeBlink{other}")[frame] < 0.4
        assert list(blinks(curve(motion, f"eyeBlink{shut}"))) == [frame]


def test_a_look_to_a_side_goes_there(motion):
    rest = np.median(motion.gaze[:, 0])
    assert motion.gaze[LOOK_LEFT, 0] - rest > 0.15 and motion.gaze[LOOK_RIGHT, 0] - rest < -0.15
    assert curve(motion, "eyeLookOutLeft")[LOOK_LEFT] > curve(motion, "eyeLookInLeft")[LOOK_LEFT]


def test_brows_go_up_and_down(motion):
    for name in ("browInnerUp", "browOuterUpLeft", "browOuterUpRight"):
        assert abs(curve(motion, name).argmax() - RAISED) <= 2 and curve(motion, name)[RAISED] > 0.3
    assert abs(curve(motion, "browDownLeft").argmax() - FROWN) <= 2
    assert curve(motion, "browDownLeft")[FROWN] > curve(motion, "browDownRight")[FROWN] + 0.2


def test_an_open_jaw_is_open(motion):
    assert curve(motion, "jawOpen").argmax() == JAW


def test_frames_without_a_face_are_marked_and_bridged(acted, motion):
    frames, points = acted
    points = points.copy()
    points[6:7] = np.nan
    bridged = capture_face(frames, points)
    assert list(np.flatnonzero(~bridged.found)) == [6]
    assert np.isfinite(bridged.weights).all() and np.isfinite(bridged.gaze).all()


def test_bad_input_is_told_apart():
    picture = np.zeros((8, 8, 3), np.uint8)
    with pytest.raises(NoFaceError, match="no frames"):
        capture_face([], np.zeros((0, 478, 3)))
    with pytest.raises(NoFaceError, match="any of 2 frames"):
        capture_face([picture] * 2, np.full((2, 478, 3), np.nan))
    with pytest.raises(ValueError, match="478"):
        capture_face([picture], np.zeros((1, 468, 2)))


def test_frames_and_landmarks_must_belong_together(acted):
    frames, points = acted
    with pytest.raises(ValueError, match="landmarks of"):
        capture_face(frames[:-1], points)


def test_a_lid_is_scaled_to_its_own_blinks_and_rest():
    raw = np.full(100, 0.1)
    raw[[20, 50, 80]] = 0.7  # this person's eye, shut, looks half shut to the network
    lid = lids(raw)
    assert np.allclose(lid[[20, 50, 80]], 1) and np.allclose(np.delete(lid, [20, 50, 80]), 0)
    assert np.allclose(lids(np.linspace(0.1, 0.2, 50)), 0, atol=0.06)  # who never blinks is not made to


def test_blinks_match_within_one_frame_only():
    truth, said = np.zeros(60), np.zeros(60)
    truth[[10, 30, 50]] = 1
    said[[11, 33, 50]] = 1
    assert blink_matches(truth, said) == (2, 3, 3)
