"""From footage to an avatar: what is wrong with footage is said before; stages are kept; consent is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PIL import Image

from lipsplat.cli import main
from lipsplat.create.crop import SIZE, Square, head_square
from lipsplat.create.doctor import Finding, diagnose
from lipsplat.create.examine import examine
from lipsplat.create.footage import SOUND_RATE, FootageError, pictures, probe, read_sound
from lipsplat.create.pipeline import is_as_kept
from lipsplat.create.stages import StageError, Stages
from lipsplat.mesh import Camera, Light, MeshRenderer, build_head, random_identity
from lipsplat.paths import CAPTURE, MODELS, SHARED
from lipsplat.raster import native

FACE = np.array(Image.open(MODELS / "default" / "poster.webp").convert("RGB"))  # (512,512,3): a face in good order
FRAMES = 60  # 2.4 s


def film(
    path: Path, frames: list[np.ndarray], rate: int = 25, sound: np.ndarray | None = None, delay: float = 0.0
) -> Path:
    """A video of pictures (H,W,3), with sound (N,) at 24 kHz, both as they are; `delay`: seconds it begins later."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.height, stream.width, stream.pix_fmt = *frames[0].shape[:2], "yuv420p"
        stream.options = {"preset": "ultrafast", "crf": "20"}
        voice = container.add_stream("pcm_s16le", rate=SOUND_RATE, layout="mono") if sound is not None else None
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
        if voice is not None:
            block = av.AudioFrame.from_ndarray((sound[None] * 32767).astype(np.int16), format="s16", layout="mono")
            block.sample_rate, block.time_base = SOUND_RATE, Fraction(1, SOUND_RATE)
            block.pts = round(delay * SOUND_RATE)
            container.mux(voice.encode(block))
            container.mux(voice.encode(None))
    return path


def hum(seconds: float) -> np.ndarray:
    """(N,) a voice's loudness and pauses."""
    at = np.arange(round(seconds * SOUND_RATE)) / SOUND_RATE
    return (0.2 * np.sin(2 * np.pi * 150 * at) * (np.sin(2 * np.pi * 2 * at) > -0.3)).astype(np.float32)


def talking(picture: np.ndarray, frames: int = FRAMES) -> list[np.ndarray]:
    """A head that moves by some pixels."""
    return [np.roll(picture, round(3 * np.sin(i / 6)), 1) for i in range(frames)]


def found(path: Path) -> dict[str, Finding]:
    return {finding.code: finding for finding in diagnose(examine([path]))}


def twice(picture: np.ndarray) -> np.ndarray:
    return np.hstack([picture, picture])


