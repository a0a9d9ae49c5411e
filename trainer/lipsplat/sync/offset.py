"""How far the mouth of a clip is from its sound, by the discriminator."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lipsplat.speech.features import to_rate
from lipsplat.speech.names import RATE
from lipsplat.sync.crops import crop_frames
from lipsplat.sync.model import (
    FPS,
    FRAME_SAMPLES,
    FRAMES,
    MEL_HOP,
    Discriminator,
    centre_crops,
    mel_of,
    similarity,
    windows_of_frames,
    windows_of_mel,
)

FARTHEST = 15  # frames either way that are searched
FEWEST = 10  # windows that an offset must have to be believed


@dataclass(frozen=True)
class Offset:
    frames: int  # mouth after its sound; less than 0: before
    confidence: float  # best mean similarity less the median over all offsets
    curve: np.ndarray  # (31,) mean similarity at offsets −15 … 15; NaN where too few windows meet


@torch.no_grad()
def embeddings(model: Discriminator, crops: np.ndarray, pcm: np.ndarray) -> tuple[Tensor, Tensor]:
    """Embeddings (n,256) of faces and of sounds, for the windows that begin at frames 0 … n−1.

    crops (F,72,96) uint8 as `crop_frames` cuts them, at 25 fps; pcm (N,) int16 or float in ±1 at 16 kHz, from the time
    of the first frame's beginning. Raises ValueError for clips shorter than a window.
    """
    if pcm.dtype == np.int16:
        pcm = pcm / np.float32(32768)
    frames = min(len(crops), len(pcm) // FRAME_SAMPLES)
    if frames < FRAMES:
        raise ValueError(f"clip: {frames} frames have both picture and sound; at least {FRAMES} are needed")
    starts = torch.arange(frames - FRAMES + 1)
    seen = centre_crops(torch.from_numpy(np.array(crops[:frames])), model.config)
    heard = np.zeros((1, frames * FRAME_SAMPLES + MEL_HOP), np.float32)  # a column more: the last window's may round up
    part = pcm[: heard.shape[1]]
    heard[0, : len(part)] = part
    mel = mel_of(torch.from_numpy(heard))[0]
    face = [model.see(windows_of_frames(seen, part)) for part in starts.split(64)]
    sound = [model.hear(windows_of_mel(mel, part)) for part in starts.split(64)]
    return torch.cat(face), torch.cat(sound)


def find_offset(face: Tensor, sound: Tensor) -> Offset:
    """The offset of a clip from its embeddings (n,256) and (m,256), frame by frame of the same clock."""
    curve = np.full(2 * FARTHEST + 1, np.nan)
    for k, late in enumerate(range(-FARTHEST, FARTHEST + 1)):
        first, last = max(0, late), min(len(face), len(sound) + late)
        if last - first >= FEWEST:
            curve[k] = float(similarity(face[first:last], sound[first - late : last - late]).mean())
    if np.isnan(curve).all():
        raise ValueError(f"clip: {len(face)} windows are too few to find an offset in; at least {FEWEST} are needed")
    return Offset(int(np.nanargmax(curve)) - FARTHEST, float(np.nanmax(curve) - np.nanmedian(curve)), curve)


def read_video(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Frames (F,H,W,3) uint8 RGB and sound (N,) float32 at 16 kHz of a video file at 25 fps.

    Raises ValueError where it is not at 25 fps or has no sound.
    """
    import av

    with av.open(str(path)) as container:
        if not container.streams.audio:
            raise ValueError(f"{path}: holds no sound")
        rate = float(container.streams.video[0].average_rate or 0)
        if abs(rate - FPS) > 0.01:
            raise ValueError(f"{path}: {rate:.2f} frames a second; convert it first: ffmpeg -i IN -r {FPS} OUT")
        frames = np.stack([f.to_ndarray(format="rgb24") for f in container.decode(video=0)])
    with av.open(str(path)) as container:
        mono = av.AudioResampler(format="flt", layout="mono")
        blocks = [b.to_ndarray()[0] for f in container.decode(audio=0) for b in mono.resample(f)]
        sound_rate = container.streams.audio[0].rate
    return frames, to_rate(np.concatenate(blocks), sound_rate, RATE)


def read_clip(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Crops (F,72,96) uint8 and sound (N,) float32 at 16 kHz of a video file of one face.

    Raises ValueError where `read_video` does, or where no face is seen.
    """
    from lipsplat.evaluate.detector import landmarks

    frames, sound = read_video(path)
    return crop_frames(frames, landmarks(frames)), sound


def shifted_offsets(face: Tensor, sound: Tensor, most: int = 8) -> dict[int, int]:
    """The offset found after the mouth was put `late` frames after its sound, for late = −most … most.

    Only what both still have is kept, as if the shifted clip had been cut to it.
    """
    found = {}
    for late in range(-most, most + 1):
        first, last = max(0, late), min(len(sound), len(face) + late)
        found[late] = find_offset(face[first - late : last - late], sound[first:last]).frames
    return found
