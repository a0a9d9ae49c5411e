"""Scenes with their exact pictures, for tests/exact.

  python tests/exact/scenes.py hostile    writes hostile/*.scene, checked in: again only where the conventions change
  python tests/exact/scenes.py large OUT  writes OUT/*.scene: the shipped avatar from 20 poses, 10⁵ Gaussians in a tile

A .scene is one line of JSON (Meta in scene.ts), then the arrays that it lists, little-endian.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
from reference import Camera, Cloud, Pose, draw

FOLDER = Path(__file__).parent
AVATAR = FOLDER.parents[1] / "public" / "models" / "default"
Rng = np.random.Generator


@dataclass(frozen=True)
class View:
    pose: Pose
    size: tuple[int, int]  # width, height
    offset: np.ndarray  # (N,14) float32
    lip: np.ndarray | None = None  # (32,) and the expression (13,) that deform.onnx made the offset of
    expression: np.ndarray | None = None


def size_of(pair: tuple[int, int]) -> dict[str, int]:
    return dict(zip(("width", "height"), pair))


def write_scene(path: Path, cloud: Cloud | None, camera: Camera, views: list[View], drawn: Cloud | None = None) -> None:
    """Where the cloud is None the reader has it already: the bundle's own."""
    arrays = [] if cloud is None else [(f.name, getattr(cloud, f.name)) for f in fields(cloud)]
    for view in views:
        picture = draw(drawn or cloud, view.offset, camera, view.pose, view.size)
        # What a screen can show, finer than any kernel's 8 or 16 bits.
        unorm16 = np.round(65535 * np.clip(picture, 0, 1)).astype("<u2")
        arrays += [("offset", view.offset), ("picture", unorm16)]
        if view.lip is not None:
            arrays += [("lip", view.lip), ("expression", view.expression)]
    meta = {
        "camera": {
            "canvas": size_of(camera.canvas),
            "focalPx": camera.focal,
            "principalPx": camera.principal,
            "position": camera.position,
        },
        "cloud": None if cloud is None else {"count": len(cloud.position), "shDegree": cloud.degree},
        "views": [{"pose": vars(view.pose), "size": size_of(view.size)} for view in views],
        "arrays": [[name, array.size] for name, array in arrays],
    }
    content = [json.dumps(meta).encode() + b"\n"]
    content += [a.astype("<u2" if name == "picture" else "<f4").tobytes() for name, a in arrays]
    path.write_bytes(b"".join(content))


# ── hostile ──

CAMERA = Camera((67, 53), 150.0, (32.5, 27.0), (0.125, 0.25, 8.0))
POSE = Pose((0.12, -0.3, 0.07), (0.05, -0.02, 0.1), (0.0, -0.9, -0.1))
BAD = (np.nan, np.inf, -np.inf)


