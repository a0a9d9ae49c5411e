"""Makes `head_model.npz`: where on the CC0 head MediaPipe puts its points, read off renders, and how these points move.

    python -m lipsplat.track.correspond        # needs ../shared/data and OpenGL; about two minutes

Heads of many identities are rendered from known cameras, MediaPipe is run on the pictures, and the point of the surface
that each landmark covers is averaged over all of them. No other 3DMM's data is used.
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import numpy as np

from lipsplat.evaluate.detector import faces
from lipsplat.mesh import Camera, MeshRenderer, build_head, random_identity, random_light
from lipsplat.mesh.identity import TARGETS, pairs
from lipsplat.paths import CACHE, SHARED, SUBJECT

OUT = Path(__file__).with_name("head_model.npz")
FACE = 468  # MediaPipe's points of the face; the rest are irises
EXTRA = 400  # vertices of scalp, ears and neck beside the landmarks
SIZE, FOCAL = 512, 1200.0
IDENTITIES, VIEWS = 48, 5
MORE_PAIRS = (
    *(("mouth/mouth-trans-up", "mouth/mouth-trans-down"), ("mouth/mouth-trans-forward", "mouth/mouth-trans-backward")),
    *(("eyes/l-eye-trans-up", "eyes/l-eye-trans-down"), ("eyes/l-eye-trans-in", "eyes/l-eye-trans-out")),
    *(("eyebrows/eyebrows-trans-up", "eyebrows/eyebrows-trans-down"),),
    *(("eyebrows/eyebrows-angle-up", "eyebrows/eyebrows-angle-down"),),
    *(("eyebrows/eyebrows-trans-forward", "eyebrows/eyebrows-trans-backward"),),
)


def kit_base() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The kit's base mesh: vertices (V,3), quads of the skin (Q,4), ids of the eyeballs' helper vertices (2,n)."""
    sys.path.insert(0, str(SUBJECT))
    from head_model import KIT, read_obj  # ../shared/subject/head_model.py

    vertices, _, parts = read_obj(KIT / "base.obj")
    quads = np.array([[v for v, _ in corners] for group, corners in parts if group == "body"])
    eyes = [sorted({v for group, corners in parts if group == f"helper-{s}-eye" for v, _ in corners}) for s in "lr"]
    return vertices, quads, np.array(eyes)


def read_target(path: Path, count: int) -> np.ndarray:
    """(count,3) displacement of a target file."""
    rows = [line.split() for line in gzip.decompress(path.read_bytes()).decode(errors="ignore").splitlines()]
    numbers = np.array([row[:4] for row in rows if len(row) >= 4 and row[0] != "#"], float).reshape(-1, 4)
    dense = np.zeros((count, 3))
    dense[numbers[:, 0].astype(int)] = numbers[:, 1:]
    return dense


def surface_hits(pixels: np.ndarray, drawn: np.ndarray, depth: np.ndarray, triangles: np.ndarray) -> list:
    """For each pixel (P,2) the frontmost triangle over it and the weights of its corners, or None.

    drawn (V,2) px and depth (V,) of the vertices; triangles (T,3).
    """
    a, b, c = (drawn[triangles[:, k]] for k in range(3))  # (T,2)
    area = np.cross(b - a, c - a)
    facing = np.abs(area) > 1e-9
    low, high = np.minimum(np.minimum(a, b), c), np.maximum(np.maximum(a, b), c)
    hits = []
    for p in pixels:
        near = np.flatnonzero(facing & (low <= p).all(1) & (high >= p).all(1))
        u = np.cross(b[near] - p, c[near] - p) / area[near]
        v = np.cross(c[near] - p, a[near] - p) / area[near]
        inside = (u >= 0) & (v >= 0) & (u + v <= 1)
        if not inside.any():
            hits.append(None)
            continue
        near, weights = near[inside], np.stack([u, v, 1 - u - v], 1)[inside]  # (n,), (n,3)
        first = np.argmin((depth[triangles[near]] * weights).sum(1))
        hits.append((near[first], weights[first]))
    return hits


