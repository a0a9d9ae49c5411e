"""The capturer's training set: people who do not exist, every coefficient moving on its own. Seeded, resumable.

The capture's surfaces (skin, brows, eyes, hair) and its shape are never drawn, so that it measures what is unseen.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from lipsplat.evaluate.detector import faces
from lipsplat.face.align import view
from lipsplat.face.looks import LOOK_RANGE, LOOKS, look_weights
from lipsplat.mesh import Camera, Head, Identity, MeshRenderer, build_head, random_identity, random_light
from lipsplat.paths import CACHE

CLIPS = CACHE / "face" / "clips"
FRAMES = 48  # of a clip: one person, one light, one lens
SIZE = 384  # of the pictures, pixels
FIRST_IDENTITY = 5000  # apart from those of lip sync
PARTS = ("skin", "hair", "brow", "lash", "teeth", "tongue", "eyes")
OURS = {"skin": ("young_lightskinned_male_diffuse3.png",), "hair": ("short04", "braid01"),
        "brow": ("eyebrow005", "eyebrow008", "eyebrow012"),
        "eyes": ("blue_eye.png", "brown_eye.png", "deepblue_eye.png", "lightblue_eye.png")}  # fmt: skip
FRINGED = ("braid01",)  # hair that hides the right brow
UPPER = ("browDown", "browOuterUp", "eyeBlink", "eyeSquint", "eyeWide", "cheekSquint", "noseSneer")
# ARKit coefficients that a viseme is written in; a smile is a smile only where it is meant.
SPOKEN = ("jawOpen", "jawForward", "mouthClose", "mouthFunnel", "mouthPucker", "mouthLowerDownLeft",
          "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight", "mouthStretchLeft", "mouthStretchRight",
          "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthPressLeft",
          "mouthPressRight", "tongueOut")  # fmt: skip


@dataclass(frozen=True)
class Acting:
    """What a clip shows. `shown` (F,67) moves the mesh, `truth` (F,52) is how ARKit would say it."""

    shown: np.ndarray
    truth: np.ndarray
    rotation: np.ndarray  # (F,3)
    gaze: np.ndarray  # (F,2)


def person(number: int) -> Identity:
    """An identity whose surfaces are not the capture's."""
    who = random_identity(FIRST_IDENTITY + number)
    chance = np.random.default_rng((31, number))
    hair, brow = (str(chance.choice(OURS[k])) for k in ("hair", "brow"))
    textures = {**who.look.textures, "hair": f"{hair}_diffuse.png", "brow": f"{brow}.png"}
    textures |= {k: str(chance.choice(OURS[k])) for k in ("skin", "eyes")}
    shade = tuple(
        float(x)
        for x in np.clip(chance.uniform(0.3, 1.0) * chance.choice((1, 6)) * np.array(who.look.tints["brow"]), 0, 4)
    )
    look = replace(who.look, textures=textures, tints={**who.look.tints, "brow": shade})
    return Identity(who.shape, hair, brow, look)


@lru_cache(2)
def actor(number: int) -> Head:
    who = person(number)
    return still_eyes(build_head(who.shape, who.hair, who.brow, PARTS))


def still_eyes(head: Head) -> Head:
    """The head whose eyeLook coefficients move the lids alone: the eyes turn by their gaze."""
    delta = head.delta.copy().reshape(len(head.names), -1, 3)
    for name in LOOKS:
        delta[head.names.index(name), head.eye > 0] = 0
    return replace(head, delta=delta.reshape(len(head.names), -1))


@lru_cache(1)
def spoken() -> np.ndarray:
    """(15,52): the 15 visemes written in the ARKit coefficients SPOKEN, by non-negative least squares on the skin."""
    from scipy.optimize import nnls

    head = build_head({}, parts=("skin",))
    basis = head.delta[[head.names.index(n) for n in SPOKEN]]  # (S,3V)
    gram = basis @ basis.T
    root = np.linalg.cholesky(gram + 1e-6 * np.trace(gram) * np.eye(len(gram)))
    out = np.zeros((len(head.names) - 52, 52), np.float32)
    for row, delta in zip(out, head.delta[52:], strict=True):
        row[[head.names.index(n) for n in SPOKEN]] = nnls(root.T, np.linalg.solve(root, basis @ delta))[0].clip(0, 1)
    return out


