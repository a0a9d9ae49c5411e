"""Labels of a video from its frames and landmarks, by the shipped parser."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import torch
from torch.nn import functional

from lipsplat.capture import EYE, MOUTH, SKIN
from lipsplat.parser.cues import SIZE, network_input, person_mask
from lipsplat.parser.network import ParserNet, shipped_parser

LABEL_STEP = 40  # a label is stored times this, as ../shared/subject/labels.py does


@torch.no_grad()
def parse_frames(
    frames: Iterable[np.ndarray], points: np.ndarray, net: ParserNet | None = None
) -> Iterator[np.ndarray]:
    """Labels (H,W) uint8, BACKGROUND … MOUTH of lipsplat.capture, of square frames (H,W,3) uint8 of one head.

    points (F,478,≥2): MediaPipe's landmarks in pixels of the frames; NaN where no face was found.
    """
    net = (net or shipped_parser()).to(memory_format=torch.channels_last)
    with person_mask() as segment:
        for frame, face in zip(frames, points):
            height, width = frame.shape[:2]
            small = cv2.resize(frame, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
            seen = network_input(small, segment(frame), face[:, :2] * (SIZE / width, SIZE / height))
            score = net(torch.from_numpy(seen).permute(2, 0, 1)[None] / 255)  # (1,7,256,256)
            fine = functional.interpolate(score, (height, width), mode="bilinear", align_corners=False)
            yield with_eyes_and_mouth(fine[0].argmax(0).byte().numpy(), seen[..., 4:])


def with_eyes_and_mouth(label: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Labels (H,W) whose eyes and inside of the mouth are the landmarks' own, which know them to the pixel.

    drawn (256,256,3) uint8: face, eyes, inner lips, as `areas` draws them; nothing changes where there are none.
    """
    if drawn.any():
        label[(label == EYE) | (label == MOUTH)] = SKIN
        for channel, part in ((1, EYE), (2, MOUTH)):
            label[cv2.resize(drawn[..., channel], label.shape[::-1], interpolation=cv2.INTER_LINEAR) > 127] = part
    return label


def write_labels(path: Path, labels: Iterable[np.ndarray], fps: int = 25) -> None:
    """Lossless video (FFV1, grey) of labels (H,W), as `Capture.labels` reads it."""
    part = path.with_name("part-" + path.name)
    with av.open(str(part), "w") as container:
        stream = None
        for label in labels:
            if stream is None:
                stream = container.add_stream("ffv1", rate=fps)
                stream.height, stream.width, stream.pix_fmt = *label.shape, "gray"
            picture = av.VideoFrame.from_ndarray(label * LABEL_STEP, format="gray")
            container.mux(stream.encode(picture))
        if stream is None:
            raise ValueError("there are no frames to label: give a video that has some")
        container.mux(stream.encode(None))
    part.replace(path)
