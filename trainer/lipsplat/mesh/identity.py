"""People who do not exist, and light, by seed: shapes from the kit's CC0 targets, tinted textures."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from lipsplat.paths import SHARED

TARGETS = SHARED / "data" / "digital-human" / "targets"
SKINS = ("young_lightskinned_male_diffuse2.png", "young_lightskinned_male_diffuse3.png")
HAIRS = ("short02", "short04", "bob02", "braid01")
BROWS = ("eyebrow001", "eyebrow005", "eyebrow008", "eyebrow012")
EYES = ("blue_eye.png", "bluegreen_eye.png", "brown_eye.png", "deepblue_eye.png", "lightblue_eye.png")
# How far a pair of opposite targets is moved, by folder: 1 is the kit's own end of the scale.
SPREAD = {"cheek": 0.35, "chin": 0.35, "forehead": 0.3, "head": 0.25, "mouth": 0.3, "nose": 0.35, "eyes": 0.2}
KEPT_STILL = ("mouth-trans", "head-trans", "head-scale", "head-angle", "eye-trans", "mouth-dimples")
SHARE = 0.35  # of the pairs that an identity moves


@dataclass(frozen=True)
class Look:
    """Surface of a head, by part. Colours are linear factors of the texture."""

    textures: dict[str, str]
    tints: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    gloss: dict[str, tuple[float, float]] = field(default_factory=dict)  # strength, exponent
    lips: tuple[float, float, float] = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Identity:
    shape: dict[str, float]  # weights of the kit's targets
    hair: str
    brow: str
    look: Look


@lru_cache(1)
def pairs() -> tuple[tuple[str, str], ...]:
    """(target, its opposite) without `.target.gz`, right sides left out: they follow the left."""
    ends = (("incr", "decr"), ("up", "down"), ("in", "out"), ("forward", "backward"), ("convex", "concave"))
    found = []
    for folder in SPREAD:
        names = {p.name.removesuffix(".target.gz") for p in (TARGETS / folder).glob("*.gz")}
        for name in sorted(names):
            for a, b in ends:
                other = name.removesuffix(a) + b
                if name.endswith(f"-{a}") and other in names and not name.startswith("r-"):
                    if not any(still in name for still in KEPT_STILL):
                        found.append((f"{folder}/{name}", f"{folder}/{other}"))
                    break
    return tuple(found)


def random_shape(chance: np.random.Generator) -> dict[str, float]:
    """Weights of targets: a mixture of ancestries, a sex and an age, and small changes of single features."""
    sex = "male" if chance.random() < 0.5 else "female"
    age = float(np.clip(chance.normal(0.25, 0.25), 0, 0.9))  # 0 young, 1 old
    origin = chance.dirichlet((0.8, 0.8, 0.8))
    shape: dict[str, float] = {}
    for years, share in (("young", 1 - age), ("old", age)):
        shape[f"macrodetails/universal-{sex}-{years}-averagemuscle-averageweight"] = share
        for name, part in zip(("caucasian", "african", "asian"), origin, strict=True):
            shape[f"macrodetails/{name}-{sex}-{years}"] = share * float(part)
    for more, less in pairs():
        if chance.random() < SHARE:
            size = float(np.clip(chance.normal(0, SPREAD[more.split("/")[0]]), -0.8, 0.8))
            name = more if size > 0 else less
            shape[name] = abs(size)
            if "/l-" in name:
                shape[name.replace("/l-", "/r-")] = abs(size)
    return {k: w for k, w in shape.items() if w > 0.01}


def random_identity(seed: int) -> Identity:
    """The identity of a seed, always the same."""
    chance = np.random.default_rng((20_000, seed))
    shape = random_shape(chance)
    dark = chance.uniform(0, 1) ** 1.5  # 0 light skin, 1 very dark
    skin = np.array([1.0, 1.0, 1.0]) * (1 - dark) + np.array([0.16, 0.10, 0.075]) * dark
    skin = skin * chance.uniform(0.85, 1.15) * chance.normal(1, 0.03, 3).clip(0.9, 1.1)
    hair = np.array([0.9, 0.8, 0.7]) * chance.uniform(0.05, 1.6) * chance.normal(1, 0.1, 3).clip(0.7, 1.3)
    lips = np.array([1.0, 1.0, 1.0]) * chance.uniform(0.55, 1.15) * chance.normal(1, 0.12, 3).clip(0.7, 1.3)
    teeth = np.array([1.0, 0.97, 0.9]) * chance.uniform(0.6, 1.1)
    hair_name = HAIRS[chance.integers(len(HAIRS))]
    brow = BROWS[chance.integers(len(BROWS))]
    shine = float(chance.uniform(0.01, 0.10))
    look = Look(
        textures={
            "skin": SKINS[chance.integers(len(SKINS))],
            "hair": f"{hair_name}_diffuse.png",
            "brow": f"{brow}.png",
            "lash": "eyelashes01.png",
            "teeth": "teeth.png",
            "tongue": "tongue01_diffuse.png",
            "suit": "male_elegantsuit01_diffuse.png",
            "eyes": EYES[chance.integers(len(EYES))],
        },
        tints={"skin": _rgb(skin), "hair": _rgb(hair), "brow": _rgb(hair), "teeth": _rgb(teeth),
               "tongue": _rgb(chance.uniform(0.6, 1.1, 3))},
        gloss={"skin": (shine, float(chance.uniform(8, 30))), "teeth": (0.15, 40.0), "tongue": (0.1, 30.0),
               "eyes": (0.4, 200.0)},
        lips=_rgb(lips),
    )  # fmt: skip
    return Identity(shape, hair_name, brow, look)


def _rgb(values: np.ndarray) -> tuple[float, float, float]:
    r, g, b = (float(x) for x in values)
    return r, g, b


def random_light(chance: np.random.Generator):
    """A key light from the front half, a weaker fill from the other side, and light from all round."""
    from lipsplat.mesh.renderer import Light

    side = chance.uniform(-1.2, 1.2)
    warm = chance.normal(0, 0.06)
    colour = np.array([1 + warm, 1.0, 1 - warm])
    total = chance.uniform(0.7, 1.25)
    share = chance.uniform(0.15, 0.85)  # of the key
    ambient = total * (1 - share) * 0.75
    return Light(
        key=(side, float(chance.uniform(-0.2, 1.2)), 1.0),
        key_colour=_rgb(colour * total * share),
        fill=(-side, float(chance.uniform(-0.3, 0.5)), 0.8),
        fill_colour=_rgb(colour[::-1] * total * (1 - share) * 0.3),
        above=_rgb(colour * ambient * 1.2),
        below=_rgb(colour * ambient * chance.uniform(0.3, 1.0)),
    )
