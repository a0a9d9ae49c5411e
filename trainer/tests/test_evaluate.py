"""The measuring rods on inputs whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from lipsplat.evaluate.closure import Clip, bilabial_closure, closed_vowels, false_closure, speaking_p95
from lipsplat.evaluate.detector import INNER_LIPS, OUTER_LIPS, POINTS, lip_distance, opening
from lipsplat.evaluate.drive import lip_of_frames, training_motion
from lipsplat.evaluate.lips import as_detected
from lipsplat.evaluate.metrics import affine_fit, concordance, correlation, edge_band, grow, ms_ssim, psnr
from lipsplat.evaluate.sounds import RATE, noises, room_noise


def picture(height: int = 200, width: int = 220) -> np.ndarray:
    y, x = np.mgrid[:height, :width] / 40.0
    return np.stack([0.5 + 0.3 * np.sin(x), 0.5 + 0.3 * np.cos(y), 0.5 + 0.2 * np.sin(x + y)], -1)  # (H,W,3)


def test_psnr_of_a_known_error_inside_the_mask_only():
    truth = picture()
    off, mask = truth.copy(), np.zeros(truth.shape[:2], bool)
    mask[50:80, 60:100] = True
    off[mask] += 0.1
    off[:20] += 0.7  # outside the mask: must not count
    assert psnr(truth, off, mask) == pytest.approx(20.0)
    assert psnr(truth, off) < 20
    assert psnr(truth, truth) == float("inf")


def test_a_grown_point_is_a_disc_and_the_band_has_two_sides():
    point = np.zeros((41, 41), bool)
    point[20, 20] = True
    disc = grow(point, 8)
    assert disc[20, 12] and disc[20, 28] and not disc[20, 11] and not disc[14, 14]  # 6·√2 = 8.49 > 8
    weight = np.zeros((60, 60))
    weight[:, 30:] = 1
    band = edge_band(weight, 12)
    # distances run from pixel centre to pixel centre: the far side begins one pixel on
    assert np.array_equal(np.flatnonzero(band[30]), np.arange(18, 42))


def test_ms_ssim_is_one_for_equal_pictures_and_falls_with_blur_and_noise():
    truth, rng = picture(), np.random.default_rng(0)
    assert ms_ssim(truth, truth) == pytest.approx(1.0, abs=1e-12)
    little, much = (ms_ssim(truth, truth + rng.normal(0, s, truth.shape)) for s in (0.02, 0.1))
    assert 1 > little > much > 0
    with pytest.raises(ValueError, match="176"):
        ms_ssim(truth[:100], truth[:100])


def test_concordance_punishes_scale_and_shift_where_correlation_does_not():
    x = np.array([0.0, 1.0, 2.0, 3.0])
    assert correlation(x, 2 * x + 1) == pytest.approx(1.0)
    # by hand: cov 2.5, variances 1.25 and 5, means 1.5 and 4
    assert concordance(x, 2 * x + 1) == pytest.approx(2 * 2.5 / (1.25 + 5 + 2.5**2))
    assert concordance(x, x) == pytest.approx(1.0)
    assert correlation(x, np.ones(4)) == 0.0
    assert affine_fit(x, 2 * x + 1) == pytest.approx((2.0, 1.0))


# One second of vowel, /p/ of 75 ms, vowel; the lips shut on the frames whose centre is in the /p/: 25 and 26.
PHONES = (("a", 0.0, 1.0), ("p", 1.0, 1.075), ("a", 1.075, 2.0), ("", 2.0, 3.0))
SPEECH = np.where(np.isin(np.arange(75), (25, 26)) | (np.arange(75) >= 50), 0.0, 1.0)


def shifted(frames: int) -> Clip:
    return Clip(np.concatenate([np.ones(frames), SPEECH])[:75], PHONES)


def test_closure_forgives_one_frame_and_not_three():
    assert [bilabial_closure([shifted(n)]) for n in range(4)] == [(1, 1), (1, 1), (0, 1), (0, 1)]


def test_a_mouth_that_never_opens_wins_closure_but_pays_in_false_closure():
    truth = Clip(SPEECH, PHONES)
    mumble = Clip(np.zeros(75), PHONES)
    assert bilabial_closure([mumble]) == (1, 1)
    assert closed_vowels([truth]) == 0.0
    assert closed_vowels([mumble]) == 1.0
    assert false_closure([truth], [truth]) == 1.0
    assert false_closure([mumble], [truth]) == pytest.approx(1.02 / 0.02)


def test_silence_does_not_lower_the_speaking_percentile():
    assert speaking_p95([Clip(SPEECH, PHONES)]) == 1.0
    assert Clip(SPEECH, PHONES).speaking.sum() == 50


def test_closed_means_a_tenth_of_the_curves_own_percentile():
    for level, hits in ((0.099, 1), (0.101, 0)):
        curve = np.where(SPEECH == 0, level, 1.0)
        assert bilabial_closure([Clip(curve, PHONES)]) == (hits, 1)
        assert bilabial_closure([Clip(7 * curve, PHONES)]) == (hits, 1)


def face(rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(100, 400, (1, POINTS, 2))


def test_lip_distance_ignores_the_heads_motion_and_sees_the_lips():
    truth = face(np.random.default_rng(1))
    lips = list(OUTER_LIPS + INNER_LIPS)
    moved = truth.copy()
    moved[:, lips, 1] += 3.0
    turn = 0.1
    motion = 1.05 * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    assert lip_distance(truth, truth @ motion.T + 7) == pytest.approx(0.0, abs=1e-9)
    assert lip_distance(truth, moved @ motion.T + 7) == pytest.approx(3.0)
    moved[:] = np.nan
    assert np.isnan(lip_distance(truth, moved)).all()


def test_opening_is_free_of_scale():
    points = face(np.random.default_rng(2))
    points[:, 13], points[:, 14] = (200, 300), (200, 310)
    points[:, 33], points[:, 263] = (150, 200), (250, 200)
    assert opening(points) == pytest.approx(0.1)
    assert opening(3 * points) == pytest.approx(0.1)


def test_each_frame_takes_the_feature_of_its_centre():
    times = np.arange(20) / 50
    lip = np.repeat(np.arange(20.0)[:, None], 32, 1)
    assert np.array_equal(lip_of_frames(times, lip, 12)[:, 0], [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 19, 19])


def test_training_motion_never_reaches_the_held_out_frames_nor_jumps():
    for index in range(40):
        frames = training_motion(300, index)
        assert frames.max() < 1289
        assert np.abs(np.diff(frames)).max() <= 1


def test_truth_as_detected_is_the_median_of_like_frames():
    mesh = np.linspace(0, 1, 1001)
    seen = np.maximum(mesh - 0.2, 0)  # a detector blind below 0.2
    seen[::10] += 5  # and wild on every tenth frame
    # 25 neighbours a thousandth apart, three of them wild: the median lies within two spacings of the middle
    assert as_detected(np.array([0.1, 0.5, 0.9]), mesh, seen) == pytest.approx([0.0, 0.3, 0.7], abs=0.0025)


def test_sounds_have_the_levels_they_are_defined_by():
    def level(x: np.ndarray) -> float:
        return float(10 * np.log10(np.mean(np.square(x, dtype=np.float64))))

    assert level(room_noise()) == pytest.approx(-50, abs=0.01)
    made = noises()
    assert set(made) == {"pink", "clicks", "breath", "piano"}
    for name, sound in made.items():
        assert len(sound) == 15 * RATE and np.isfinite(sound).all(), name
        first, last = level(sound[: 4 * RATE]), level(sound[-4 * RATE :])
        assert -44 < first < last < -16, name
    assert np.array_equal(made["pink"], noises()["pink"])
