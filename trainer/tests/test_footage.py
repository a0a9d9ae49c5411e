"""Footage is read a picture at a time, and what cannot be trained on is told in one sentence."""

from __future__ import annotations

import itertools
import json
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from lipsplat.capture import Capture, each_picture, load_capture
from lipsplat.cli import main
from lipsplat.paths import CAPTURE, MODELS
from lipsplat.portrait.data import capture_lip
from lipsplat.portrait.plate import make_plate
from lipsplat.portrait.store import PictureStore

FRAMES = 6


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file may grow past `size` bytes: the system refuses to write on, as it does on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_any_part_of_any_stored_picture_comes_back(tmp_path: Path) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (5, 9, 11, 3), np.uint8)
    store = PictureStore(tmp_path, iter(pictures))
    assert len(store) == 5
    np.testing.assert_array_equal(store.read(3), pictures[3])
    np.testing.assert_array_equal(store.read(4, np.s_[2:7, 3:5]), pictures[4, 2:7, 3:5])
    assert not list(tmp_path.iterdir())  # nothing is left behind


def test_footage_without_room_names_the_frame(tmp_path: Path) -> None:
    pictures = np.zeros((5, 9, 11, 3), np.uint8)
    with room_for(2 * pictures[0].size + 10), pytest.raises(RuntimeError, match="no room for frame 2 .*: make room"):
        PictureStore(tmp_path, pictures)


def test_pictures_are_decoded_as_they_are_asked_for() -> None:
    whole = [x.copy() for x in each_picture(CAPTURE / "labels.mkv", "gray", 3, 9)]
    some = list(each_picture(CAPTURE / "labels.mkv", "gray", 3, 9, every=4))
    np.testing.assert_array_equal(some, [whole[0], whole[4]])
    endless = each_picture(CAPTURE / "capture.mp4", "rgb24")
    assert next(endless).shape == (512, 512, 3)  # 1578 frames would take a gigabyte, and ten seconds
    endless.close()


def test_a_full_disk_keeps_the_work_so_far(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, work = tmp_path / "bundle", tmp_path / "work"
    command = ["train", str(CAPTURE), str(out), "--work", str(work), "--gaussians", "500", "--frames", str(FRAMES)]
    command += ["--stage-1", "2", "--settle", "0", "--codec", "0", "--restorer", "0", "--stage-2"]
    assert main([*command, "0"]) == 0
    checkpoint = work / "checkpoint.pt"
    before = checkpoint.read_bytes()
    with room_for(len(before) - 1):
        assert main([*command, "3"]) == 1
    says = capsys.readouterr().err
    assert "checkpoint.pt cannot be written at iteration 5" in says and "make room and run the same command" in says
    assert checkpoint.read_bytes() == before and not list(work.glob("*.part"))
    assert main([*command, "3"]) == 0
    assert (work / "sheet-000005.png").exists()


@pytest.fixture
def labelled(tmp_path: Path) -> Capture:
    """Some frames of the capture, in a folder of their own."""
    with av.open(str(CAPTURE / "labels.mkv")) as source, av.open(str(tmp_path / "labels.mkv"), "w") as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in itertools.islice(source.demux(video=0), FRAMES):
            packet.stream = stream
            out.mux(packet)
    for name in ("capture.mp4", "motion.npz", "camera.json", "voice.flac"):
        shutil.copyfile(CAPTURE / name, tmp_path / name)
    return load_capture(tmp_path)


def test_labels_that_end_early_name_the_frame(labelled: Capture) -> None:
    make_plate(labelled, FRAMES)
    with pytest.raises(ValueError, match="labels.mkv ends before frame 6 of 9: label the whole footage"):
        make_plate(labelled, FRAMES + 3)


def test_labels_of_another_size_name_the_frame(labelled: Capture) -> None:
    labelled.camera["size"] = 256
    with pytest.raises(ValueError, match="labels.mkv is 512×512 at frame 0, the footage 256×256: label"):
        make_plate(labelled, FRAMES)


def test_silent_sound_is_refused(labelled: Capture) -> None:
    soundfile.write(labelled.folder / "voice.flac", np.zeros(1578 * 960, np.float32), 24_000)
    with pytest.raises(ValueError, match="voice.flac is silent, from frame 0 .*: lips learn from sound"):
        capture_lip(labelled, MODELS / "speech")


def test_the_end_of_any_capture_is_kept_for_measuring(labelled: Capture) -> None:
    assert labelled.held_out_from == 1289  # as the default capture's makers say
    assert json.loads((MODELS / "default" / "avatar.json").read_text())["frames"] <= 1289
