"""A textured-mesh renderer in OpenGL 3.3 without a window; Mesa's software rasterizer will do."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from lipsplat.capture import BACKGROUND
from lipsplat.mesh.head import Head
from lipsplat.mesh.identity import Look
from lipsplat.paths import SHARED

TEXTURES = SHARED / "data" / "digital-human" / "textures"
SHADERS = Path(__file__).parent
NEAR, FAR = 0.2, 100.0  # dm


class NoOpenGLError(RuntimeError):
    """There is no OpenGL to draw with; the message says what to install."""


@dataclass(frozen=True)
class Camera:
    """Pinhole looking along −z: x = cx + f·X/Z, y = cy − f·Y/Z in pixels, pixel centres at half integers.

    `crop` (2,3) takes those pixels to the image's own: the identity for a whole picture.
    """

    position: tuple[float, float, float]  # world, dm
    focal: float
    principal: tuple[float, float]
    crop: np.ndarray = field(default_factory=lambda: np.eye(2, 3))

    def project(self, points: np.ndarray) -> np.ndarray:
        """World points (…,3) to pixels (…,2), before the crop."""
        d = points - np.asarray(self.position)
        scale = self.focal / -d[..., 2:]
        return np.asarray(self.principal) + scale * d[..., :2] * (1, -1)


@dataclass(frozen=True)
class Light:
    """Linear RGB. Directions point from the head to the light; they need not have length 1."""

    key: tuple[float, float, float] = (0.5, 0.5, 0.8)
    key_colour: tuple[float, float, float] = (0.75, 0.7, 0.65)
    fill: tuple[float, float, float] = (-0.7, 0.1, 0.7)
    fill_colour: tuple[float, float, float] = (0.18, 0.2, 0.22)
    above: tuple[float, float, float] = (0.28, 0.28, 0.3)  # ambient light from above and below
    below: tuple[float, float, float] = (0.12, 0.11, 0.1)


@lru_cache(1)
def context():
    """The process's one OpenGL context."""
    try:
        import moderngl
    except ImportError as error:
        raise NoOpenGLError("rendered faces need moderngl: pip install 'lipsplat[mesh]'") from error
    try:
        return moderngl.create_context(standalone=True, require=330, backend="egl")
    except Exception as error:  # moderngl raises whatever its loader does
        raise NoOpenGLError(
            f"rendered faces need OpenGL 3.3 through EGL ({error}): apt-get install libegl1 libgl1 libgl1-mesa-dri"
        ) from error


@lru_cache(32)
def texture(name: str, largest: int):
    """A texture of the kit with mipmaps, at most `largest` texels wide."""
    from PIL import Image

    with Image.open(TEXTURES / name) as file:
        image = file.convert("RGBA")
    if image.width > largest:
        image = image.resize((largest, largest), Image.Resampling.BOX)
    loaded = context().texture(image.size, 4, image.transpose(Image.Transpose.FLIP_TOP_BOTTOM).tobytes())
    loaded.build_mipmaps()
    return loaded


@lru_cache(1)
def program():
    return context().program(
        vertex_shader=(SHADERS / "head.vert").read_text(), fragment_shader=(SHADERS / "head.frag").read_text()
    )