def act(names: tuple[str, ...], chance: np.random.Generator) -> Acting:
    """A clip's motion: each frame on its own; how much of what moves differs from clip to clip."""
    at = {n: i for i, n in enumerate(names)}
    shown = np.zeros((FRAMES, len(names)))
    rest = {n: chance.uniform(0, 0.2) * (chance.random() < 0.3) for n in UPPER}
    busy = chance.uniform(0.15, 0.5)

    def some(share: float, most: float = 1.0, power: float = 1.3) -> np.ndarray:
        return (chance.random(FRAMES) < share) * chance.uniform(0, 1, FRAMES) ** power * most

    for name in UPPER:
        share = {"eyeBlink": 0.35, "eyeWide": 0.12, "cheekSquint": 0.15, "noseSneer": 0.12}.get(name, busy)
        left, right = some(share), some(share)
        if name == "eyeBlink":
            left, right = (np.where((x > 0) & (chance.random(FRAMES) < 0.3), 1.0, x) for x in (left, right))
        both = chance.random(FRAMES) < 0.5
        right = np.where(both, left, right)
        shown[:, at[f"{name}Left"]], shown[:, at[f"{name}Right"]] = left, right
        for side in ("Left", "Right"):
            column = at[f"{name}{side}"]
            shown[:, column] = np.maximum(shown[:, column], rest[name] if name != "eyeBlink" else 0)
    shown[:, at["browInnerUp"]] = some(busy)
    for side in ("Left", "Right"):  # a shut eye is not wide, and squints less
        shut = shown[:, at[f"eyeBlink{side}"]]
        shown[:, at[f"eyeWide{side}"]] *= shut < 0.05
        shown[:, at[f"eyeSquint{side}"]] *= 1 - shut
    mouth = [n for n in names[:52] if n.startswith(("mouth", "jaw", "cheekPuff", "tongue"))]
    speaks = chance.random(FRAMES) < 0.6
    for f in range(FRAMES):
        if speaks[f]:
            some_visemes = chance.choice(np.arange(52, len(names)), 2, replace=False)
            shown[f, some_visemes] = chance.dirichlet((1, 1)) * chance.uniform(0.1, 1.1)
        else:
            for name in chance.choice(mouth, chance.integers(0, 4), replace=False):
                other = name.replace("Left", "*").replace("Right", "Left").replace("*", "Right")
                weight = chance.uniform(0, 0.5 if name == "tongueOut" else 1)
                shown[f, at[name]] = weight
                if chance.random() < 0.5:
                    shown[f, at[other]] = weight
    for side in ("Left", "Right"):
        column = at[f"mouthSmile{side}"]
        shown[:, column] = np.maximum(shown[:, column], some(0.4, 0.6))
    gaze = chance.normal(0, (0.17, 0.10), (FRAMES, 2)) * chance.uniform(0.4, 1.5) + chance.normal(0, 0.06, 2)
    gaze = gaze.clip((-0.6, -0.4), (0.6, 0.4))
    truth = shown[:, :52].copy()
    truth += shown[:, 52:] @ spoken()
    follow = chance.uniform(0, 1.3) * (chance.random() < 0.7)  # lids go with the eyes, more or less
    for name, weight in look_weights(gaze).items():
        truth[:, at[name]] = weight
        shown[:, at[name]] = follow * weight * LOOK_RANGE / 0.5
    rotation = chance.normal(0, (0.12, 0.18, 0.05)) * 0.7 + chance.normal(0, (0.1, 0.16, 0.06), (FRAMES, 3))
    return Acting(shown, truth.clip(0, 1), rotation.clip((-0.4, -0.6, -0.25), (0.4, 0.6, 0.25)), gaze)


