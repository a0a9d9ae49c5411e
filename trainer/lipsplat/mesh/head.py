"""One identity of the kit's head as flat arrays: all parts in one mesh, linear in the weights, then moved rigidly."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter
from scipy.sparse import csr_matrix

from lipsplat.capture import EYE, HAIR, MOUTH, NECK, SKIN, TORSO
from lipsplat.mesh.subdivide import subdivide
from lipsplat.paths import SUBJECT

LABEL = {
    "suit": TORSO, "skin": SKIN, "brow": SKIN, "lash": SKIN, "hair": HAIR, "eyes": EYE, "teeth": MOUTH, "tongue": MOUTH
}  # fmt: skip
LIP_UPPER, LIP_LOWER = 474, 523  # where the lips meet, on the midline (../shared/subject/labels.py)
# What pictures of the mouth need, from where the lips meet, dm: corners of a box that quads must touch.
BOX = {"skin": ((-0.85, -1.1, -0.8), (0.85, 0.8, 1.0)), "teeth": ((-0.4, -0.4, -0.4), (0.4, 0.4, 1.0))}
ROUNDED = ("skin",)  # parts that are subdivided once, as the capture's were


@dataclass(frozen=True)
class Head:
    """V vertices, Q quads. World axes and units as in ARCHITECTURE.md: x right, y up, z to the camera, decimetres."""

    names: tuple[str, ...]  # of the W blendshapes: 52 ARKit coefficients and 15 visemes
    rest: np.ndarray  # (V,3) float32
    delta: np.ndarray  # (W,3V) float32
    quads: np.ndarray  # (Q,4) int32
    uv: np.ndarray  # (Q,4,2) float32 of the quads' corners
    part: np.ndarray  # (Q,) index into `parts`
    parts: tuple[str, ...]
    label: np.ndarray  # (Q,) uint8: BACKGROUND … MOUTH of lipsplat.capture
    inside: np.ndarray  # (V,) float32: dm behind the lips' front, 0 outside the mouth
    head_weight: np.ndarray  # (V,) float32: 1 moves with the head, 0 stays with the torso
    eye: np.ndarray  # (V,) int: 0, or 1 left and 2 right eyeball
    eye_centre: np.ndarray  # (2,3)
    pivot: np.ndarray  # (3,)
    base: dict[int, int]  # vertex of each base-mesh vertex of the skin
    normal_from_quad: csr_matrix  # (V,Q)

    def place(
        self,
        weights: np.ndarray,  # (F,W)
        rotation: np.ndarray,  # (F,3) pitch, yaw, roll in radians
        translation: np.ndarray,  # (F,3) dm
        gaze: np.ndarray,  # (F,2) yaw, pitch in radians
    ) -> np.ndarray:  # (F,V,3) float32
        """Vertices of F frames, as `Rig.place` of ../shared/subject/rig.py moves them."""
        used = np.abs(weights).max(0) > 1e-4
        v = (weights[:, used].astype(np.float32) @ self.delta[used]).reshape(len(weights), -1, 3) + self.rest
        turn = rotations(rotation)  # (F,3,3)
        for side in (1, 2):
            mine = self.eye == side
            if mine.any():
                look = rotations(np.stack([gaze[:, 1], gaze[:, 0], 0 * gaze[:, 0]], 1))
                centre = self.eye_centre[side - 1]
                v[:, mine] = (v[:, mine] - centre) @ look.transpose(0, 2, 1) + centre
        moved = (v - self.pivot) @ turn.transpose(0, 2, 1) + (self.pivot + translation[:, None].astype(np.float32))
        w = self.head_weight[:, None]
        return v + w * (moved - v)

    def normals(self, vertices: np.ndarray) -> np.ndarray:
        """Vertex normals (V,3), not normalised, of vertices (V,3)."""
        a, b, c, d = (vertices[self.quads[:, k]] for k in range(4))
        p, q = c - a, d - b
        cross = np.stack([p[:, i] * q[:, j] - p[:, j] * q[:, i] for i, j in ((1, 2), (2, 0), (0, 1))], 1)
        return self.normal_from_quad @ cross


def rotations(angles: np.ndarray) -> np.ndarray:
    """R = Ry(yaw)·Rx(pitch)·Rz(roll) (F,3,3) of pitch, yaw, roll (F,3) in radians."""
    sys.path.insert(0, str(SUBJECT))
    from rig import rotation  # ../shared/subject/rig.py

    return np.array([rotation(*a) for a in angles], np.float32).reshape(-1, 3, 3)


def build_head(
    shape: dict[str, float],
    hair: str = "short02",
    brow: str = "eyebrow001",
    parts: tuple[str, ...] = ("skin", "hair", "brow", "lash", "teeth", "tongue", "suit", "eyes"),
    only_mouth: bool = False,
    suit: str = "male_elegantsuit01",
) -> Head:
    """The head of an identity.

    shape: weights of the kit's shape targets. parts: which to keep. only_mouth: the front of the face below the eyes'
    corners, coarse, for small pictures of the mouth. Raises ValueError for an unknown part.
    """
    sys.path.insert(0, str(SUBJECT))
    from head_model import DEFAULT_PARTS, HeadModel  # ../shared/subject/head_model.py
    from rig import Rig

    if unknown := set(parts) - set(LABEL):
        raise ValueError(f"parts: {sorted(unknown)} unknown; choose from {sorted(LABEL)}")
    folders = {
        "hair": (hair, f"{hair}_diffuse.png"), "brow": (brow, f"{brow}.png"), "suit": (suit, f"{suit}_diffuse.png")
    }  # fmt: skip
    wanted = [p if p[0] not in folders else (p[0], p[1], *folders[p[0]]) for p in DEFAULT_PARTS]
    model = HeadModel(shape, wanted)
    rig = Rig(model)
    line = 0.5 * (model.base[LIP_UPPER] + model.base[LIP_LOWER])  # (3,)
    names = tuple(model.names)
    column = {name: i for i, name in enumerate(names)}
    rest, delta, quads, uvs, part_of, label, weight, eye = [], [], [], [], [], [], [], []
    base, first = {}, 0
    for number, name in enumerate(parts):
        part = next(p for p in model.parts if p.name == name)
        q, uv = np.array(part.faces), part.uv.reshape(-1, 4, 2)
        v, d = part.rest, np.zeros((len(names), len(part.rest), 3))
        for key, shift in part.delta.items():
            d[column[key]] = shift
        if only_mouth:
            low, high = BOX.get(name, BOX["skin"])
            facing = np.cross(v[q[:, 2]] - v[q[:, 0]], v[q[:, 3]] - v[q[:, 1]])  # (Q,3)
            facing = facing[:, 2] > -0.35 * np.linalg.norm(facing, axis=1)  # the head never turns further
            keep = ((v[q].max(1) > line + low) & (v[q].min(1) < line + high)).all(1) & facing
            q, uv = q[keep], uv[keep]
        if name in ROUNDED and not only_mouth:
            matrix, q, uv = subdivide(q, uv, len(v))
            v, d = matrix @ v, np.stack([matrix @ x for x in d])
        used, q = np.unique(q, return_inverse=True)
        q = q.reshape(-1, 4)
        if name == "skin":
            place_of = {int(old): new for new, old in enumerate(used)}
            base = {b: first + place_of[i] for b, i in model.skin_vertex_from_base.items() if i in place_of}
        v, d = v[used], d[:, used]
        marks = np.full(len(q), LABEL[name], np.uint8)
        if name == "skin":
            y = v[q, 1].mean(1)
            marks[y < rig.high] = NECK
            marks[y < rig.low] = TORSO
        w = np.clip((v[:, 1] - rig.low) / (rig.high - rig.low), 0, 1)
        rest.append(v)
        delta.append(d)
        quads.append(q + first)
        uvs.append(uv)
        label.append(marks)
        part_of.append(np.full(len(q), number))
        weight.append(0 * w if part.kind == "cloth" else w * w * (3 - 2 * w))
        eye.append(np.where(v[:, 0] > 0, 1, 2) if part.kind == "eye" else np.zeros(len(v), int))
        first += len(v)
    rest_, quads_ = np.concatenate(rest).astype(np.float32), np.concatenate(quads).astype(np.int32)
    count = len(quads_)
    return Head(
        names=names,
        rest=rest_,
        delta=np.concatenate(delta, 1).reshape(len(names), -1).astype(np.float32),
        quads=quads_,
        uv=np.concatenate(uvs).astype(np.float32),
        part=np.concatenate(part_of),
        parts=tuple(parts),
        label=np.concatenate(label),
        inside=behind_lips(rest_, np.unique(quads_[np.concatenate(part_of) == parts.index("skin")]), line),
        head_weight=np.concatenate(weight).astype(np.float32),
        eye=np.concatenate(eye),
        eye_centre=np.array([model.eye_centre[s] for s in "lr"], np.float32),
        pivot=rig.pivot.astype(np.float32),
        base=base,
        normal_from_quad=csr_matrix(
            (np.ones(4 * count, np.float32), (quads_.ravel(), np.repeat(np.arange(count), 4))), (len(rest_), count)
        ),
    )


def behind_lips(rest: np.ndarray, skin: np.ndarray, line: np.ndarray) -> np.ndarray:
    """How far (V,) in dm each vertex lies behind the closed mouth's front; 0 outside the mouth.

    rest (V,3); skin: the indices of the skin's vertices; line (3,): where the lips meet.
    """
    cell, reach, slope = 0.02, 0.6, 0.10  # dm; what is less than `slope` behind its neighbours is still the front
    size = int(2 * reach / cell)
    at = np.floor((rest[:, :2] - line[:2] + reach) / cell).astype(int)  # (V,2)
    near = ((at >= 0) & (at < size)).all(1)
    outer = skin[near[skin]]
    front = np.full((size, size), -np.inf)
    np.maximum.at(front, tuple(at[outer].T), rest[outer, 2])
    front = maximum_filter(front, 9)
    depth = np.zeros(len(rest), np.float32)
    depth[near] = np.maximum(front[tuple(at[near].T)] - rest[near, 2] - slope, 0)
    depth[~np.isfinite(depth)] = 0
    return depth
