"""What `lipsplat eval` is asked with; apart, so that the command line need not load what measures."""

from __future__ import annotations

import argparse
from pathlib import Path

from lipsplat.paths import MODELS, REPOSITORY

UNSEEN_SECONDS = 303.0  # clips end on whole frames, so that a little over the five minutes asked for remains


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="compact JSON on the last line")
    parser.add_argument("--bundle", type=Path, default=MODELS / "default")
    parser.add_argument("--speech", type=Path, default=MODELS / "speech")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "build" / "eval", help="report and page frames")
    parser.add_argument("--seconds", type=float, default=UNSEEN_SECONDS, help="of unseen voices")
    parser.add_argument("--no-page", action="store_true", help="leave the browser out")
    parser.add_argument(
        "--require", nargs="*", default=[], choices=("lpips", "fid"), help="refuse where it cannot be measured"
    )