def shell(rng: Rng, count: int = 120, degree: int = 1) -> Cloud:
    """The surface of a head, sparse enough that everything behind shows through somewhere."""
    direction = rng.standard_normal((count, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    sh = 0.15 * rng.standard_normal((count, (degree + 1) ** 2, 3))
    sh[:, 0] += rng.standard_normal((count, 3)) * 0.5 + [0.5, 0.1, -0.1]
    return Cloud(
        direction * [0.8, 1.1, 0.9],
        rng.standard_normal((count, 4)),
        np.log(0.12) + 0.5 * rng.standard_normal((count, 3)),
        0.5 + 2 * rng.standard_normal(count),
        sh,
        np.clip(1.6 + 1.5 * direction[:, 1], 0, 1),
    )


def motion(rng: Rng, count: int) -> np.ndarray:
    """(N,14) of the size that a trained deformation shows."""
    return rng.uniform(-1, 1, (count, 14)) * ([0.03] * 3 + [0.2] * 4 + [0.1] * 3 + [0.5] + [0.05] * 3)


def single(cloud: Cloud) -> Cloud:
    """As float32, what every rasterizer is given."""
    return Cloud(*(array.astype(np.float32) for array in vars(cloud).values()))


def behind(c: Cloud, rng: Rng) -> None:
    c.position[::2, 2] = 8 + np.linspace(0, 5, 60)
    c.log_scale[::2] = 0.5
    c.head_weight[::2] = 0


def near_plane(c: Cloud, rng: Rng) -> None:
    """To the last bit on it, across it, and reaching over it. From the camera's z = 0.2, z = 0 is on it."""
    bits = np.float32(0.2).view(np.int32) + np.arange(-10, 10, dtype=np.int32)
    c.position[:60, :2] = rng.uniform(-0.05, 0.05, (60, 2)) + CAMERA.position[:2]
    c.position[:20, 2] = np.float64(np.float32(0.2)) - bits.view(np.float32)  # exact: both are near
    c.position[20:40, 2] = 0
    c.position[40:60, 2] = rng.uniform(-0.1, 0.1, 20)
    c.position[60:, 2] -= 7.8
    c.log_scale[:60] = rng.uniform(-5, -2, (60, 3))
    c.opacity_logit[:60] = -3
    c.head_weight[:] = 0


def needles(c: Cloud, rng: Rng) -> None:
    c.log_scale[::2] = 0.5 + np.log([1, 1e-4, 1e-4])
    c.log_scale[1::6] = [0.5, -12, -30]
    c.log_scale[3::6] = [-1, -1, -30]


def filling(c: Cloud, rng: Rng) -> None:
    c.position[::3] += rng.uniform(-3, 3, (40, 3))
    c.log_scale[::3] = np.linspace(1, 9, 40)[:, None] + rng.uniform(-0.5, 0.5, (40, 3))
    c.opacity_logit[::3] = rng.uniform(-6, -1, 40)


def opacities(c: Cloud, rng: Rng) -> None:
    c.opacity_logit[:40] = np.repeat([-1e9, 1e9, -1e30, 1e30, -200, 200, -30, 30], 5)
    cut = -np.log(254)  # opacity 1/255
    c.opacity_logit[40:80] = cut + np.linspace(-0.05, 0.05, 40)
    c.log_scale[40:80] = 0.3


def opaque(c: Cloud, rng: Rng) -> None:
    """A wall in front of everything: the light stops."""
    c.opacity_logit[:] = 20
    c.log_scale[:] += 1


def clamped(c: Cloud, rng: Rng) -> None:
    """One alone over the whole picture: alpha is 0.99 and no more."""
    c.opacity_logit[1:] = -1e9
    c.opacity_logit[0] = 20
    c.log_scale[0] = 3


def not_finite(name: str) -> Callable[[Cloud, Rng], None]:
    def spoil(c: Cloud, rng: Rng) -> None:
        values = getattr(c, name).reshape(len(c.position), -1)
        for k in range(60):  # every column in turn
            values[2 * k, k % values.shape[1]] = BAD[k % 3]

    return spoil


def quaternions(c: Cloud, rng: Rng) -> None:
    c.rotation[::6] = 0  # has no direction: dropped
    c.rotation[1::6] *= 1e-30
    c.rotation[2::6] *= 1e30
    c.rotation[3::6] = [-1, 0, 0, 0]
    c.rotation[4::6] = [0, 0, 1, 0]


def scales(c: Cloud, rng: Rng) -> None:
    c.log_scale[::4] = -1e30  # a point: what the dilation alone makes of it
    c.log_scale[1::40] = 40  # beyond float32's squares: alpha is everywhere the opacity
    c.opacity_logit[1::40] = -2
    c.log_scale[2::4, 0] = -40


def ties(c: Cloud, rng: Rng) -> None:
    """Equal depths go by index."""
    c.position[:, 2] = np.repeat([0.5, 0.25, 0.75], 40)
    c.opacity_logit[:] += 2
    c.head_weight[:] = 0


def outside(c: Cloud, rng: Rng) -> None:
    """Beyond the field of view, where the Jacobian is held; some reach in."""
    c.position[::2] = np.concatenate([rng.uniform(-20, 20, (60, 2)), rng.uniform(0, 7.7, (60, 1))], 1)
    c.log_scale[::2] = rng.uniform(-2, 1.5, (60, 3))
    c.head_weight[::2] = 0


def colours(c: Cloud, rng: Rng) -> None:
    """Below 0 and far above 1."""
    np.multiply(c.spherical_harmonics, 6, out=c.spherical_harmonics)


HOSTILE: dict[str, Callable[[Cloud, Rng], None]] = {
    "behind": behind,
    "near-plane": near_plane,
    "needles": needles,
    "screen-filling": filling,
    "opacities": opacities,
    "opaque": opaque,
    "clamped": clamped,
    "quaternions": quaternions,
    "scales": scales,
    "ties": ties,
    "outside": outside,
    "colours": colours,
    **{f"not-finite-{f.name.replace('_', '-')}": not_finite(f.name) for f in fields(Cloud)},
}
TURNED = Pose((0.5, -1.4, 2.5), (0.3, -0.2, 0.5))


def hostile(out: Path) -> None:
    for old in out.glob("*.scene"):
        old.unlink()
    camera_of = {"near-plane": replace(CAMERA, position=(*CAMERA.position[:2], 0.2))}

    def write(name: str, cloud: Cloud, offset: np.ndarray, pose: Pose = POSE, size: tuple[int, int] = (67, 53)) -> None:
        camera, view = camera_of.get(name, CAMERA), View(pose, size, offset.astype(np.float32))
        write_scene(out / f"{name}.scene", single(cloud), camera, [view])

    for seed, (name, spoil) in enumerate(HOSTILE.items()):
        rng = np.random.default_rng(seed)
        cloud = shell(rng)
        offset = motion(rng, 120)
        spoil(cloud, rng)
        # Where depths are exact no motion may blur them.
        write(name, cloud, np.zeros_like(offset) if name in ("near-plane", "ties", "scales", "quaternions") else offset)
    for degree in range(4):
        rng = np.random.default_rng(100 + degree)
        write(f"degree-{degree}", shell(rng, degree=degree), motion(rng, 120))
    for count in (0, 1):
        rng = np.random.default_rng(200 + count)
        write(f"count-{count}", shell(rng, count), motion(rng, count))
    for size in ((5, 3), (7, 90), (64, 48)):  # smaller than a tile, thin, whole tiles; the camera is stretched to fit
        rng = np.random.default_rng(300 + size[0])
        write("size-{}x{}".format(*size), shell(rng), motion(rng, 120), size=size)
    rng = np.random.default_rng(400)
    write("turned", shell(rng), motion(rng, 120), TURNED)
    rng = np.random.default_rng(401)
    cloud, offset = shell(rng), motion(rng, 120)
    for k in range(60):
        offset[2 * k, k % 14] = BAD[k % 3]
    write("not-finite-offset", cloud, offset)


# ── large ──


def crowd(out: Path) -> None:
    """10⁵ Gaussians in one tile of 8 × 8 pixels, so thin that light reaches a thousand deep; z on a grid: ties."""
    rng, count = np.random.default_rng(7), 100_000
    camera = Camera((32, 32), 150.0, (16.0, 16.0), (0.0, 0.0, 8.0))
    x, y, z = rng.uniform(0, 0.4, count), rng.uniform(-0.4, 0, count), rng.integers(-4096, 4096, count) / 4096
    cloud = replace(
        shell(rng, count, 0),
        position=np.stack([x, y, z], 1),
        log_scale=rng.uniform(-7, -4, (count, 3)),
        opacity_logit=rng.uniform(-5.6, -3.5, count),
        head_weight=np.zeros(count),
    )
    view = View(Pose(), camera.canvas, np.zeros((count, 14), np.float32))
    write_scene(out / "crowd.scene", single(cloud), camera, [view])


def read_ply(path: Path, degree: int) -> Cloud:
    head, body = path.read_bytes().split(b"end_header\n", 1)
    names = [line.split()[-1] for line in head.decode().splitlines() if line.startswith("property")]
    table = np.frombuffer(body, "<f4").reshape(-1, len(names))

    def columns(*wanted: str) -> np.ndarray:
        return table[:, [names.index(name) for name in wanted]]

    k = (degree + 1) ** 2
    rest = columns(*(f"f_rest_{i}" for i in range(3 * (k - 1)))).reshape(len(table), 3, k - 1)  # channel-major
    return Cloud(
        columns("x", "y", "z"), columns("rot_0", "rot_1", "rot_2", "rot_3"), columns("scale_0", "scale_1", "scale_2"),
        columns("opacity")[:, 0],
        np.concatenate([columns("f_dc_0", "f_dc_1", "f_dc_2")[:, None], rest.transpose(0, 2, 1)], 1),
        columns("head_weight")[:, 0],
    )  # fmt: skip


def avatar(out: Path) -> None:
    """20 poses: four that ship, then turned about to near-profile and away; as many lips; most of them at half size."""
    import onnxruntime

    meta = json.loads((AVATAR / "avatar.json").read_text())
    path = {key: AVATAR / file["path"] for key, file in meta["files"].items()}
    cloud = read_ply(path["gaussians"], meta["shDegree"])
    motion = np.fromfile(path["motion"], "<f4").reshape(meta["frames"], 19)
    session = onnxruntime.InferenceSession(str(path["deform"]), providers=["CPUExecutionProvider"])
    rng, pivot = np.random.default_rng(20), tuple(meta["pivot"])
    views = []
    for k in range(20):
        row = motion[k * meta["frames"] // 20]
        turn, move = np.zeros(3), np.zeros(3)
        if k >= 4:
            turn = np.array([rng.uniform(-0.5, 0.5), np.linspace(-1.35, 1.35, 16)[k - 4], rng.uniform(-0.6, 0.6)])
            move = rng.uniform(-1, 1, 3) * [0.8, 0.5, 2]
        pose = Pose(tuple(map(float, row[:3] + turn)), tuple(map(float, row[3:6] + move)), pivot)
        lip = np.array(meta["lip"]["silence"]) if k == 0 else np.zeros(32)
        if k > 0:  # a viseme and a half, an opening, lips' shape
            lip[[k % 15, (7 * k + 3) % 15]] += [0.7, 0.3]
            lip[15:17] = rng.uniform(0, 1.2), rng.uniform(0, 1)
            lip[17:31] = np.clip(0.5 * rng.standard_normal(14), -1.5, 1.5)
            lip[31] = rng.uniform(0, 1)
        lip, expression = lip.astype(np.float32), row[6:]
        offset = session.run(["offset"], {"lip": lip[None], "expression": expression[None]})[0]
        side = 512 if k % 5 == 0 else 256
        views.append(View(pose, (side, side), offset, lip, expression))
    size, camera = meta["canvas"], meta["camera"]
    camera = Camera((size["width"], size["height"]), camera["focalPx"], camera["principalPx"], camera["position"])
    write_scene(out / "avatar.scene", None, camera, views, drawn=cloud)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("which", choices=["hostile", "large"])
    parser.add_argument("out", type=Path, nargs="?", default=FOLDER / "hostile")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    if args.which == "hostile":
        hostile(args.out)
    else:
        crowd(args.out)
        avatar(args.out)


if __name__ == "__main__":
    main()
