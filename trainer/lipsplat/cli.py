"""lipsplat: from a video to an avatar; make speech, train the speech encoder, train a portrait.

lipsplat doctor me.mp4                                     # what is wrong with the footage
lipsplat create me.mp4 avatar/ --name "…" --consent consent.txt   # the avatar and its report, resumable
lipsplat train-parser                                      # what tells hair, face, neck and torso apart, resumable
lipsplat face-clips                                        # rendered faces for the facial animation capturer, resumable
lipsplat train-face                                        # the capturer on them, resumable
lipsplat face-report                                       # its figures; --video me.mp4: what it finds there
lipsplat synthesize --voices VOICES_DIR --minutes 90       # a set of many voices, resumable
lipsplat train-speech                                      # that set to public/models/speech
lipsplat train-cues                                        # prosody cues for the upper face, resumable
lipsplat export-cues                                       # cues.onnx beside the speech model
lipsplat cues-report                                       # its figures on held-out clips and voices
lipsplat sync-clips --hours 3.2                            # rendered speaking mouths, resumable
lipsplat train-sync                                        # the lip-sync discriminator on them, resumable
lipsplat sync-report                                       # its accuracy, and the offsets it finds
lipsplat export-sync                                       # its weights into the trainer
lipsplat encoders-report                                   # speech encoders on one table, the paper's among them
lipsplat train-ave                                         # the audio-visual encoder under its loss, resumable
lipsplat train ../shared/subject/capture public/models/default
lipsplat settle public/models/default                      # part of train: an older bundle's hair before any background
lipsplat train-codec public/models/default                 # part of train: the codec of its expression, resumable
lipsplat codec-report                                      # its figures, and a picture with and without it
lipsplat train-restorer public/models/default              # part of train: what mends jaw and neck, resumable
lipsplat restorer-report                                   # its figures; --strips strips.jpg: with and without it
lipsplat restorer-truth PYTHON_WITH_BPY                    # the path-traced truth of those figures, resumable
lipsplat ablate                                            # what each part is worth, resumable
lipsplat eval --json                                       # every figure of what ships, and a page of its worst frames
lipsplat report public/models/speech                       # the encoder's own figures
lipsplat vote build/vote                                   # a page on which people pick: footage or avatar
"""

from __future__ import annotations

import argparse
import errno
import json
import sys
from pathlib import Path

from lipsplat.codec import commands as codec
from lipsplat.create import commands as create
from lipsplat.evaluate.arguments import add_arguments as add_eval_arguments
from lipsplat.expression import commands as expression
from lipsplat.face import commands as face
from lipsplat.paths import CACHE, MODELS
from lipsplat.portrait import commands as portrait
from lipsplat.restore import commands as restore

DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="lipsplat", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = p.add_subparsers(dest="command", required=True)

    c = commands.add_parser("synthesize", help="speak the training set (Kokoro-82M), resumable")
    c.add_argument("--voices", type=Path, required=True, help="the voices/ folder of npm's kokoro-js")
    c.add_argument("--minutes", type=float, default=90)
    c.add_argument("--shard", default="0/1", help="i/n: this process makes every n-th line")

    c = commands.add_parser("train-speech", help="train and export the speech encoder, resumable")
    c.add_argument("--out", type=Path, default=MODELS / "speech")
    c.add_argument("--steps", type=int, default=None)
    kind = c.add_mutually_exclusive_group()
    kind.add_argument("--ahead", action="store_true", help="the encoder for known sounds; begins with the live one")
    kind.add_argument("--smoke", action="store_true", help="a tiny run that shows that everything works")

    c = commands.add_parser("sync-clips", help="render mouths that speak the speech set, resumable")
    c.add_argument("--hours", type=float, default=3.2, help="of training clips; the test clips come first")
    c.add_argument("--shard", default="0/1", help="i/n: this process makes every n-th clip")
    c.add_argument("--turn", type=int, default=0, help="another turn has another cast of faces: 0 to 5")

    c = commands.add_parser("train-sync", help="train the lip-sync discriminator, resumable")
    c.add_argument("--out", type=Path, default=CACHE / "sync-runs" / "v3")
    c.add_argument("--steps", type=int, default=None)
    c.add_argument("--hearing", type=int, default=None, help="steps before them in which the sound learns alone")
    c.add_argument("--seeing", type=int, default=None, help="and after those in which the face does")
    c.add_argument("--plain", action="store_true", help="the paper's loss alone, to compare")
    c.add_argument("--start", type=Path, default=None, help="a checkpoint whose fitting weights are begun with")
    c.add_argument("--threads", type=int, default=1)

    c = commands.add_parser("train-ave", help="train the audio-visual encoder with a frozen discriminator, resumable")
    c.add_argument("--out", type=Path, default=CACHE / "ave-runs" / "v1")
    c.add_argument("--discriminator", type=Path, default=CACHE / "sync-runs" / "v3", help="its run's folder")
    c.add_argument("--steps", type=int, default=None)
    c.add_argument("--threads", type=int, default=1)

    c = commands.add_parser("sync-report", help="figures of a lip-sync discriminator")
    c.add_argument("run", type=Path, nargs="?", default=CACHE / "sync-runs" / "v3")
    c.add_argument("--split", choices=("test", "validation"), default="test", help="validation: to choose by")

    c = commands.add_parser("export-sync", help="the discriminator's weights into the trainer, for eval and portraits")
    c.add_argument("run", type=Path, nargs="?", default=CACHE / "sync-runs" / "v3")

    c = commands.add_parser("encoders-report", help="speech encoders on one table, the paper's among them")
    c.add_argument("models", type=Path, nargs="*", default=[MODELS / "speech"], help="folders of speech models")
    c.add_argument("--ave", type=Path, default=CACHE / "ave-runs" / "v1", help="a run of train-ave")

    portrait.add_commands(commands)
    add_eval_arguments(commands.add_parser("eval", help="every figure of an avatar, and a page of its worst frames"))

    c = commands.add_parser("report", help="figures of a speech model")
    c.add_argument("model", type=Path)

    c = commands.add_parser("track-report", help="how well heads are tracked: the capture's truth, real clips")
    c.add_argument("--frames", type=int, default=None, help="of the capture (default: all)")

    c = commands.add_parser("vote", help="a page for a blind vote: footage or avatar, or two avatars")
    c.add_argument("out", type=Path)
    c.add_argument("--bundle", type=Path, default=MODELS / "default")
    c.add_argument("--other", type=Path, default=None, help="another avatar of the same person, instead of the footage")
    c.add_argument("--speech", type=Path, default=MODELS / "speech")
    create.add_commands(commands)
    expression.add_commands(commands)
    face.add_commands(commands)
    codec.add_commands(commands)
    restore.add_commands(commands)
    return p


