"""Draws the CC0 head of ../shared/data/digital-human fast, with OpenGL: training data for sync and for tracking."""

from lipsplat.mesh.head import Head, build_head
from lipsplat.mesh.identity import Identity, Look, random_identity, random_light
from lipsplat.mesh.renderer import Camera, Light, MeshRenderer, NoOpenGLError

__all__ = [
    "Camera",
    "Head",
    "Identity",
    "Light",
    "Look",
    "MeshRenderer",
    "NoOpenGLError",
    "build_head",
    "random_identity",
    "random_light",
]