def film(head: Head, who: Identity, acting: Acting, chance: np.random.Generator) -> np.ndarray:
    """Pictures (F,384,384,3) uint8 of one light, lens and quality."""
    import cv2

    vertices = head.place(acting.shown, acting.rotation, np.zeros((FRAMES, 3)), acting.gaze)
    eye = head.eye_centre.mean(0)
    distance = chance.uniform(5, 14)
    position = eye + np.array([chance.normal(0, 0.3), chance.normal(-0.2, 0.4), distance])
    renderer = MeshRenderer(head, who.look, SIZE, SIZE, supersample=1, texels=1024)
    light, ground = random_light(chance), tuple(int(x) for x in chance.uniform(0, 255, 3))
    focal = SIZE * distance * chance.uniform(0.34, 0.46)
    middle = eye - (0, 0.35, 0) - position
    shown = (SIZE / 2 - focal * middle[0] / -middle[2], SIZE / 2 + focal * middle[1] / -middle[2])
    camera = Camera(tuple(position), focal, shown)
    coarse = int(SIZE * min(1.0, chance.uniform(0.35, 1.3)))
    blur = max(chance.uniform(-0.8, 0.9), 0) * coarse / SIZE
    noise, quality = max(chance.normal(0, 4), 0), int(chance.uniform(45, 100))
    gain, lift, power = chance.uniform(0.75, 1.35), chance.uniform(-15, 25), chance.uniform(0.8, 1.25)
    curve = (255 * (np.arange(256) / 255) ** power * gain + lift).clip(0, 255).astype(np.uint8)
    out = np.empty((FRAMES, SIZE, SIZE, 3), np.uint8)
    try:
        for i, v in enumerate(vertices):
            picture = cv2.LUT(renderer.render(v, camera, light, ground)[0], curve)
            if coarse < SIZE:
                picture = cv2.resize(picture, (coarse, coarse), interpolation=cv2.INTER_AREA)
            if blur > 0.2:
                picture = cv2.GaussianBlur(picture, (0, 0), blur)
            if noise > 0:
                grain = chance.normal(0, noise, picture.shape[:2])[..., None]
                picture = (picture + grain).clip(0, 255).astype(np.uint8)
            picture = cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1)
            out[i] = cv2.resize(picture, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)
    finally:
        renderer.release()
    return out


def draw_clip(number: int, find) -> dict[str, np.ndarray]:
    """Clip `number` as arrays: eyes and geometry (see `align.view`), truth (n,52), gaze (n,2); n frames show a face."""
    chance = np.random.default_rng((17, number))
    who, head = person(number), actor(number)
    acting = act(head.names, chance)
    seen, kept = [], []
    for i, picture in enumerate(film(head, who, acting, chance)):
        found = find(picture)
        if len(found):
            seen.append(view(picture, found[0]))
            kept.append(i)
    if not seen:
        raise ValueError(f"clip {number}: no face was found in it")
    eyes, geometry = (np.stack(x) for x in zip(*seen, strict=True))
    return {"eyes": eyes, "geometry": geometry.astype(np.float16), "kept": np.array(kept),
            "truth": acting.truth[kept].astype(np.float16), "gaze": acting.gaze[kept].astype(np.float32)}  # fmt: skip


def make_clips(count: int, folder: Path = CLIPS) -> None:
    """Draw clips 0 … count − 1 that are not on disk yet."""
    import cv2

    cv2.setNumThreads(1)
    folder.mkdir(parents=True, exist_ok=True)
    with faces(1) as find:
        for number in range(count):
            path = folder / f"{number:05d}.npz"
            if path.exists():
                continue
            try:
                arrays = draw_clip(number, find)
            except ValueError as error:
                print(error, flush=True)
                continue
            part = path.with_suffix(f".{os.getpid()}.npz")
            np.savez(part, **arrays)
            os.replace(part, path)
            if number % 20 == 0:
                print(f"{number + 1} of {count} clips", flush=True)
