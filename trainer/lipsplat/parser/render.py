"""The parser's lessons: people who do not exist before walls that do not exist, with labels. Resumable, seeded."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from lipsplat.capture import HAIR, TORSO
from lipsplat.mesh import Camera, Head, MeshRenderer, build_head, random_identity, random_light
from lipsplat.parser.cues import SIZE, person_mask

PARTS = ("skin", "hair", "brow", "lash", "teeth", "tongue", "suit", "eyes")
SUITS = ("male_elegantsuit01", "female_elegantsuit01", "male_casualsuit06")
PICTURES = 28  # of each identity
FIRST_IDENTITY = 5_000  # no other part of the trainer draws these people


def parser_set(folder: Path, identities: int) -> list[Path]:
    """One npz an identity: image (n,256,256,3), label, person (n,256,256) uint8, points (n,478,2) float32."""
    from lipsplat.evaluate.detector import detector

    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{i:04d}.npz" for i in range(identities)]
    missing = [i for i in range(identities) if not files[i].exists()]
    if missing:
        with detector() as detect, person_mask() as segment:
            for i in tqdm(missing, desc="heads"):
                images, labels = draw_identity(i)
                part = files[i].with_suffix(".part.npz")
                np.savez(part, image=images, label=labels, person=np.stack([segment(x) for x in images]),
                         points=np.stack([detect(x) for x in images]).astype(np.float32))  # fmt: skip
                os.replace(part, files[i])
    return files


def draw_identity(i: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (n,256,256,3) and labels (n,256,256) uint8 of one person in all poses, lights and places."""
    chance = np.random.default_rng((31, i))
    person = random_identity(FIRST_IDENTITY + i)
    suit = SUITS[chance.integers(len(SUITS))]
    bald = chance.random() < 0.1
    parts = tuple(p for p in PARTS if not (p == "hair" and bald))
    head = build_head(person.shape, person.hair, person.brow, parts, suit=suit)
    look = replace(person.look, textures=person.look.textures | {"suit": f"{suit}_diffuse.png"})
    if chance.random() < 0.35:  # grey, white and black hair, which no brown texture gives by brightness
        tint = tuple(float(x) for x in np.array([0.9, 1.2, 1.9]) * chance.uniform(0.15, 1.8))
        look = replace(look, tints=look.tints | {"hair": tint, "brow": tuple(0.7 * x for x in tint)})
    renderer = MeshRenderer(head, look, SIZE, SIZE, supersample=2, texels=512)
    try:
        drawn = [draw(head, renderer, chance) for _ in range(PICTURES)]
    finally:
        renderer.release()
    images, labels = zip(*drawn, strict=True)
    return np.stack(images), np.stack(labels)


