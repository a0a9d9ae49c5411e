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
UNHEARD_LINES = REPOSITORY / "trainer" / "tests" / "data" / "unheard"
PACKED = Path(__file__).with_name("models")  # where setup.py puts what creating needs of public/models
MODELS = PACKED if PACKED.exists() else REPOSITORY / "public" / "models"
