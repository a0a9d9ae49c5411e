"""Where the inputs and the caches are. Nothing here is written into the repository."""

from __future__ import annotations

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("LIPSPLAT_SHARED", REPOSITORY.parent / "shared"))
CACHE = Path(os.environ.get("LIPSPLAT_CACHE", Path.home() / ".cache" / "lipsplat"))
SUBJECT = SHARED / "subject"
CAPTURE = SUBJECT / "capture"
LJSPEECH = SHARED / "data" / "speech" / "ljspeech"
SPEECH_SET = CACHE / "speech"
MODELS = REPOSITORY / "public" / "models"
