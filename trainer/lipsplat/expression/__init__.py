"""Cues: what a voice's prosody tells an upper face, heard as it streams (voice, loudness, pitch, stress, phrases)."""

from lipsplat.paths import CACHE

RUN = CACHE / "expression" / "runs" / "v4"  # of the cues that ship
