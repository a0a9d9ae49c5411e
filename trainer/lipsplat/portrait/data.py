"""A capture prepared for training: what each step reads, cut to the pixels that the head can touch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lipsplat.capture import FPS, Capture
from lipsplat.portrait.model import Pose, View, crop, rotation_matrix, view_of
from lipsplat.portrait.plate import Plate, composite, make_plate
from lipsplat.portrait.start import Start
from lipsplat.speech.features import lip_features

FEATURE_RATE = 50  # lip features a second: capture frame i takes feature 2i + 1


def capture_lip(capture: Capture, speech: Path) -> np.ndarray:
    """(F,32): the lip feature of every frame, from the capture's voice through the shipped encoder."""
    _, lip = lip_features(*capture.voice(), speech)
    at = np.minimum(FEATURE_RATE // FPS * np.arange(len(capture)) + 1, len(lip) - 1)
    return lip[at]


def silent_lip(speech: Path, rate: int = 16_000) -> np.ndarray:
    """(32,): what the encoder says of two seconds of digital silence."""
    return lip_features(np.zeros(2 * rate, np.float32), rate, speech)[1][FEATURE_RATE]


LANDMARK_RADIUS = (34.0, 20.0, 20.0)  # pixels around mouth, eyes
LANDMARK_WEIGHT = (4.0, 3.0, 3.0)


@dataclass(frozen=True)
class Lesson:
    """One frame."""

    truth: Tensor  # (h,w,3) 0..1
    weight: Tensor  # (h,w): the blend mask, raised at mouth and eyes
    pose: Pose
    lip: Tensor  # (32,)
    expression: Tensor  # (13,)


class Lessons:
    """F training frames of a capture; frames are kept as bytes and widened one at a time."""

    def __init__(self, capture: Capture, last: int, lip: np.ndarray, start: Start, device: torch.device):
        self.device, self.landmarks, self.lip = device, start.landmarks, lip
        self.pivot, self.camera = start.pivot, capture.camera
        frames = capture.frames(0, last)
        self.plate: Plate = make_plate(frames, capture.labels(0, last))
        rows, columns = (np.where(self.plate.mask.max(axis) > 1 / 255)[0] for axis in (1, 0))
        top, left, bottom, right = rows[0], columns[0], rows[-1] + 1, columns[-1] + 1
        box = np.s_[top:bottom, left:right]
        view = crop(view_of(capture.camera), int(left), int(top), int(right - left), int(bottom - top))
        self.view = View(view.pinhole, view.position.to(device))
        self.frames = frames[:, top:bottom, left:right].copy()
        self.background = torch.tensor(self.plate.plate[box]).to(device)  # (h,w,3)
        self.mask = torch.tensor(self.plate.mask[box]).to(device)  # (h,w)
        self.rotation, self.translation, self.expression = capture.rotation, capture.translation, capture.expression
        y, x = np.mgrid[top:bottom, left:right] + 0.5
        self.grid = (x.astype(np.float32), y.astype(np.float32))

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, i: int) -> Lesson:
        def tensor(a: np.ndarray) -> Tensor:
            return torch.as_tensor(a, dtype=torch.float32, device=self.device)

        pose = Pose(tensor(self.rotation[i]), tensor(self.translation[i]))
        weight = tensor(self.closer_look(i)) * self.mask
        truth = tensor(self.frames[i]) / 255
        return Lesson(truth, weight, pose, tensor(self.lip[i]), tensor(self.expression[i]))

    def closer_look(self, i: int) -> np.ndarray:
        """(h,w) weight: 1, more around the mouth and the eyes of frame i."""
        turn = rotation_matrix(torch.tensor(self.rotation[i])).numpy()
        points = (self.landmarks - self.pivot) @ turn.T + self.pivot + self.translation[i]
        ray = points - np.array(self.camera["position"], np.float32)
        f, (cx, cy) = self.camera["focal_px"], self.camera["principal_px"]
        weight = np.ones(self.grid[0].shape, np.float32)
        for (x, y, z), radius, more in zip(ray, LANDMARK_RADIUS, LANDMARK_WEIGHT):
            dx, dy = self.grid[0] - (cx - f * x / z), self.grid[1] - (cy + f * y / z)
            weight += more * np.exp(-((dx * dx + 1.6 * dy * dy) / radius**2))
        return weight

    def composite(self, image: Tensor) -> Tensor:
        """image (h,w,4) over the plate, by the blend mask: (h,w,3)."""
        return composite(image[..., :3], image[..., 3], self.background, self.mask)
