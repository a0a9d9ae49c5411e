"""The measuring rods on inputs whose answer is known."""

from __future__ import annotations

import html
import json
import re
from base64 import b64decode
from pathlib import Path

import cv2
import numpy as np
import pytest

from lipsplat.capture import HELD_OUT_FROM, SKIN, load_capture, read_video
from lipsplat.cli import main
from lipsplat.evaluate.closure import Clip, bilabial_closure, closed_vowels, false_closure, speaking_p95
from lipsplat.evaluate.detector import BROWS, INNER_LIPS, OUTER_LIPS, POINTS, lip_distance, opening, to_head
from lipsplat.evaluate.drive import lip_of_frames, training_motion
from lipsplat.evaluate.likeness import flicker, flip_of
from lipsplat.evaluate.lips import as_detected
from lipsplat.evaluate.metrics import affine_fit, concordance, correlation, edge_band, grow, ms_ssim, psnr
from lipsplat.evaluate.report import TILE, write_report
from lipsplat.evaluate.sounds import RATE, noises, room_noise
from lipsplat.evaluate.upper_face import at_rest, jitter, mean_face, upper_face_figures
from lipsplat.evaluate.vote import VoteConfig, write_vote
from lipsplat.paths import CAPTURE, MODELS
from lipsplat.speech.truth import Phone


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
PHONES = [Phone("a", 0.0, 1.0), Phone("p", 1.0, 1.075), Phone("a", 1.075, 2.0), Phone("", 2.0, 3.0)]
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


def moving_head(rng: np.random.Generator, frames: int) -> np.ndarray:
    """Landmarks (frames,478,2) of one face whose head turns, shifts and comes nearer."""
    rest, faces = rng.uniform(100, 400, (POINTS, 2)), []
    for angle, scale in zip(np.linspace(0, 0.2, frames), np.linspace(1, 1.1, frames)):
        turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        faces.append(rest @ turn.T + 40 * angle)
    return np.array(faces)


def test_a_head_that_only_moves_has_no_jitter_and_its_brows_no_error():
    points = moving_head(np.random.default_rng(3), 20)
    still = np.ones(20, bool)
    assert jitter(points, still) < 1e-9
    assert np.abs(to_head(points) - points[0]).max() < 1e-9
    shaken = points.copy()
    shaken[10, list(OUTER_LIPS + INNER_LIPS), 0] += 1.0  # second differences 1, −2, 1 of 18
    # it stands turned and larger: laid over the first face, a pixel is a little less
    assert jitter(shaken, still) == pytest.approx(np.sqrt(6 / 18), rel=0.1)
    still[9:12] = False  # where it speaks it may move
    still[8] = still[12] = False
    assert jitter(shaken, still) < 1e-9


def test_brow_error_is_the_distance_the_brows_alone_have_moved():
    truth = moving_head(np.random.default_rng(4), 5)
    raised = truth.copy()
    raised[:, list(BROWS), 1] -= 2.0
    figures = upper_face_figures(truth, raised, mean_face(truth, 5))
    assert figures["brow_px"] == pytest.approx(2.0, abs=1e-9)
    assert figures["lid_px"] < 1e-9
    assert figures["lid_r"] == pytest.approx(1.0)


def test_rest_is_apart_from_every_phone():
    rest = at_rest([Phone("a", 1.0, 1.2)], 50)
    assert not rest[22:32].any()  # 0.90 … 1.30 s
    assert rest[:22].all() and rest[33:].all()


def test_flicker_sees_what_truth_does_not_do_and_nothing_else():
    truth = np.stack([np.full((64, 64, 3), 100 + 2 * i, np.uint8) for i in range(6)])
    labels = np.full((6, 64, 64), SKIN, np.uint8)
    assert flicker(truth, list(truth + 5), labels) == pytest.approx(0.0, abs=1e-4)  # another brightness, no flicker
    unsteady = truth.copy()
    unsteady[1::2] += 4
    assert flicker(truth, list(unsteady), labels) == pytest.approx(4.0, abs=1e-3)


def test_flip_rises_with_the_error_and_is_0_for_none():
    truth = (picture() * 255).astype(np.uint8)
    noise = np.random.default_rng(5).normal(0, 1, truth.shape)
    little, much = (np.clip(truth + s * noise, 0, 255).astype(np.uint8) for s in (5, 40))
    assert flip_of(truth, truth) == pytest.approx(0.0, abs=1e-6)
    assert 0 < flip_of(truth, little) < flip_of(truth, much) < 1


def test_a_figure_that_needs_weights_is_refused_with_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert main(["eval", "--require", "fid"]) == 1
    says = capsys.readouterr().err
    assert re.search("fid needs (a package: pip install pytorch-fid|pt_inception-2015-12-05-6726825d.pth)", says)
    module = tmp_path / "lpips.py"  # the package alone does not help
    module.touch()
    monkeypatch.syspath_prepend(tmp_path)
    assert main(["eval", "--require", "lpips"]) == 1
    assert "lpips needs alexnet-owt-7be5be79.pth, which is not in " + str(tmp_path) in capsys.readouterr().err


def test_the_page_of_plots_shows_the_worst_frames_first(tmp_path: Path) -> None:
    truths = np.full((10, 64, 64, 3), 128, np.uint8)
    renders = [t + np.uint8(5 * (i == 7) + 2 * (i == 3)) for i, t in enumerate(truths)]
    by_frame = {"head_psnr_db": np.where(np.arange(10) == 7, 30.0, np.where(np.arange(10) == 3, 33.0, 40.0))}
    curves = {"clip": (np.linspace(0, 1, 20), np.linspace(0, 0.9, 20))}
    page = write_report(tmp_path, {"head_psnr_db": 38.3}, truths, renders, by_frame, curves).read_text()
    assert re.search(r"Worst held-out frames: 7 \(30\.0 dB\), 3 \(33\.0 dB\)", page)
    assert page.count("<polyline") == 3 and '"head_psnr_db": 38.3' in html.unescape(page)
    worst = cv2.imread(str(tmp_path / "worst.jpg"))  # rows of truth, render and difference ×4
    differences = worst[:, 2 * TILE :].reshape(-1, TILE, TILE, 3).mean((1, 2, 3))
    assert differences[0] == pytest.approx(20, abs=1.5) and differences[1] == pytest.approx(8, abs=1.5)  # JPEG


def test_the_vote_page_hides_which_side_is_filmed(tmp_path: Path) -> None:
    config = VoteConfig(seconds=0.4, apart=0.4, pairs=2)
    page = write_vote(tmp_path, load_capture(CAPTURE), MODELS / "speech", [MODELS / "default"], config).read_text()
    key = json.loads(b64decode(re.search(r'atob\("([^"]+)"\)', page)[1]))
    assert key["names"] == ["default", "footage"] and [sorted(p) for p in key["pairs"]] == [["default", "footage"]] * 2
    truth = load_capture(CAPTURE).frames(HELD_OUT_FROM, HELD_OUT_FROM + 10)
    for side, name in zip("ab", key["pairs"][0]):
        clip = read_video(tmp_path / f"0-{side}.mp4", "rgb24")
        assert len(clip) == 10
        filmed = psnr(truth[0] / 255, clip[0] / 255)
        # H.264 keeps the footage at 41 dB or better; the avatar comes to about 40 with the footage's noise missing
        assert (filmed > 40.5) == (name == "footage")
    assert "footage" not in page.replace("KEY", "")
