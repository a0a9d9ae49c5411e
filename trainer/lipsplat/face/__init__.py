"""The facial animation capturer (eq 4-5): 52 ARKit coefficients and the gaze of every frame of a video."""

from lipsplat.face.capture import FaceMotion, NoFaceError, capture_face

__all__ = ["FaceMotion", "NoFaceError", "capture_face"]
