"""The head is where tracking says: rendered footage whose poses are known, and footage that cannot be tracked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from lipsplat.mesh import Camera, Light, MeshRenderer, build_head, random_identity
from lipsplat.track import (
    Track,
    TrackConfig,
    check_found,
    find_faces,
    find_landmarks,
    head_model,
    track_video,
)
from lipsplat.track.motion import Motion, between
from lipsplat.track.pose import angles_of, matrix_of
from lipsplat.track.report import pose_figures

SIZE, FRAMES, BLANK = 288, 24, 11
FOCAL = 2.3 * SIZE


@pytest.fixture(scope="module")
def footage(heads_can_be_drawn):
    """Frames (F,H,W,3) of a head that turns, nods and speaks, and its true rotation (F,3)."""
    person = random_identity(3)
    head = build_head(person.shape, person.hair, person.brow)
    renderer = MeshRenderer(head, person.look, SIZE, SIZE)
    eye = head.eye_centre.mean(0)
    camera = Camera((0.0, float(eye[1] - 0.4), float(eye[2] + 9.5)), FOCAL, (SIZE / 2, SIZE / 2))
    t = np.linspace(0, np.pi, FRAMES)  # nods of a second: quicker ones than people make would be smoothed
    rotation = np.stack([0.05 * np.sin(2 * t), 0.15 * np.sin(t), 0.02 * np.cos(t)], 1)
    weights = np.zeros((FRAMES, len(head.names)))
    weights[:, head.names.index("jawOpen")] = 0.3 * np.sin(4 * t) ** 2
    weights[:, head.names.index("browInnerUp")] = 0.8 * np.sin(3 * t) ** 2
    placed = head.place(weights, rotation, np.zeros((FRAMES, 3)), np.zeros((FRAMES, 2)))
    noise = np.random.default_rng(0)
    frames = np.array([renderer.render(v, camera, Light(), (90, 110, 130))[0] for v in placed])
    return np.clip(frames + noise.normal(0, 2, frames.shape), 0, 255).astype(np.uint8), rotation


@pytest.fixture(scope="module")
def landmarks(footage):
    return find_landmarks(footage[0])


def test_poses_are_steadier_than_the_landmarks_have_them_and_true(footage, landmarks):
    frames, rotation = footage
    config = TrackConfig(focal=FOCAL)
    rough = track_video(frames, landmarks, replace(config, flow=None, smooth=0))
    full = track_video(frames, landmarks, config)
    assert full.steady.all()
    before, after = (pose_figures(t.rotation, rotation) for t in (rough, full))
    assert after["rotation_error_deg_median"] < 0.6  # a short clip of a small face; 0.4 is the aim for a real one
    assert after["rotation_jitter_deg"] < 0.2 * before["rotation_jitter_deg"]


def test_a_frame_without_a_face_is_filled_in_and_said(footage, landmarks):
    frames, rotation = footage
    frames, points = frames.copy(), landmarks.copy()
    frames[BLANK], points[BLANK] = 128, np.nan
    track = track_video(frames, points, TrackConfig(focal=FOCAL))
    assert not track.steady[BLANK] and track.steady.sum() >= FRAMES - 2
    assert np.isfinite(track.rotation).all() and np.isfinite(track.weights).all()
    truth = np.degrees(np.diff(rotation[[BLANK, BLANK + 1]], axis=0))
    assert np.abs(np.degrees(np.diff(track.rotation[[BLANK, BLANK + 1]], axis=0)) - truth).max() < 1.5


def test_takes_are_not_smoothed_into_each_other():
    yaw = np.r_[np.full(10, 0.1), np.full(8, -0.1)] + 0.01 * np.sin(np.arange(18))
    rotation, none = matrix_of(np.stack([0 * yaw, yaw, 0 * yaw], 1)), np.zeros((18, 3))
    good = np.ones(18, bool)
    motion = Motion(600.0, np.zeros(1), np.zeros(3), rotation, none, np.zeros((18, 52)), np.zeros(18), good)
    whole, apart = (angles_of(between(motion, good, 7, takes).rotation)[:, 1] for takes in ((), (10,)))
    assert abs(whole[10] - whole[9]) < 0.7 * 0.2 and abs(apart[10] - apart[9] + 0.2) < 0.03  # the sway's own


def test_a_video_that_shows_no_face_or_two_is_refused_by_frame(footage):
    frames = footage[0]
    with pytest.raises(ValueError, match="no face was found in any frame: film"):
        track_video(frames[:3], np.full((3, 478, 3), np.nan, np.float32))
    gone = np.zeros((10, 478, 3), np.float32)
    gone[4:9] = np.nan
    with pytest.raises(ValueError, match="5 of 10 frames, first in frame 4: cut the video"):
        check_found(gone)
    pair = np.concatenate([frames[:4], frames[:4]], 2)
    points, counts = find_faces(pair)
    assert counts.max() == 2 and np.isfinite(points).all()
    assert np.ptp(points[:, 1, 0]) < SIZE / 3  # it stays with one of them


def test_the_small_model_is_the_kits_head(footage):
    model = head_model()
    identity = np.random.default_rng(1).normal(0, 0.5, len(model.spread)) * model.spread
    head = build_head(model.shape(identity), parts=("skin", "eyes"))
    points = model.points(identity, np.zeros(52))
    assert np.abs(points[-2:] - head.eye_centre).max() < 0.01  # half floats
    nearest = np.linalg.norm(points[None, 1] - head.rest, axis=-1).min()
    assert nearest < 0.06  # the tip of the nose lies on the skin, within a quad
    tensors = model.tensors()
    expression = torch.zeros(52, requires_grad=True)
    tensors.points(torch.zeros(len(identity)), expression)[13, 1].backward()  # the upper lip's height
    assert expression.grad[model.expressions.index("mouthUpperUpLeft")] > 0


def test_angles_and_files_come_back(tmp_path):
    angles = np.array([[0.1, -0.4, 0.2], [-0.3, 0.5, 0.0]])
    assert np.allclose(angles_of(matrix_of(angles)), angles)
    track = Track((64, 48), 100.0, np.ones(2), np.ones(3), angles, angles, np.zeros(3), {"nose/nose-base-up": 0.5},
                  ("jawOpen",), np.zeros((2, 1), np.float32), np.array([True, False]))  # fmt: skip
    track.save(tmp_path / "track.npz")
    again = Track.load(tmp_path / "track.npz")
    assert again.size == track.size and again.shape == track.shape and again.names == track.names
    assert np.array_equal(again.rotation, angles) and again.steady.tolist() == [True, False]
