"""A capture prepared for training: what each step reads, cut to the pixels that the head can touch."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lipsplat.capture import FPS, Capture
from lipsplat.paths import CACHE
from lipsplat.portrait.draw import Pose, View, crop, rotation_matrix, view_of
from lipsplat.portrait.plate import Plate, composite, make_plate
from lipsplat.portrait.start import Start
from lipsplat.portrait.store import PictureStore
from lipsplat.speech.features import lip_features

SILENT = 1e-3  # no sample louder: −60 dBFS
FEATURE_RATE = 50  # lip features a second: capture frame i takes feature 2i + 1


def capture_lip(capture: Capture, speech: Path) -> np.ndarray:
    """(F,32): the lip feature of every frame, from the capture's voice through the shipped encoder."""
    voice, rate = capture.voice()
    if np.abs(voice).max(initial=0) < SILENT:
        raise ValueError(
            "voice.flac is silent, from frame 0 to the last: lips learn from sound, film with a microphone"
        )
    _, lip = lip_features(voice, rate, speech)
    at = np.minimum(FEATURE_RATE // FPS * np.arange(len(capture)) + 1, len(lip) - 1)
    return lip[at]


def silent_lip(speech: Path, rate: int = 16_000) -> np.ndarray:
    """(32,): what the encoder says of two seconds of digital silence."""
    return lip_features(np.zeros(2 * rate, np.float32), rate, speech)[1][FEATURE_RATE]


LANDMARK_RADIUS = (34.0, 20.0, 20.0)  # pixels around mouth, eyes
LANDMARK_WEIGHT = (4.0, 3.0, 3.0)
MOUTH_BOX, MOUTH_DOWN = (144, 112), 8  # width and height of the closer look, and its middle below the lips; pixels


@dataclass(frozen=True)
class Lesson:
    """One frame, or a part of it."""

    view: View
    background: Tensor  # (h,w,3)
    mask: Tensor  # (h,w) blend mask
    truth: Tensor  # (h,w,3) 0..1
    weight: Tensor  # (h,w): the blend mask, raised at mouth and eyes
    pose: Pose
    lip: Tensor  # (32,)
    expression: Tensor  # (13,)

    def composite(self, image: Tensor) -> Tensor:
        """image (h,w,4) over the plate, by the blend mask: (h,w,3)."""
        return composite(image[..., :3], image[..., 3], self.background, self.mask)


class Lessons:
    """F training frames of a capture; their pictures lie on disk as bytes, and are read and widened one at a time."""

    def __init__(self, capture: Capture, last: int, lip: np.ndarray, start: Start, device: torch.device):
        self.device, self.landmarks, self.lip = device, start.landmarks, lip
        self.pivot, self.camera = start.pivot, capture.camera
        self.plate: Plate = make_plate(capture, last)
        rows, columns = (np.where(self.plate.mask.max(axis) > 1 / 255)[0] for axis in (1, 0))
        top, left, bottom, right = rows[0], columns[0], rows[-1] + 1, columns[-1] + 1
        box = np.s_[top:bottom, left:right]
        view = crop(view_of(capture.camera), int(left), int(top), int(right - left), int(bottom - top))
        self.view = View(view.pinhole, view.position.to(device))
        self.frames = PictureStore(CACHE / "frames", (f[box] for f in capture.each_frame(0, last)))
        self.background = torch.tensor(self.plate.plate[box]).to(device)  # (h,w,3)
        self.mask = torch.tensor(self.plate.mask[box]).to(device)  # (h,w)
        self.rotation, self.translation, self.expression = capture.rotation, capture.translation, capture.expression
        y, x = np.mgrid[top:bottom, left:right] + 0.5
        self.grid = (x.astype(np.float32), y.astype(np.float32))

    def heard(self, lip: np.ndarray, expression: np.ndarray) -> Lessons:
        """The same footage under other conditions: lip (F,32), expression (F,13)."""
        other = copy(self)
        other.lip, other.expression = lip, expression
        return other

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, i: int) -> Lesson:
        return self.lesson(i, np.s_[:, :])

    def mouth(self, i: int) -> Lesson:
        """The mouth of frame i alone."""
        (width, height), (h, w) = MOUTH_BOX, self.mask.shape
        x, y = self.seen_landmarks(i)[0] - (self.grid[0][0, 0], self.grid[1][0, 0])
        left = int(np.clip(x - width / 2, 0, max(w - width, 0)))
        top = int(np.clip(y + MOUTH_DOWN - height / 2, 0, max(h - height, 0)))
        return self.lesson(i, np.s_[top : top + height, left : left + width])

    def lesson(self, i: int, box: tuple[slice, slice]) -> Lesson:
        def tensor(a: np.ndarray) -> Tensor:
            return torch.as_tensor(a, dtype=torch.float32, device=self.device)

        mask = self.mask[box]
        top, left = (s.start or 0 for s in box)
        view = crop(self.view, left, top, mask.shape[1], mask.shape[0])
        weight = tensor(self.closer_look(i, box)) * mask
        pose = Pose(tensor(self.rotation[i]), tensor(self.translation[i]))
        truth = tensor(self.frames.read(i, box)) / 255
        return Lesson(
            view, self.background[box], mask, truth, weight, pose, tensor(self.lip[i]), tensor(self.expression[i])
        )

    def seen_landmarks(self, i: int) -> np.ndarray:
        """(3,2) pixels of mouth, left and right eye in the whole frame i."""
        turn = rotation_matrix(torch.tensor(self.rotation[i])).numpy()
        points = (self.landmarks - self.pivot) @ turn.T + self.pivot + self.translation[i]
        x, y, z = (points - np.array(self.camera["position"], np.float32)).T
        f, (cx, cy) = self.camera["focal_px"], self.camera["principal_px"]
        return np.stack([cx - f * x / z, cy + f * y / z], 1)

    def closer_look(self, i: int, box: tuple[slice, slice]) -> np.ndarray:
        """(h,w) weight: 1, more around the mouth and the eyes of frame i."""
        columns, rows = (g[box] for g in self.grid)
        weight = np.ones(columns.shape, np.float32)
        for (x, y), radius, more in zip(self.seen_landmarks(i).astype(np.float32), LANDMARK_RADIUS, LANDMARK_WEIGHT):
            dx, dy = columns - x, rows - y
            weight += more * np.exp(-((dx * dx + 1.6 * dy * dy) / radius**2))
        return weight
