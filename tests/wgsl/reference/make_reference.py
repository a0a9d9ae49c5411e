"""Writes scene.bin: a scene and its exact picture, by ARCHITECTURE.md "Gaussian conventions" alone.

A line of JSON, then float32 arrays. Computed in float64 and densely: every Gaussian at every pixel, no tiles, no bounds
but alpha >= 1/255. Run again only when the conventions change:
  python tests/wgsl/reference/make_reference.py
"""

import json
from pathlib import Path

import numpy as np

N, DEGREE, WIDTH, HEIGHT = 360, 2, 112, 80
CAMERA = {"focalPx": 260.0, "principalPx": [54.0, 41.0], "position": [0.1, 0.2, 8.0]}
POSE = {"rotation": [0.12, -0.3, 0.07], "translation": [0.05, -0.02, 0.1], "pivot": [0.0, -0.9, -0.1]}


def scene(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """A face-like shell, every fifth Gaussian hostile."""
    direction = rng.standard_normal((N, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    s = {
        "position": direction * [0.8, 1.1, 0.9],  # (N,3)
        "rotation": rng.standard_normal((N, 4)),
        "logScale": np.log(0.12) + 0.5 * rng.standard_normal((N, 3)),
        "opacityLogit": 0.5 + 2 * rng.standard_normal(N),
        "sphericalHarmonics": 0.15 * rng.standard_normal((N, (DEGREE + 1) ** 2, 3)),
        "headWeight": np.clip(1.6 + 1.5 * direction[:, 1], 0, 1),
        "offset": rng.uniform(-1, 1, (N, 14)) * ([0.03] * 3 + [0.2] * 4 + [0.1] * 3 + [0.5] + [0.05] * 3),
    }
    s["sphericalHarmonics"][:, 0] += rng.standard_normal((N, 3)) * 0.5 + [0.5, 0.1, -0.1]
    hostile = [slice(5 * k, N, 45) for k in range(9)]
    s["position"][hostile[0], 2] = 9.0  # behind the camera
    s["position"][hostile[1], 2] = np.linspace(7.7, 7.9, 8)  # across the near plane
    s["logScale"][hostile[2]] = [0.5, -12, -12]  # needles
    s["logScale"][hostile[3]] = 2.0  # screen-filling
    s["opacityLogit"][hostile[3]] = -3.0
    s["opacityLogit"][hostile[4]] = -90.0
    s["opacityLogit"][hostile[5]] = 90.0
    s["position"][hostile[6], 0] = np.nan
    s["logScale"][hostile[7], 1] = -np.inf
    s["sphericalHarmonics"][hostile[8], 3, 1] = np.inf
    return {name: array.astype(np.float32) for name, array in s.items()}


def rotation_of_pose(pitch: float, yaw: float, roll: float) -> np.ndarray:
    cx, sx, cy, sy, cz, sz = (f(a) for a in (pitch, yaw, roll) for f in (np.cos, np.sin))
    rx = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    ry = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    rz = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return ry @ rx @ rz


def rotation_of_quaternion(q: np.ndarray) -> np.ndarray:
    """Of w + v by Rodrigues: R = (w² − v·v) I + 2 v vᵀ + 2 w [v]×."""
    w, v = q[0] / np.linalg.norm(q), q[1:] / np.linalg.norm(q)
    cross = np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])
    return (w * w - v @ v) * np.eye(3) + 2 * np.outer(v, v) + 2 * w * cross


def sh_basis(d: np.ndarray) -> np.ndarray:
    """(9,) of a unit direction, order and signs of 3DGS."""
    x, y, z = d
    r = np.sqrt(1 / np.pi)
    band1 = np.sqrt(3) / 2 * r * np.array([-y, z, -x])
    band2 = r / 4 * np.array([
        2 * np.sqrt(15) * x * y, -2 * np.sqrt(15) * y * z, np.sqrt(5) * (2 * z * z - x * x - y * y),
        -2 * np.sqrt(15) * x * z, np.sqrt(15) * (x * x - y * y),
    ])  # fmt: skip
    return np.concatenate([[r / 2], band1, band2])


def draw(s: dict[str, np.ndarray]) -> np.ndarray:
    """(H,W,4) premultiplied rgb and coverage."""
    s = {name: array.astype(np.float64) for name, array in s.items()}
    head, pivot = rotation_of_pose(*POSE["rotation"]), np.array(POSE["pivot"])
    f, (cx, cy), camera = CAMERA["focalPx"], CAMERA["principalPx"], np.array(CAMERA["position"])
    px, py = np.meshgrid(np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5)  # (H,W)
    splats = []
    for i in range(N):
        gaussian = np.concatenate([s[name][i].ravel() for name in s])
        if not np.isfinite(gaussian).all():
            continue
        o, w = s["offset"][i], s["headWeight"][i]
        p = s["position"][i] + o[0:3]
        p = (1 - w) * p + w * (head @ (p - pivot) + pivot + POSE["translation"])
        m = (1 - w) * np.eye(3) + w * head
        x, y, depth = p[0] - camera[0], p[1] - camera[1], camera[2] - p[2]
        if depth <= 0.2:
            continue
        a = m @ rotation_of_quaternion(s["rotation"][i] + o[3:7]) @ np.diag(np.exp(s["logScale"][i] + o[7:10]))
        sx, sy = (np.clip(v / depth, -l, l) for v, l in ((x, 0.65 * WIDTH / f), (y, 0.65 * HEIGHT / f)))
        # d(pixel)/d(world): x = cx + f·X/Z, y = cy − f·Y/Z, Z = camera − z.
        jacobian = f / depth * np.array([[1, 0, sx], [0, -1, -sy]])
        covariance = jacobian @ a @ a.T @ jacobian.T + 0.3 * np.eye(2)
        direction = m.T @ (p - camera)
        colour = sh_basis(direction / np.linalg.norm(direction)) @ s["sphericalHarmonics"][i] + 0.5 + o[11:14]
        opacity = 1 / (1 + np.exp(-(s["opacityLogit"][i] + o[10])))
        mean = np.array([cx + f * x / depth, cy - f * y / depth])
        splats.append((np.float32(depth), i, mean, np.linalg.inv(covariance), opacity, np.maximum(colour, 0)))

    colour, transmittance = np.zeros((HEIGHT, WIDTH, 3)), np.ones((HEIGHT, WIDTH))
    for _, _, mean, conic, opacity, rgb in sorted(splats, key=lambda splat: splat[:2]):
        d = np.stack([px, py], -1) - mean  # (H,W,2)
        alpha = opacity * np.exp(-0.5 * np.einsum("hwi,ij,hwj->hw", d, conic, d))
        alpha = np.where((alpha >= 1 / 255) & (transmittance >= 1e-4), np.minimum(alpha, 0.99), 0)
        colour += (alpha * transmittance)[..., None] * rgb
        transmittance *= 1 - alpha
    return np.concatenate([colour, 1 - transmittance[..., None]], -1)


def main() -> None:
    s = scene(np.random.default_rng(4))
    picture = draw(s)
    arrays = {**s, "picture": picture.astype(np.float32)}
    size = {"width": WIDTH, "height": HEIGHT}
    lengths = {name: array.size for name, array in arrays.items()}
    meta = {"count": N, "shDegree": DEGREE, "camera": {"canvas": size, **CAMERA}, "pose": POSE, "floats": lengths}
    content = [json.dumps(meta).encode() + b"\n", *(array.tobytes() for array in arrays.values())]
    Path(__file__).with_name("scene.bin").write_bytes(b"".join(content))


if __name__ == "__main__":
    main()
