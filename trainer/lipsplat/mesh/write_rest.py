"""Makes `rest.npz`: the part of the CC0 kit that portraits start from, so that the trainer needs no other folder.

    python -m lipsplat.mesh.write_rest        # seconds

Needs ../shared.
"""

from __future__ import annotations

import json
import sys

import numpy as np

from lipsplat.mesh.rest import FILE, HAIR, NECK_LOW, PIVOT_FROM_EYES
from lipsplat.paths import CAPTURE, SUBJECT
from lipsplat.track.head_model import head_model

HAIRS = ("short02", "bob02")
LIPS = (474, 523)  # where they meet, on the midline (../shared/subject/labels.py)
# What lies further under the neck (dm), beside it (dm) or turned away (z of the normal) than this is left out.
BELOW, BESIDE, BEHIND = 0.45, 1.5, -0.6


def identity_targets() -> list[str]:
    """All that tracking, and the default capture, shape heads by."""
    model = head_model()
    names = {*model.macro, *model.more, *model.less}
    names |= {name.replace("/l-", "/r-") for name in names}
    with np.load(CAPTURE / "motion.npz") as motion:
        names |= set(json.loads(str(motion["shape"])))
    return sorted(names)


def main() -> None:
    sys.path.insert(0, str(SUBJECT))
    from head_model import DEFAULT_PARTS, KIT, read_fitting, read_obj, read_target  # ../shared/subject/head_model.py

    base, _, faces = read_obj(KIT / "base.obj")
    model = head_model()
    usual = base + sum(w * read_target(KIT / "targets" / f"{n}.target.gz", len(base))
                       for n, w in model.shape(np.zeros(len(model.spread))).items())  # fmt: skip
    eyes = [sorted({v for g, f in faces if g == f"helper-{s}-eye" for v, _ in f}) for s in "lr"]
    pivot = usual[eyes].mean((0, 1)) + PIVOT_FROM_EYES

    def seen(position: np.ndarray, quads: np.ndarray, cloth: bool) -> np.ndarray:
        """Quads whose place and side a portrait may start from, under any identity."""
        a, b, c, d = (position[quads[:, k]] for k in range(4))
        normal = np.cross(c - a, d - b)
        middle = (a + b + c + d) / 4
        keep = normal[:, 2] > BEHIND * np.linalg.norm(normal, axis=1)
        keep &= middle[:, 1] > pivot[1] + NECK_LOW - BELOW
        return quads[keep & ((np.abs(middle[:, 0]) < BESIDE) | (not cloth))]

    parts, hides = {}, set()
    listed = [p for p in DEFAULT_PARTS if p[0] != "hair"]
    wanted = [(f"{HAIR}{hair}", "hair", hair) for hair in HAIRS] + [p[:3] for p in listed]
    for name, kind, folder in wanted:
        fit = read_fitting(next((KIT / "parts" / folder).glob("*.mhclo")))
        quads = np.array([[v for v, _ in f] for _, f in read_obj(next((KIT / "parts" / folder).glob("*.obj")))[2]])
        if kind == "cloth":
            hides |= fit.hides
        if not name.startswith(HAIR):  # hair's cards have two sides
            quads = seen(fit(usual), quads, kind == "cloth")
        used, quads = np.unique(quads, return_inverse=True)
        across = np.array([[a, b] for _, (a, b, _) in sorted(fit.scale_ref)])
        length = np.array([ref for _, (_, _, ref) in sorted(fit.scale_ref)])
        parts[name] = fit.index[used], fit.weight[used], fit.offset[used], across, length, quads.reshape(-1, 4)
    skin = np.array([[v for v, _ in f] for g, f in faces if g == "body" and not any(v in hides for v, _ in f)])
    used, quads = np.unique(seen(usual, skin, False), return_inverse=True)
    one = np.zeros((len(used), 3))
    parts["skin"] = used[:, None].repeat(3, 1), one + (1, 0, 0), one, np.array([[used[0], used[-1]]] * 3), np.ones(3), (
        quads.reshape(-1, 4)
    )  # fmt: skip

    used = [np.array(eyes), np.array(LIPS), *(p[0] for p in parts.values()), *(p[3] for p in parts.values())]
    kept = np.unique(np.concatenate([ids.ravel() for ids in used]))
    place = np.full(len(base), -1)
    place[kept] = np.arange(len(kept))
    names = identity_targets()
    shifts = [read_target(KIT / "targets" / f"{name}.target.gz", len(base))[kept] for name in names]
    moved = [np.flatnonzero(np.abs(s).max(1) > 1e-4) for s in shifts]
    arrays = {
        "base": base[kept].astype(np.float32), "targets": np.array(names), "parts": np.array(list(parts)),
        "starts": np.cumsum([0, *map(len, moved)]), "moved": np.concatenate(moved).astype(np.uint16),
        "by": np.concatenate([s[m] for s, m in zip(shifts, moved)]).astype(np.float16),
        "eyes": place[np.array(eyes)], "lips": place[list(LIPS)],
    }  # fmt: skip
    for name, (corner, share, offset, across, length, quads) in parts.items():
        arrays |= {
            f"{name}/corner": place[corner].astype(np.uint16), f"{name}/share": share.astype(np.float32),
            f"{name}/offset": offset.astype(np.float32), f"{name}/across": place[across], f"{name}/length": length,
            f"{name}/quads": quads.astype(np.uint16),
        }  # fmt: skip
    np.savez_compressed(FILE, **arrays)
    print(f"{FILE.name}: {FILE.stat().st_size / 1e3:.0f} kB, {len(kept)} vertices, {len(names)} targets")


if __name__ == "__main__":
    main()