def observe(seed: int, quads: np.ndarray, find) -> list[tuple[np.ndarray, np.ndarray]]:
    """Of one identity, view by view: landmarks (478,2) px and the skin's vertices drawn (V,3) px, px, depth in dm."""
    person, chance = random_identity(100 + seed), np.random.default_rng((7, seed))
    head = build_head(person.shape, person.hair, person.brow)
    renderer = MeshRenderer(head, person.look, SIZE, SIZE)
    eye = head.eye_centre.mean(0)
    back = chance.uniform(8, 14)
    position = (0.0, float(eye[1] - 0.3), float(eye[2] + back))
    camera = Camera(position, FOCAL * back / 11, (SIZE / 2, SIZE / 2))
    order = np.array(sorted(head.base))
    place = np.array([head.base[b] for b in order])
    seen = []
    for view in range(VIEWS):
        weights = np.zeros((1, len(head.names)))
        for name, most in (("jawOpen", 0.25), ("mouthSmileLeft", 0.3), ("mouthSmileRight", 0.3), ("browInnerUp", 0.3)):
            weights[0, head.names.index(name)] = max(chance.uniform(-most, most), 0)
        turn = chance.normal(0, (0.08, 0.16, 0.04))[None] * (view > 0)
        vertices = head.place(weights, turn, np.zeros((1, 3)), np.zeros((1, 2)))[0]
        wall = tuple(int(x) for x in chance.uniform(60, 220, 3))
        found = find(renderer.render(vertices, camera, random_light(chance), wall)[0])
        if len(found) != 1:
            continue
        full = np.full((quads.max() + 1, 3), np.nan)
        full[order] = np.concatenate(
            [camera.project(vertices[place]), position[2] - vertices[place, 2:]], 1
        )  # by the base mesh's numbers
        seen.append((found[0][:, :2], full))
    renderer.release()
    return seen