class MeshRenderer:
    """Draws one head at one picture size. Raises NoOpenGLError where there is no OpenGL.

    supersample: side of the square of samples in a pixel. texels: widest texture; 512 is enough for small crops.
    """

    def __init__(
        self, head: Head, look: Look, height: int, width: int, supersample: int = 2, texels: int = 1024
    ) -> None:
        gl = context()
        self.head, self.look = head, look
        self.height, self.width, self.supersample = height, width, supersample
        # one drawn vertex for each (vertex, uv, quad's part and label) there is
        corners = np.concatenate(
            [head.quads.reshape(-1, 1), np.round(head.uv.reshape(-1, 2) * 1e5),
             np.repeat(head.part, 4)[:, None], np.repeat(head.label, 4)[:, None]], 1
        )  # fmt: skip
        unique, index = np.unique(corners.astype(np.int64), axis=0, return_inverse=True)
        self._vertex = unique[:, 0]  # (D,) drawn vertex to the head's vertex
        index = index.reshape(-1, 4)[:, [0, 1, 2, 0, 2, 3]]  # (Q,6)
        fixed = np.concatenate([unique[:, 1:3] / 1e5, unique[:, 4:5], head.inside[self._vertex, None]], 1)
        self._fixed = gl.buffer(fixed.astype("f4").tobytes())
        self._moving = gl.buffer(reserve=len(unique) * 6 * 4)
        self._draws = []
        for number, name in enumerate(head.parts):
            mine = index[head.part == number].astype("i4")
            if mine.size:
                array = gl.vertex_array(
                    program(),
                    [(self._moving, "3f 3f", "position", "normal"), (self._fixed, "2f 1f 1f", "uv", "label", "inside")],
                    index_buffer=gl.buffer(mine.tobytes()),
                )
                self._draws.append((name, array, texture(look.textures[name], texels)))
        size = (width * supersample, height * supersample)
        self._target = gl.framebuffer(
            [gl.renderbuffer(size, 4), gl.renderbuffer(size, 1, dtype="u1")], gl.depth_renderbuffer(size)
        )
        self._scratch = np.empty((len(unique), 6), np.float32)

    def render(
        self,
        vertices: np.ndarray,  # (V,3) world, dm: what Head.place gives for a frame
        camera: Camera,
        light: Light = Light(),
        background: np.ndarray | tuple[int, int, int] = (128, 128, 128),  # sRGB, or an (H,W,3) uint8 picture
    ) -> tuple[np.ndarray, np.ndarray]:
        """The picture (H,W,3) uint8 sRGB and its labels (H,W) uint8: BACKGROUND … MOUTH of lipsplat.capture."""
        if vertices.shape != self.head.rest.shape:
            raise ValueError(f"vertices: want {self.head.rest.shape}, got {vertices.shape}")
        self._scratch[:, :3] = vertices[self._vertex]
        self._scratch[:, 3:] = self.head.normals(vertices)[self._vertex]
        self._moving.write(self._scratch)
        gl, p = context(), program()
        crop = np.concatenate([camera.crop, [[0, 0, 1]]]).T  # column-major
        p["camera"].value = tuple(camera.position)
        p["lens"].value = (camera.focal, *camera.principal)
        p["crop"].write(crop.astype("f4").tobytes())
        p["size"].value = (self.width, self.height)
        p["planes"].value = (NEAR, FAR)
        for name in ("key", "fill"):
            direction = np.asarray(getattr(light, name), float)
            p[name].value = tuple(direction / np.linalg.norm(direction))
            p[f"{name}_colour"].value = getattr(light, f"{name}_colour")
        p["above"].value, p["below"].value = light.above, light.below
        self._target.use()
        gl.disable(gl.CULL_FACE)
        gl.enable(gl.DEPTH_TEST)
        self._target.clear(0.0, 0.0, 0.0, 0.0)
        for name, array, picture in self._draws:
            picture.use(0)
            p["tint"].value = self.look.tints.get(name, (1.0, 1.0, 1.0))
            p["gloss"].value = self.look.gloss.get(name, (0.0, 1.0))
            p["lips"].value = self.look.lips if name == "skin" else (1.0, 1.0, 1.0)
            p["soft"].value = 0.35 if name in ("skin", "teeth", "tongue") else 0.0
            p["cut"].value = 0.4 if name in ("hair", "brow", "lash") else 0.05 if name == "eyes" else 0.0
            array.render()
        s = self.supersample
        shape = (self.height * s, self.width * s)
        colour = np.frombuffer(self._target.read(components=4, attachment=0), np.uint8).reshape(*shape, 4)
        label = np.frombuffer(self._target.read(components=1, attachment=1, dtype="u1", alignment=1), np.uint8)
        return self._over(colour, background), label.reshape(shape)[s // 2 :: s, s // 2 :: s].copy()

    def _over(self, colour: np.ndarray, background: np.ndarray | tuple[int, int, int]) -> np.ndarray:
        """Samples (sH,sW,4) averaged over the background: (H,W,3) uint8."""
        import cv2

        if self.supersample > 1:
            colour = cv2.resize(colour, (self.width, self.height), interpolation=cv2.INTER_AREA)
        through = 255 - colour[..., 3:].astype(np.uint16)  # what is not covered is black and clear
        return (colour[..., :3] + through * np.asarray(background, np.uint16) // 255).astype(np.uint8)

    def release(self) -> None:
        """Give its OpenGL objects back; the shared textures stay."""
        for _, array, _ in self._draws:
            array.index_buffer.release()
            array.release()
        for thing in (self._fixed, self._moving, *self._target.color_attachments, self._target.depth_attachment):
            thing.release()
        self._target.release()


assert BACKGROUND == 0  # what the label target is cleared to