@pytest.mark.parametrize(
    ("code", "named", "frames", "voice"),
    [
        ("black", "frame", talking(0 * FACE), True),
        ("no-sound", "frame 0", talking(FACE), False),
        ("cut", "frame 30 (1.2 s)", talking(FACE, 30) + talking(np.roll(FACE // 2 + 90, 40, 1), 30), True),
        ("two-faces", "frame 0", talking(twice(FACE)), True),
        ("small", "frame", talking(np.pad(FACE[::8, ::8], ((64, 64), (96, 96), (0, 0)), "edge")), True),
        ("no-face", "any frame", talking(np.full_like(FACE, 128)), True),
        ("length", "1.0 s", talking(FACE, 25), True),
        ("out-of-frame", "lower", talking(FACE[:290]), True),
    ],
)
def test_doctor_stops_what_nothing_can_be_made_of(
    tmp_path: Path, code: str, named: str, frames: list[np.ndarray], voice: bool
) -> None:
    video = film(tmp_path / "me.mov", frames, sound=hum(len(frames) / 25) if voice else None)
    finding = found(video)[code]
    assert finding.stops
    assert named in finding.text
    assert finding.text.count(": ") == 1 and finding.text.endswith(".")  # what it is: what to do


def test_doctor_lets_good_footage_pass(tmp_path: Path) -> None:
    findings = found(film(tmp_path / "me.mov", talking(FACE), sound=hum(2.4)))
    assert not [f for f in findings.values() if f.stops]
    assert "length" in findings  # it is short, though


@pytest.mark.parametrize(
    ("code", "named", "picture"),
    [("dark", "in front of you", FACE // 5), ("burnt", "lower the exposure", np.minimum(FACE, 85) * 3)],
)
def test_doctor_tells_poor_light(tmp_path: Path, code: str, named: str, picture: np.ndarray) -> None:
    finding = found(film(tmp_path / "me.mov", talking(picture.astype(np.uint8)), sound=hum(2.4)))[code]
    assert not finding.stops and named in finding.text and "frame" in finding.text


@pytest.mark.usefixtures("heads_can_be_drawn")
def test_doctor_tells_a_head_that_turns_away(tmp_path: Path) -> None:
    frames = turned_heads(np.radians([0] * 40 + [50] * 20))
    finding = found(film(tmp_path / "me.mov", frames, sound=hum(2.4)))["turned-away"]
    assert finding.stops and "(1.6 s)" in finding.text  # a third of the film
    assert "turned-away" not in found(film(tmp_path / "me.mov", turned_heads(np.radians([0, 25] * 30)), sound=hum(2.4)))


def turned_heads(yaw: np.ndarray) -> list[np.ndarray]:
    """Pictures (288,288,3) of a head turned by angles (F,) in radians; each angle is drawn once."""
    person, size = random_identity(3), 288
    head = build_head(person.shape, person.hair, person.brow)
    renderer = MeshRenderer(head, person.look, size, size)
    eye = head.eye_centre.mean(0)
    camera = Camera((0.0, float(eye[1] - 0.4), float(eye[2] + 9.5)), 2.3 * size, (size / 2, size / 2))
    drawn = {}
    for angle in set(yaw.tolist()):
        placed = head.place(
            np.zeros((1, len(head.names))), np.array([[0, angle, 0]]), np.zeros((1, 3)), np.zeros((1, 2))
        )
        drawn[angle] = renderer.render(placed[0], camera, Light(), (90, 110, 130))[0]
    renderer.release()
    return [drawn[angle] for angle in yaw.tolist()]


@pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared/data/real-clips")
def test_doctor_tells_sound_that_is_late(tmp_path: Path) -> None:
    clip = probe(SHARED / "data" / "real-clips" / "pwij3p.mpg")
    frames, sound = [p.image for p in pictures([clip])], read_sound(clip)
    told = {}
    for late in (0, 6):  # frames by which the sound comes after the mouth
        shifted = np.concatenate([np.zeros(late * SOUND_RATE // 25, np.float32), sound])[: len(sound)]
        told[late] = found(film(tmp_path / f"{late}.mov", frames, sound=shifted)).get("out-of-sync")
    assert told[0] is None
    assert told[6].stops and "comes 240 ms before its sound" in told[6].text and "--sound-late -240" in told[6].text


def test_doctor_sees_too_few_pictures(tmp_path: Path) -> None:
    finding = found(film(tmp_path / "me.mov", talking(FACE, 24), rate=10, sound=hum(2.4)))["rate"]
    assert finding.stops and "10 pictures a second" in finding.text


def test_frames_come_at_25_a_second_whatever_the_footage_has(tmp_path: Path) -> None:
    grey = [np.full((64, 64, 3), 8 * i, np.uint8) for i in range(30)]  # half a second at 60, one at 30
    for rate, seconds in ((60, 0.5), (30, 1.0), (25, 1.2)):
        video = probe(film(tmp_path / f"{rate}.mp4", grey, rate=rate))
        shown = [p.source for p in pictures([video])]
        wanted = [int((i + 0.5) / 25 * rate) for i in range(round(seconds * 25))]
        assert shown == wanted


def test_a_phones_film_is_read_the_right_way_up(tmp_path: Path) -> None:
    video = film(tmp_path / "me.mp4", [np.ascontiguousarray(np.rot90(FACE))] * 3)  # as the chip lay
    one = (1 << 16).to_bytes(4, "big")
    none, minus = bytes(4), ((1 << 32) - (1 << 16)).to_bytes(4, "big")
    upright, quarter = (one, none, none, none, one, none), (none, one, none, minus, none, none)  # clockwise
    stored = video.read_bytes()
    track = stored.index(b"tkhd")  # its display matrix is turned, that of the whole film is not
    video.write_bytes(stored[:track] + stored[track:].replace(b"".join(upright), b"".join(quarter), 1))
    shown = next(pictures([probe(video)])).image
    assert np.abs(shown - FACE.astype(float)).mean() < 4  # as lossy as the film
    assert not is_as_kept(video)  # and is not copied as it is


def hlg(picture: np.ndarray) -> np.ndarray:
    """(H,W,3) uint16: what an HDR phone makes of a scene that in SDR is a picture (H,W,3) uint8 (BT.2100)."""
    code = picture / 255.0
    light = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    light = (
        light @ np.linalg.inv([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]]).T
    )
    shown = np.maximum(light, 1e-7) * 203 / 1000  # paper is 203 nits on a screen of 1000
    scene = shown / (shown @ [0.2627, 0.6780, 0.0593])[..., None] ** (0.2 / 1.2)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    curve = np.where(scene <= 1 / 12, np.sqrt(3 * scene), a * np.log(np.maximum(12 * scene - b, 1e-6)) + c)
    return (curve.clip(0, 1) * 65535).astype(np.uint16)


def test_hdr_and_ten_bits_are_read_in_their_colours(tmp_path: Path) -> None:
    soft = cv2.blur(FACE, (5, 5))  # colour is stored at half the size
    plain = (soft < 225).all(2)  # highlights are pressed together
    for curve, matrix, picture in ((18, 9, hlg(soft)), (1, 1, soft.astype(np.uint16) * 257)):
        path = tmp_path / f"{curve}.mp4"
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx265", rate=25)
            stream.height, stream.width, stream.pix_fmt = *soft.shape[:2], "yuv420p10le"
            stream.options = {"preset": "ultrafast", "crf": "12", "x265-params": "log-level=error:pools=1"}
            stream.codec_context.color_trc, stream.codec_context.colorspace = curve, matrix
            stream.codec_context.color_primaries = matrix
            frame = av.VideoFrame.from_ndarray(picture, format="rgb48le")
            container.mux(stream.encode(frame.reformat(format="yuv420p10le", dst_colorspace=matrix)))
            container.mux(stream.encode(None))
        video = probe(path)
        assert video.hdr == (curve == 18)
        away = np.abs(next(pictures([video])).image.astype(float) - soft)[plain]
        assert away.mean() < 3  # as lossy as the film; read as SDR, HLG is 40 away


def test_sound_keeps_its_place_beside_the_picture(tmp_path: Path) -> None:
    click = np.zeros(SOUND_RATE, np.float32)
    click[6_000] = 0.9
    for delay in (0.0, 0.2):
        video = probe(film(tmp_path / f"{delay}.mov", talking(FACE[::8, ::8], 25), sound=click, delay=delay))
        at = int(np.argmax(np.abs(read_sound(video)))) / SOUND_RATE
        assert at == pytest.approx(0.25 + delay, abs=0.002)  # less than a sample of the slowest clock, 1 ms in MOV


def test_damaged_footage_is_told_by_file_or_frame(tmp_path: Path) -> None:
    with pytest.raises(FootageError, match="nothing.mp4 does not exist"):
        probe(tmp_path / "nothing.mp4")
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(FootageError, match="text.mp4 cannot be opened"):
        probe(tmp_path / "text.mp4")


def test_the_square_holds_the_whole_head() -> None:
    face = np.full((5, 478, 3), 600.0)
    face[:, 10, 1], face[:, 152, 1] = 300, 500  # forehead and chin of a small head in full HD
    square = head_square(face, 1920, 1080)
    assert square.top < 300 - 0.3 * 200 and square.top + square.side > 560
    assert square.left <= 600 - 0.4 * square.side and square.left + square.side >= 600 + 0.4 * square.side
    assert head_square(face, 1920, 510).side == 510  # never larger than the picture
    near = face.copy()
    near[:, 10, 1], near[:, 152, 1] = 150, 350
    assert head_square(near, 512, 512) == Square(0, 0, 512)  # a square about a head is left as it is
    assert Square(0, 0, SIZE).cut(FACE) is FACE


def test_a_stage_is_done_once_and_again_where_what_decides_it_changes(tmp_path: Path) -> None:
    done: list[str] = []

    def stages(setting: int, work: Callable[[], None]) -> Stages:
        run = Stages(tmp_path, lambda text: None)
        first = run.run("first", ["video"], [tmp_path / "a"], lambda: (done.append("a"), (tmp_path / "a").touch()))
        run.run("second", [first, setting], [tmp_path / "b"], work)
        return run

    def work() -> None:
        done.append("b")
        (tmp_path / "b").touch()

    assert stages(1, work).kept == []
    assert stages(1, work).kept == ["first", "second"]
    assert stages(2, work).kept == ["first"]
    (tmp_path / "a").unlink()
    stages(2, work)
    assert done == ["a", "b", "b", "a"]


def test_a_stage_that_fails_names_the_frame_and_keeps_what_was_done(tmp_path: Path) -> None:
    run = Stages(tmp_path, lambda text: None)
    run.run("first", [], [tmp_path / "a"], (tmp_path / "a").touch)

    def work() -> None:
        for item in run.frames(["good", "good", "bad"]):
            if item == "bad":
                raise IndexError("a library's own words")

    with pytest.raises(StageError, match="second stopped at frame 2: a library's own words"):
        run.run("second", [], [], work)
    again = Stages(tmp_path, lambda text: None)
    again.run("first", [], [tmp_path / "a"], lambda: pytest.fail("done again"))


def test_consent_that_is_empty_or_missing_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.txt").write_text(" \n")
    for name, told in (("empty.txt", "is empty"), ("none.txt", "no such file")):
        code = main(["create", "me.mp4", str(tmp_path / "out"), "--name", "A", "--consent", str(tmp_path / name)])
        assert code == 1 and told in capsys.readouterr().err


def test_a_machine_without_a_compiler_is_told_before_anything_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    monkeypatch.setattr(native, "CACHE", tmp_path)
    native.library.cache_clear()
    assert main(["create", str(tmp_path / "me.mp4"), str(tmp_path / "out"), "--name", "A"]) == 1
    assert "install g++ or set CXX (no-such-compiler not found)" in capsys.readouterr().err
    native.library.cache_clear()


@pytest.mark.skipif(not CAPTURE.exists(), reason="needs ../shared/subject/capture")
def test_create_makes_an_avatar_goes_on_and_tells_of_consent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from lipsplat.capture import read_video

    frames = read_video(CAPTURE / "capture.mp4", "rgb24", 440, 492)
    video = film(tmp_path / "me.mov", list(frames), sound=hum(len(frames) / 25))
    out, statement = tmp_path / "avatar", tmp_path / "consent.txt"
    statement.write_text("I agree that this test shows me.\n")
    schedule = ["--gaussians", "300", "--stage-1", "12", "--stage-2", "12", "--settle", "0", "--held-out", "0.2"]
    schedule += ["--keep", "200", "--refine", "6", "--codec", "2", "--restorer", "2"]
    command = ["create", str(video), str(out), "--name", "A test", "--work", str(tmp_path / "work"), "--threads", "1"]

    # by a process of its own that has nothing but the package
    alone = [sys.executable, "-c", "import sys; from lipsplat.cli import main; sys.exit(main())"]
    nowhere = os.environ | {"LIPSPLAT_SHARED": str(tmp_path / "nowhere")}
    made = subprocess.run([*alone, *command, *schedule], env=nowhere, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    assert "No consent statement was given" in made.stdout
    manifest = json.loads((out / "avatar.json").read_text())
    assert manifest["consent"] is None and manifest["frames"] == len(frames) - 5
    assert manifest["gaussians"] == 200 and {"codec", "restorer"} <= manifest["files"].keys()
    figures = json.loads((tmp_path / "avatar-report" / "figures.json").read_text())
    assert figures["held_out_frames"] == 5 and figures["head_psnr_db"] > 10  # a head of 300 points, hardly trained
    report = (tmp_path / "avatar-report" / "index.html").read_text()
    assert "none was given" in report and "held-out.jpg" in report

    trained = next((tmp_path / "work").glob("train-*/checkpoint.pt"))
    before = trained.stat().st_mtime_ns
    assert main([*command, *schedule[:-2], "--consent", str(statement)]) == 0
    told = capsys.readouterr()
    for stage in ("look", "frames", "sound", "landmarks", "masks", "pose", "expressions", "features", "training"):
        assert f"{stage}: kept" in told.out + told.err
    assert trained.stat().st_mtime_ns == before
    manifest = json.loads((out / "avatar.json").read_text())
    assert manifest["consent"] == "I agree that this test shows me."
    assert "restorer" not in manifest["files"]  # where it is not asked for, two seconds are too little for one
