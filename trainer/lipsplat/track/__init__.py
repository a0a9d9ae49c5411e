"""From footage to head poses: landmarks, the CC0 head fitted to them, the Head-Sync Stabilizer (eq 7-12)."""

from lipsplat.track.head_model import HeadModel, head_model
from lipsplat.track.landmarks import check_found, find_faces, find_landmarks
from lipsplat.track.track import Track, TrackConfig, track_video

__all__ = [
    "HeadModel",
    "Track",
    "TrackConfig",
    "check_found",
    "find_faces",
    "find_landmarks",
    "head_model",
    "track_video",
]