def draw(head: Head, renderer: MeshRenderer, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    rotation = chance.normal(0, (0.14, 0.25, 0.10), (1, 3)).clip(-0.6, 0.6)
    weights = np.zeros((1, len(head.names)))
    moved = chance.random(len(head.names)) < 0.12
    weights[0, moved] = chance.uniform(0, 0.9, moved.sum())
    if chance.random() < 0.4:
        weights[0, head.names.index("jawOpen")] = chance.uniform(0, 0.6)
    vertices = head.place(weights, rotation, chance.normal(0, 0.1, (1, 3)), chance.normal(0, 0.2, (1, 2)))[0]
    if "hair" in head.parts:
        ruffle(head, vertices, chance)
    eye = head.eye_centre.mean(0)
    distance = chance.uniform(5, 14)  # dm
    tall = chance.uniform(0.38, 0.85) * SIZE  # pixels of the 2.5 dm from crown to chin
    place = np.array([chance.normal(0, 0.06), chance.normal(0.02, 0.08)]) * SIZE
    camera = Camera(
        (float(eye[0] + chance.normal(0, 0.3)), float(eye[1] + chance.normal(0, 0.4)), float(eye[2] + distance)),
        float(tall / 2.5 * distance), (0.0, 0.0),
    )  # fmt: skip
    at = camera.project(eye + (0, -0.3, 0))
    camera = replace(camera, principal=tuple(float(x) for x in SIZE / 2 + place - at))
    colour, label = renderer.render(vertices, camera, random_light(chance), wall(chance))
    return dressed(colour, label, chance), label


def ruffle(head: Head, vertices: np.ndarray, chance: np.random.Generator) -> None:
    """Hair of other volumes than the kit's, and untidy hair: moved outwards in place, in waves of several lengths."""
    quads = head.quads[head.part == head.parts.index("hair")]
    hair = np.unique(quads)
    middle = head.eye_centre.mean(0) + (0, 0.3, -0.9)
    out = vertices[hair] - middle
    grown = chance.uniform(0.98, 1.14) * np.ones(len(hair))
    for length in (1.2, 0.4, 0.12):  # dm
        wave = np.sin(vertices[hair] @ chance.normal(0, 1 / length, 3) * 2 + chance.uniform(0, 6))
        grown += wave * chance.uniform(0, 0.06)
    vertices[hair] = middle + out * np.where(out[:, 1:2] > -0.8, grown[:, None], 1)


def wall(chance: np.random.Generator) -> np.ndarray:
    """A background (256,256,3) uint8: a wall, a lit wall, a room out of focus, or things."""
    kind = chance.integers(4)
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE
    one, other = chance.uniform(0, 255, (2, 3))
    if chance.random() < 0.3:
        other = one * chance.uniform(0.4, 1.4)
    angle = chance.uniform(0, 2 * np.pi)
    along = np.cos(angle) * x + np.sin(angle) * y
    if chance.random() < 0.5:
        along = np.hypot(x - chance.uniform(0, 1), y - chance.uniform(0, 1))
    image = one + (other - one) * along[..., None] * (kind > 0)
    if kind >= 2:
        cells = int(chance.integers(3, 40))
        noise = chance.normal(0, chance.uniform(5, 60), (cells, cells, 3 if chance.random() < 0.6 else 1))
        grain = cv2.resize(noise, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
        image = image + grain.reshape(SIZE, SIZE, -1)
    if kind == 3:
        for _ in range(chance.integers(2, 14)):
            a, b = chance.integers(-40, SIZE + 40, (2, 2))
            cv2.rectangle(
                image, a.tolist(), b.tolist(), chance.uniform(0, 255, 3).tolist(), int(chance.choice([-1, 3]))
            )
        image = cv2.GaussianBlur(image, (0, 0), chance.uniform(0.3, 6))
    return image.clip(0, 255).astype(np.uint8)


def dressed(image: np.ndarray, label: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Clothes of another colour and pattern, the folds of the drawn ones kept; sometimes strands of hair."""
    if chance.random() < 0.8:
        torso = cv2.GaussianBlur((label == TORSO).astype(np.float32), (0, 0), 0.6)[..., None]
        light = image.mean(2, keepdims=True) / max(float(image[label == TORSO].mean() if torso.any() else 1), 20)
        y, x = np.mgrid[:SIZE, :SIZE]
        one, other = chance.uniform(5, 250, (2, 3))
        wave = np.sin((np.cos(a := chance.uniform(0, np.pi)) * x + np.sin(a) * y) * chance.uniform(0.1, 1.2))
        share = (wave > chance.uniform(-0.8, 0.8)) * (chance.random() < 0.4)
        cloth = (one + (other - one) * share[..., None]) * (0.5 + 0.5 * light)
        image = image + torso * (cloth - image)
    if (label == HAIR).any() and chance.random() < 0.5:
        image = image.astype(np.float64)
        rows, columns = np.nonzero(label == HAIR)
        for _ in range(chance.integers(5, 60)):
            k = chance.integers(len(rows))
            end = (np.array([columns[k], rows[k]]) + chance.normal(0, 7, 2)).astype(int)
            shade = (image[rows[k], columns[k]] * chance.uniform(0.7, 1.4)).tolist()
            cv2.line(image, (int(columns[k]), int(rows[k])), end.tolist(), shade, 1, cv2.LINE_AA)
    return np.clip(image, 0, 255).astype(np.uint8)
