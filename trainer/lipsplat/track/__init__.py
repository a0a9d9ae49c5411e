"""From footage to head poses: landmarks, the CC0 head fitted to them, the Head-Sync Stabilizer (eq 7-12)."""

from lipsplat.track.landmarks import find_faces, find_landmarks
from lipsplat.track.track import Track

__all__ = ["Track", "find_faces", "find_landmarks"]