def nearest_on_surface(
    points: np.ndarray, vertices: np.ndarray, triangles: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The triangle (P,) and corner weights (P,3) of the surface's point nearest to each of points (P,3)."""
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    middle = (a + b + c) / 3
    which, weights = [], []
    for p in points:
        near = np.argsort(((middle - p) ** 2).sum(1))[:24]
        best = (np.inf, 0, np.zeros(3))
        for t in near:
            system = np.stack([b[t] - a[t], c[t] - a[t]], 1)  # (3,2)
            uv = np.linalg.lstsq(system, p - a[t], rcond=None)[0]
            w = np.clip([1 - uv.sum(), *uv], 0, None)
            w /= w.sum()
            far = np.linalg.norm(w @ np.stack([a[t], b[t], c[t]]) - p)
            if far < best[0]:
                best = (far, t, w)
        which.append(best[1])
        weights.append(best[2])
    return np.array(which), np.array(weights)


def main() -> None:
    import cv2

    cv2.setNumThreads(1)
    base, quads, eyes = kit_base()
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    cached = CACHE / "track" / "observed.npz"
    if cached.exists():
        with np.load(cached) as file:
            pixels, drawn = file["pixels"], file["drawn"]
    else:
        with faces() as find:
            seen = [one for seed in range(IDENTITIES) for one in observe(seed, quads, find)]
        pixels = np.array([s[0] for s in seen])  # (N,478,2)
        drawn = np.array([s[1] for s in seen], np.float32)  # (N,V,3)
        cached.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(cached, pixels=pixels, drawn=drawn)
    known = np.isfinite(drawn[0, :, 0])
    triangles = triangles[known[triangles].all(1)]
    # the identity in whose shape surface points are averaged: the middle of all
    reference = base.copy()
    for name in middle_shape():
        reference += middle_shape()[name] * read_target(TARGETS / f"{name}.target.gz", len(base))
    hits = np.full((len(pixels), FACE, 3), np.nan)
    for n in range(len(pixels)):
        for i, hit in enumerate(surface_hits(pixels[n, :FACE], drawn[n, :, :2], drawn[n, :, 2], triangles)):
            if hit is not None:
                hits[n, i] = hit[1] @ reference[triangles[hit[0]]]
    mean = np.nanmedian(hits, 0)  # (468,3)
    which, weights = nearest_on_surface(mean, reference, triangles)
    corners = triangles[which]  # (468,3)
    # how far, on the face, a landmark lies from its point: similarity-free, in px of these pictures, then in dm
    there = (drawn[:, corners, :2] * weights[:, :, None]).sum(2)  # (N,468,2)
    scale = FOCAL / 11
    sigma = np.sqrt(((pixels[:, :FACE] - there) ** 2).mean((0, 2))) / scale  # (468,) dm
    bias = (pixels[:, :FACE] - there).mean(0) / scale
    print(f"{len(pixels)} pictures; landmarks lie {np.median(sigma):.3f} dm (rms, a axis) from their points, "
          f"worst {sigma.max():.3f}; mean offset {np.abs(bias).mean():.3f}")  # fmt: skip
    print("no hit:", np.isnan(hits[..., 0]).mean(0).max())
    write_model(base, corners, weights, sigma, quads, known, eyes)


def middle_shape() -> dict[str, float]:
    """Neither sex, 0.8 young, a third of each ancestry."""
    shape = {}
    for sex in ("male", "female"):
        for years, share in (("young", 0.4), ("old", 0.1)):
            shape[f"macrodetails/universal-{sex}-{years}-averagemuscle-averageweight"] = share
            for origin in ("caucasian", "african", "asian"):
                shape[f"macrodetails/{origin}-{sex}-{years}"] = share / 3
    return shape


def write_model(base, corners, weights, sigma, quads, known, eyes) -> None:
    """The linear model of landmarks, of vertices round the skull, and of eye centres: `head_model.npz`."""
    start = middle_shape()
    reference = base + sum(w * read_target(TARGETS / f"{n}.target.gz", len(base)) for n, w in start.items())
    centre = reference[eyes].mean((0, 1))
    # vertices that face the camera, above the neck, spread out
    normal = np.zeros_like(reference)
    cross = np.cross(reference[quads[:, 2]] - reference[quads[:, 0]], reference[quads[:, 3]] - reference[quads[:, 1]])
    for k in range(4):
        np.add.at(normal, quads[:, k], cross)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-12
    head = np.flatnonzero(known[: len(base)] & (reference[: len(known), 1] > centre[1] - 1.6))
    head = head[normal[head, 2] > 0.05]
    marks = (reference[corners] * weights[:, :, None]).sum(1)
    chosen, far = [], np.linalg.norm(reference[head][:, None] - marks[None], axis=2).min(1)
    inner = np.linalg.norm(reference[head] - marks[13], axis=1) < 0.7  # within the mouth
    far[inner] = 0
    for _ in range(EXTRA):
        best = int(np.argmax(far))
        if far[best] < 0.1:
            break
        chosen.append(head[best])
        far = np.minimum(far, np.linalg.norm(reference[head] - reference[head[best]], axis=1))

    def at_points(v: np.ndarray) -> np.ndarray:  # (V,3) → (P,3): landmarks, extra vertices, two eye centres
        marks = (v[corners] * weights[:, :, None]).sum(1)
        return np.concatenate([marks, v[chosen], v[eyes].mean(1)])

    def target(name: str) -> np.ndarray:
        shift = at_points(read_target(TARGETS / f"{name}.target.gz", len(base)))
        if "/l-" in name:  # right follows left
            shift = shift + at_points(read_target(TARGETS / f"{name.replace('/l-', '/r-')}.target.gz", len(base)))
        return shift

    macro = [n for n in start if "universal" not in n] + [n for n in start if "universal" in n]
    paired = [*pairs(), *MORE_PAIRS]
    expressions = sorted((SHARED / "data" / "digital-human" / "face-targets").glob("*.target.gz"))
    expressions = [p for p in expressions if not p.name.startswith("viseme")]
    np.savez_compressed(
        OUT,
        start=np.array([start[n] for n in macro], np.float32),
        macro=np.array(macro),
        more=np.array([a for a, _ in paired]),
        less=np.array([b for _, b in paired]),
        expressions=np.array([p.name.removesuffix(".target.gz") for p in expressions]),
        base=at_points(base).astype(np.float32),
        macro_shift=np.array([target(n) for n in macro], np.float16),
        more_shift=np.array([target(a) for a, _ in paired], np.float16),
        less_shift=np.array([target(b) for _, b in paired], np.float16),
        expression_shift=np.array([at_points(read_target(p, len(base))) for p in expressions], np.float16),
        sigma=sigma.astype(np.float32),
    )
    print(f"{OUT.name}: {OUT.stat().st_size / 1e3:.0f} kB, {len(macro)} + {len(paired)} shapes, {len(expressions)} "
          f"expressions, {FACE} landmarks + {len(chosen)} vertices")  # fmt: skip


if __name__ == "__main__":
    main()