def main(arguments: list[str] | None = None) -> int:
    a = parser().parse_args(arguments)
    try:
        COMMANDS[a.command](a)
    except (OSError, ValueError, RuntimeError) as error:
        full = isinstance(error, OSError) and error.errno in DISK_FULL
        remedy = ": make room and run the same command again, it goes on from what is done" if full else ""
        print(f"lipsplat {a.command}: {error}{remedy}", file=sys.stderr)
        return 1
    return 0


def synthesize(a: argparse.Namespace) -> None:
    from lipsplat.speech.synthesize import synthesize as run

    i, n = (int(x) for x in a.shard.split("/"))
    run(a.voices, a.minutes, (i, n))


def train_speech(a: argparse.Namespace) -> None:
    from dataclasses import replace

    from lipsplat.speech.export import export_encoder
    from lipsplat.speech.train import AHEAD, LIVE, SMOKE, train_encoder

    config = SMOKE if a.smoke else AHEAD if a.ahead else LIVE
    if a.smoke and a.out == MODELS / "speech":
        raise ValueError("--smoke makes a model that knows nothing: give it a folder of its own with --out")
    config = replace(config, steps=a.steps) if a.steps else config
    export_encoder(train_encoder(config), a.out)


def sync_clips(a: argparse.Namespace) -> None:
    from lipsplat.sync.clips import make_clips

    i, n = (int(x) for x in a.shard.split("/"))
    make_clips(a.hours, (i, n), a.turn)


def train_sync(a: argparse.Namespace) -> None:
    from dataclasses import replace

    from lipsplat.sync.config import SyncTrainConfig
    from lipsplat.sync.train import train_discriminator

    config = SyncTrainConfig(out=a.out, plain=a.plain, start=a.start, threads=a.threads)
    given = {k: v for k in ("steps", "hearing", "seeing") if (v := getattr(a, k)) is not None}
    train_discriminator(replace(config, **given))


def train_ave(a: argparse.Namespace) -> None:
    from dataclasses import replace

    from lipsplat.sync.ave import AveConfig
    from lipsplat.sync.ave import train_ave as run

    config = AveConfig(discriminator=a.discriminator / "checkpoint.pt", out=a.out, threads=a.threads)
    run(replace(config, steps=a.steps) if a.steps else config)


def sync_report(a: argparse.Namespace) -> None:
    from lipsplat.sync.evaluate import sync_report as report

    print(json.dumps(report(a.run / "checkpoint.pt", a.split)))


def export_sync(a: argparse.Namespace) -> None:
    from lipsplat.sync.weights import export_discriminator

    out = export_discriminator(a.run / "checkpoint.pt")
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB")


def encoders_report(a: argparse.Namespace) -> None:
    from lipsplat.sync.encoders import encoders_report as table
    from lipsplat.sync.weights import shipped_discriminator

    print(json.dumps(table(a.models, a.ave, shipped_discriminator()), indent=1))


def evaluate(a: argparse.Namespace) -> None:
    from lipsplat.evaluate.__main__ import run

    run(a)


def report(a: argparse.Namespace) -> None:
    from lipsplat.speech.report import speech_report

    print(json.dumps(speech_report(a.model)))


def track_report(a: argparse.Namespace) -> None:
    import cv2

    from lipsplat.track.report import track_report as figures

    cv2.setNumThreads(1)  # so that the processor's time is one core's
    print(json.dumps(figures(a.frames, lambda s: print(s, file=sys.stderr)), indent=1))


def vote(a: argparse.Namespace) -> None:
    from lipsplat.capture import load_capture
    from lipsplat.evaluate.vote import write_vote
    from lipsplat.paths import CAPTURE

    bundles = [a.bundle] + ([a.other] if a.other else [])
    print(write_vote(a.out, load_capture(CAPTURE), a.speech, bundles))


COMMANDS = {
    "synthesize": synthesize,
    "train-speech": train_speech,
    "sync-clips": sync_clips,
    "train-sync": train_sync,
    "train-ave": train_ave,
    "sync-report": sync_report,
    "export-sync": export_sync,
    "encoders-report": encoders_report,
    "eval": evaluate,
    "report": report,
    "track-report": track_report,
    "vote": vote,
    **portrait.COMMANDS,
    **create.COMMANDS,
    **expression.COMMANDS,
    **face.COMMANDS,
    **codec.COMMANDS,
    **restore.COMMANDS,
}

if __name__ == "__main__":
    sys.exit(main())
