"""The Torso Restorer: what it learns, what ships, and that it leaves alone what is not its own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from lipsplat.bundle.reader import BundleError, load_bundle
from lipsplat.capture import load_capture
from lipsplat.evaluate.restorer import noiseless_psnr, restorer_figures
from lipsplat.paths import CAPTURE, MODELS
from lipsplat.restore.attach import Restorer, attach_restorer, finisher
from lipsplat.restore.data import Lessons
from lipsplat.restore.masks import TRAINING_GROWTH, band, random_band
from lipsplat.restore.network import FEATHER, RestorerNet, RestorerShape, fold, unfold
from lipsplat.restore.train import TrainConfig, lesson, train

BOX = (8, 16, 64, 48)
WIDTH, HEIGHT = BOX[2:]


def lessons(count: int = 6) -> Lessons:
    """A face over a wall, drawn a tenth too dark below a line, as under a jaw."""
    chance = np.random.default_rng(0)
    truth = np.full((count, HEIGHT, WIDTH, 3), 140) + chance.integers(-3, 4, (count, HEIGHT, WIDTH, 3))
    drawn = truth.copy()
    drawn[:, 24:, 10:54] -= 20
    face = np.zeros((count, HEIGHT, WIDTH), bool)
    face[:, :24, 16:48] = True
    opaque = np.zeros((count, HEIGHT, WIDTH), np.uint8)
    plate = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    pose = np.zeros((count, 6), np.float32)
    return Lessons(pose, drawn.astype(np.uint8), truth.astype(np.uint8), face, opaque, opaque, plate, opaque[0])


def test_training_mends_what_is_always_wrong_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    shape, x = RestorerShape(BOX, (8, 8, 8)), lessons()
    config = TrainConfig(out=tmp_path, steps=150, rate=5e-3, gap=0, save_every=75, average=0.9)
    net = train(x, shape, config)
    drawn, truth, _ = lesson(x, 0, config, np.random.default_rng(0))
    picture = torch.from_numpy(drawn).permute(2, 0, 1)[None]
    with torch.no_grad():
        restored = (picture + net(picture, torch.zeros(1, 6)))[0].permute(1, 2, 0).numpy()
    inner = np.s_[FEATHER:-FEATHER, FEATHER:-FEATHER]
    assert np.abs(restored - truth)[inner].mean() < 0.5 * np.abs(drawn - truth)[inner].mean()
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=False)["step"] == 150
    again = train(x, shape, config)  # nothing is left to do
    assert all(torch.equal(a, b) for a, b in zip(net.state_dict().values(), again.state_dict().values()))


def test_a_gap_in_a_lesson_lies_beside_the_face_and_nowhere_else() -> None:
    x = lessons()
    config = TrainConfig(gap=1, wall=0)
    drawn, _, weight = lesson(x, 0, config, np.random.default_rng(0))
    changed = np.abs(drawn - x.drawn[0] / 255).max(2) > 1e-3
    assert changed.any()
    away = band(x.face[0], TRAINING_GROWTH[1] + 20)  # turned and moved first, and blurred
    assert not (changed & ~away & ~x.face[0]).any()
    assert set(np.unique(weight)) == {np.float32(config.outside), np.float32(1)}


def test_the_band_is_what_the_mask_gains() -> None:
    face = np.zeros((60, 60), bool)
    face[20:40, 20:40] = True
    ring = band(face, 5)
    assert not (ring & face).any()
    assert ring[15, 30] and not ring[14, 30]
    assert not (random_band(face, np.random.default_rng(0)) & face).any()


def test_folding_loses_nothing() -> None:
    x = torch.rand(2, 3, 8, 12)
    assert torch.equal(unfold(fold(x)), x)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """The default bundle with a restorer of random weights, without one of its own."""
    for file in (MODELS / "default").iterdir():
        (tmp_path / file.name).symlink_to(file)
    meta = json.loads((MODELS / "default" / "avatar.json").read_text())
    meta.pop("restorer", None)
    meta["files"].pop("restorer", None)
    for name in ("avatar.json", "restorer.onnx"):
        (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / "avatar.json").write_text(json.dumps(meta))
    return tmp_path


def test_the_onnx_file_computes_the_network_and_only_in_its_box(bundle: Path) -> None:
    torch.manual_seed(0)
    net = RestorerNet(RestorerShape(BOX))
    for parameter in net.parameters():
        parameter.data = (0.1 * torch.randn_like(parameter)).half().float()  # as it is stored
    with pytest.raises(BundleError, match="train-restorer"):
        Restorer(load_bundle(bundle))
    attach_restorer(bundle, net.eval())
    restore, chance = Restorer(load_bundle(bundle)), np.random.default_rng(0)
    image, pose = chance.random((96, 96, 3)), 0.1 * chance.standard_normal(6)
    found = restore(image, pose)
    x, y, width, height = BOX
    box = np.zeros((96, 96), bool)
    box[y : y + height, x : x + width] = True
    assert np.array_equal(found[~box], image[~box])
    picture = torch.from_numpy(image[y : y + height, x : x + width]).permute(2, 0, 1)[None].float()
    with torch.no_grad():
        change = net(picture, torch.from_numpy(pose)[None].float())
    wanted = (picture + change).clamp(0, 1)[0].permute(1, 2, 0).numpy()
    # sums in another order, and the pose's unit in half precision
    assert np.abs(found[box] - wanted.reshape(-1, 3)).max() < 2e-3


def test_without_a_restorer_a_frame_stays_as_it_is(bundle: Path) -> None:
    frame = np.random.default_rng(0).integers(0, 256, (512, 512, 3), np.uint8)
    assert finisher(load_bundle(bundle))(frame, np.zeros(3), np.zeros(3)) is frame


def test_the_noise_of_the_truth_is_no_error_of_the_picture() -> None:
    chance, mask = np.random.default_rng(0), np.ones((150, 200), bool)
    image = chance.random((150, 200, 3))
    renders = image + 0.01 + 0.02 * chance.standard_normal((2, 150, 200, 3))  # noise of twice the error
    assert noiseless_psnr(renders, image, mask) == pytest.approx(40, abs=0.2)  # of 90 000 products


def test_what_ships_mends_mismatched_jaws() -> None:
    folder = MODELS / "default"
    assert (folder / "restorer.onnx").stat().st_size < 2e6
    figures = restorer_figures(load_capture(CAPTURE), load_bundle(folder), MODELS / "speech")
    assert figures["jaw_gap_clean_psnr_db"] > figures["jaw_gap_clean_psnr_db_without"] + 1.2
