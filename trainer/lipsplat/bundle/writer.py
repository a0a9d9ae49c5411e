"""From a trained portrait to the bundle's folder."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from lipsplat.bundle.deform import write_deform
from lipsplat.bundle.ply import Cloud, write_ply
from lipsplat.bundle.video import write_video
from lipsplat.capture import EXPRESSION, FPS, GAZE, Capture
from lipsplat.portrait.model import Portrait
from lipsplat.portrait.plate import Plate, torso_frame


@dataclass(frozen=True)
class Identity:
    """Whose face this is, and by what right."""

    name: str
    consent: str | None  # the statement; None: nobody has given one, and whoever shows the avatar is told so
    licence: str


def write_bundle(
    folder: Path, portrait: Portrait, capture: Capture, plate: Plate, last_frame: int, lip_silence: np.ndarray,
    speech_id: str, identity: Identity,
) -> Path:  # fmt: skip
    """Everything the player needs; source frames and motion from training frames only. lip_silence (32,)."""
    folder.mkdir(parents=True, exist_ok=True)
    c = {k: v.detach().cpu().numpy() for k, v in portrait.canonical.state_dict().items()}
    write_ply(
        folder / "gaussians.ply",
        Cloud(c["position"], c["rotation"], c["log_scale"], c["opacity"], c["sh"], c["head_weight"]),
    )
    write_deform(portrait, folder / "deform.onnx")
    motion = np.concatenate([capture.rotation, capture.translation, capture.expression], 1)[:last_frame]  # (F,19)
    (folder / "motion.bin").write_bytes(motion.astype("<f4").tobytes())
    write_video(folder / "torso.mp4", (torso_frame(f, plate) for f in capture.each_frame(0, last_frame)), FPS)
    for name, grey in (("face_mask.png", plate.mask), ("matte.png", plate.matte)):  # (H,W) 0..1
        Image.fromarray((grey * 255 + 0.5).astype(np.uint8)).save(folder / name, optimize=True)
    files = {"gaussians": "gaussians.ply", "deform": "deform.onnx", "motion": "motion.bin", "torso": "torso.mp4",
             "mask": "face_mask.png", "matte": "matte.png", "poster": "poster.webp"}  # fmt: skip
    size, camera = capture.camera["size"], capture.camera
    used = capture.expression[:last_frame]
    meta = {
        "format": 1, "name": identity.name, "consent": identity.consent, "licence": identity.licence,
        "speech": speech_id,
        "canvas": {"width": size, "height": size},
        "camera": {
            "focalPx": camera["focal_px"], "principalPx": camera["principal_px"], "position": camera["position"],
        },
        "pivot": [round(float(x), 6) for x in portrait.pivot.cpu()],
        "fps": FPS, "frames": last_frame, "gaussians": len(c["position"]), "shDegree": portrait.shape.sh_degree,
        "expression": [
            {"name": n, **span(used[:, i], 0.0 if n in GAZE else float(np.median(used[:, i])))}
            for i, n in enumerate(EXPRESSION)
        ],
        "lip": {"size": len(lip_silence), "silence": [round(float(x), 6) for x in lip_silence]},
    }  # fmt: skip
    write_poster(folder, portrait, capture, plate, lip_silence)
    meta["files"] = {key: {"path": name} for key, name in files.items()}
    write_manifest(folder, meta)
    return folder


def span(used: np.ndarray, rest: float) -> dict[str, float]:
    """What an expression (F,) has gone through; never nothing, and its rest is in it."""
    low, high = min(float(used.min()), rest), max(float(used.max()), rest)
    return {"min": round(low, 4), "max": round(max(high, low + 1e-3), 4), "rest": round(rest, 4)}


def write_manifest(folder: Path, meta: dict) -> None:
    """avatar.json, its files described as they lie there."""
    for file in meta["files"].values():
        data = (folder / file["path"]).read_bytes()
        file |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    (folder / "avatar.json").write_text(json.dumps(meta, indent=2, ensure_ascii=False) + "\n")


@torch.no_grad()
def write_poster(folder: Path, portrait: Portrait, capture: Capture, plate: Plate, lip_silence: np.ndarray) -> None:
    """The first source frame's pose with the mouth at rest: what the live head begins from."""
    from lipsplat.portrait.draw import Pose, view_of

    device = portrait.pivot.device
    lip, expression = (
        torch.tensor(lip_silence, device=device).float(),
        torch.tensor(capture.expression[0], device=device),
    )
    pose = Pose(torch.tensor(capture.rotation[0], device=device), torch.tensor(capture.translation[0], device=device))
    image = portrait.draw_with(portrait.offsets(lip, expression), pose, view_of(capture.camera)).cpu().numpy()
    m = plate.mask[..., None]
    full = m * (image[..., :3] + (1 - image[..., 3:]) * plate.plate) + (1 - m) * capture.frames(0, 1)[0] / 255
    Image.fromarray((full.clip(0, 1) * 255 + 0.5).astype(np.uint8)).save(folder / "poster.webp", quality=88)
