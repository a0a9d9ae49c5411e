"""`lipsplat create`: every stage from a video to a bundle and its report, each kept once it is done."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from lipsplat.avatar import Finish, trained_head, write_avatar
from lipsplat.bundle.writer import Identity
from lipsplat.capture import FPS, HELD_OUT, Capture, load_capture
from lipsplat.create.crop import SIZE, Square, head_square
from lipsplat.create.doctor import Finding, diagnose
from lipsplat.create.examine import examine
from lipsplat.create.footage import SOUND_RATE, FootageError, pictures, probe, sound_of
from lipsplat.create.stages import Stages, digest
from lipsplat.paths import MODELS

if TYPE_CHECKING:  # torch is slow to import
    from lipsplat.portrait.train import TrainConfig, Trainer

QUALITY = 10  # H.264's CRF of the square that is kept: its noise is far below the footage's own
FATAL = {"length", "black", "no-face", "no-sound", "silent", "small"}  # what --anyway cannot overrule
VERSION = 1  # of what the stages make: raise it where one makes something else of the same


@dataclass(frozen=True)
class CreateConfig:
    identity: Identity
    speech: Path = MODELS / "speech"
    gaussians: int = 20_000
    stage_1: int = 2_000  # iterations of the static head
    stage_2: int = 16_000  # iterations of the speaking head
    finish: Finish = Finish()
    held_out: float | None = None  # seconds at the end that are for measuring; None: as any capture's
    sound_late: float = 0.0  # seconds by which the sound is held back
    anyway: bool = False  # go on in spite of what the doctor says, where that can be
    threads: int = 1
    device: str = "cpu"
    extra: dict = field(default_factory=dict)  # of TrainConfig


@dataclass(frozen=True)
class Created:
    bundle: Path
    report: Path
    figures: dict[str, float | int | None]
    kept: list[str]  # stages that had been done before


class Creation:
    """One avatar under way. `work` holds what the stages make: `work/capture` is a capture folder like any other."""

    def __init__(self, videos: Sequence[Path], out: Path, work: Path, config: CreateConfig) -> None:
        self.videos, self.out, self.work, self.config = [Path(v) for v in videos], out, work, config
        self.stages = Stages(work)
        self.folder = work / "capture"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.video, self.voice = self.folder / "capture.mp4", self.folder / "voice.flac"

    def run(self) -> Created:
        """Raises FootageError where the doctor finds what stops, StageError where a stage does, RuntimeError where the
        machine has no compiler."""
        if self.config.device == "cpu":
            from lipsplat.raster.native import library

            library()  # what training needs is missed before an hour is spent
        probed = [probe(v) for v in self.videos]  # a file that is not there is said before anything is hashed
        looked = self.look([clip.path for clip in probed])
        seen = self.frames(looked)
        heard = self.sound(looked)
        points = self.landmarks(seen)
        masks = self.masks(points)
        pose = self.pose(points)
        face = self.expressions(points)
        tracked = self.together([heard, masks, pose, face])
        self.measure(self.export(*self.train(self.features(tracked))))
        figures = json.loads((self.report_folder / "figures.json").read_text())
        return Created(self.out, self.report_folder / "index.html", figures, self.stages.kept)

    # what is filmed

    def look(self, videos: list[Path]) -> str:
        examination, told = self.work / "examination.npz", self.work / "findings.json"

        def work() -> None:
            e = examine(videos, self.stages.frames)
            np.savez(examination, points=e.points, size=e.size, frames=e.frames)
            told.write_text(json.dumps([asdict(f) for f in diagnose(e)], indent=1))

        key = self.stages.run("look", [VERSION, videos], [examination, told], work)
        findings = self.findings()
        for finding in findings:
            self.stages.say(f"  {'!' if finding.stops else '·'} {finding.text}")
        stops = [f for f in findings if f.stops and not (self.config.anyway and f.code not in FATAL)]
        if stops:
            hint = "" if any(f.code in FATAL for f in stops) else " (--anyway goes on in spite of it)"
            raise FootageError(stops[0].text + hint)
        return key

    def findings(self) -> list[Finding]:
        return [Finding(**f) for f in json.loads((self.work / "findings.json").read_text())]

    def frames(self, key: str) -> str:
        def work() -> None:
            from lipsplat.bundle.video import write_video

            with np.load(self.work / "examination.npz") as e:
                points, (width, height), total = e["points"], e["size"], int(e["frames"].sum())
            square = head_square(points, int(width), int(height))
            clips = [probe(v) for v in self.videos]
            if square == Square(0, 0, SIZE) and len(clips) == 1 and clips[0].rate == FPS and is_as_kept(clips[0].path):
                shutil.copyfile(clips[0].path, self.video)  # it is what would be made: not a bit is lost
                return
            part = self.video.with_name("part.mp4")
            cut = (square.cut(p.image) for p in self.stages.frames(pictures(clips), total))
            write_video(part, cut, FPS, quality=QUALITY)
            part.replace(self.video)

        return self.stages.run("frames", key, [self.video], work)

    def sound(self, key: str) -> str:
        def work() -> None:
            import soundfile

            with np.load(self.work / "examination.npz") as e:
                counts = [int(n) for n in e["frames"]]
            samples = sound_of([probe(v) for v in self.videos], counts, self.config.sound_late)
            soundfile.write(self.voice, samples, SOUND_RATE)

        return self.stages.run("sound", [key, self.config.sound_late], [self.voice], work)

    # what is found in it

    def each_frame(self) -> Iterator[np.ndarray]:
        """(512,512,3) uint8 behind a progress bar."""
        from lipsplat.capture import each_picture

        return self.stages.frames(each_picture(self.video, "rgb24"))

    def points(self) -> np.ndarray:
        """(F,478,3) pixels of the square."""
        return np.load(self.work / "landmarks.npy")

    def landmarks(self, key: str) -> str:
        def work() -> None:
            from lipsplat.track import find_landmarks

            found = find_landmarks(self.each_frame())
            if not np.isfinite(found[:, 0, 0]).any():
                raise ValueError("no face is found in any frame: film one face that looks at the camera")
            np.save(self.work / "landmarks.npy", found)

        return self.stages.run("landmarks", key, [self.work / "landmarks.npy"], work)

    def masks(self, key: str) -> str:
        from lipsplat.parser.network import WEIGHTS

        labels = self.folder / "labels.mkv"

        def work() -> None:
            from lipsplat.parser.parse import parse_frames, write_labels

            write_labels(labels, parse_frames(self.each_frame(), self.points()), FPS)

        return self.stages.run("masks", [key, WEIGHTS], [labels], work)

    def pose(self, key: str) -> str:
        from lipsplat.track import track_video

        kept = self.work / "track.npz"

        def work() -> None:
            with tqdm(desc="pose", unit="step", mininterval=0.5) as bar:

                def progress(done: int, total: int) -> None:
                    bar.total = total
                    bar.update(done - bar.n)

                with np.load(self.work / "examination.npz") as e:
                    takes = np.cumsum(e["frames"])[:-1]
                track_video(self.video, self.points(), progress=progress, takes=takes).save(kept)

        return self.stages.run("pose", key, [kept], work)

    def expressions(self, key: str) -> str:
        from lipsplat.face import capture_face
        from lipsplat.face.names import NETWORK

        kept = self.work / "face.npz"

        def work() -> None:
            face = capture_face(self.each_frame(), self.points())
            np.savez(kept, weights=face.weights, names=np.array(face.names), gaze=face.gaze, found=face.found)

        return self.stages.run("expressions", [key, NETWORK], [kept], work)

    def together(self, keys: list[str]) -> str:
        """What was found becomes a capture folder."""
        made = [self.folder / "motion.npz", self.folder / "camera.json"]

        def work() -> None:
            from lipsplat.create.folder import hair_like, write_camera, write_motion
            from lipsplat.track import Track

            track = Track.load(self.work / "track.npz")
            with np.load(self.work / "face.npz") as file:
                face = dict(file)
            capture = Capture(self.folder, {}, face["weights"], track.rotation, track.translation)
            every = max(len(track) // 8, 1)
            hair = hair_like(list(capture.each_label(every=every)), self.points()[::every])
            write_camera(made[1], SIZE, track.focal, track.principal, track.position)
            write_motion(
                made[0], tuple(face["names"]), face["weights"], track.rotation, track.translation, track.pivot,
                face["gaze"], track.shape, hair,
            )  # fmt: skip
            load_capture(self.folder)  # says what does not belong together

        return self.stages.run("capture", keys, made, work)

    # what comes of it

    def held_out_from(self, capture: Capture) -> int:
        if self.config.held_out is None:
            return len(capture) - min(HELD_OUT, len(capture) // 5)
        first = len(capture) - round(self.config.held_out * FPS)
        if not 0 < first <= len(capture):
            raise ValueError(f"--held-out {self.config.held_out:g}: the footage has {len(capture) / FPS:.1f} s")
        return first

    def features(self, key: str) -> str:
        kept = self.work / "lip.npy"

        def work() -> None:
            from lipsplat.portrait.data import capture_lip

            np.save(kept, capture_lip(load_capture(self.folder), self.config.speech))

        return self.stages.run("features", [key, self.config.speech / "speech.json"], [kept], work)

    def train(self, key: str) -> tuple[str, Path, TrainConfig]:
        """The stage's key, and the folder in which a training goes on where it was stopped."""
        from lipsplat.portrait.model import PortraitShape
        from lipsplat.portrait.train import TrainConfig

        c = self.config
        config = TrainConfig(
            PortraitShape(gaussians=c.gaussians), stage_1=c.stage_1, stage_2=c.stage_2,
            last_frame=self.held_out_from(load_capture(self.folder)), **c.extra,
        )  # fmt: skip
        decides = [key, asdict(config), c.finish.keep, c.finish.refine]
        folder = self.work / f"train-{digest(decides)[:8]}"

        def work() -> None:
            trained_head(self.trainer(folder, config), c.finish)

        return self.stages.run("training", decides, [folder / "checkpoint.pt"], work), folder, config

    def trainer(self, folder: Path, config: TrainConfig) -> Trainer:
        import torch

        from lipsplat.portrait.train import Trainer

        torch.set_num_threads(self.config.threads)
        lip = np.load(self.work / "lip.npy")
        return Trainer(load_capture(self.folder), lip, folder, config, torch.device(self.config.device))

    def export(self, key: str, folder: Path, config: TrainConfig) -> str:
        c = self.config

        def work() -> None:
            part = self.work / "bundle"
            shutil.rmtree(part, ignore_errors=True)
            write_avatar(part, self.trainer(folder, config), c.speech, c.identity, c.finish)
            self.out.mkdir(parents=True, exist_ok=True)
            for file in part.iterdir():
                shutil.copyfile(file, self.out / file.name)

        return self.stages.run("export", [key, asdict(c.identity), asdict(c.finish)], [self.out / "avatar.json"], work)

    @property
    def report_folder(self) -> Path:
        """Beside the bundle, not in it: it shows the footage, which whoever publishes the avatar need not."""
        return self.out.with_name(self.out.name + "-report")

    def measure(self, key: str) -> str:
        self.report_folder.mkdir(parents=True, exist_ok=True)
        page, figures = self.report_folder / "index.html", self.report_folder / "figures.json"

        def work() -> None:
            from lipsplat.create.evaluate import measure
            from lipsplat.create.report import write_report

            capture, lip = load_capture(self.folder), np.load(self.work / "lip.npy")
            measured = measure(self.out, capture, lip, self.held_out_from(capture))
            write_report(
                self.report_folder, self.config.identity.name, self.config.identity.consent, self.findings(), capture,
                measured,
            )  # fmt: skip
            figures.write_text(json.dumps(measured.figures, indent=1))

        return self.stages.run("evaluation", key, [page, figures], work)


def is_as_kept(path: Path) -> bool:
    """Is it a video as this stage writes them: H.264 of eight bits, BT.709 or untagged, upright?"""
    import av

    with av.open(str(path)) as container:
        video = container.streams.video[0].codec_context
        first = next(container.decode(video=0))
        kind = video.name, first.format.name, first.rotation
        return kind == ("h264", "yuv420p", 0) and int(video.colorspace or 2) in (1, 2)
