"""Cues: what a voice's prosody tells an upper face, heard as it streams (voice, loudness, pitch, stress, phrases)."""
