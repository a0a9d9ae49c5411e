"""The torso stream: H.264 high, short groups of pictures, so that any frame is a few decodes away."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

GROUP, QUALITY = 10, 22
COLOUR = "scenecut=0:colorprim=bt709:transfer=bt709:colormatrix=bt709:range=tv"


def write_video(
    path: Path,
    frames: Iterable[np.ndarray],
    fps: int = 25,
    sound: tuple[np.ndarray, int] | None = None,
    quality: int = QUALITY,
) -> None:
    """frames (H,W,3) uint8 sRGB, BT.709; sound: samples (N,) in ±1 and their rate, as AAC; quality: H.264's CRF."""
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = None
        voice = container.add_stream("aac", rate=sound[1], layout="mono") if sound else None
        for frame in frames:
            if stream is None:
                stream = container.add_stream("libx264", rate=fps)
                stream.height, stream.width, stream.pix_fmt = *frame.shape[:2], "yuv420p"
                stream.gop_size, stream.max_b_frames = GROUP, 0
                stream.options = {"crf": str(quality), "preset": "fast", "profile": "high", "x264-params": COLOUR}
                context = stream.codec_context
                context.colorspace, context.color_primaries, context.color_trc, context.color_range = 1, 1, 1, 1
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            picture = picture.reformat(format="yuv420p", dst_colorspace="ITU709")
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
        if voice:
            samples, rate = sound
            block = av.AudioFrame.from_ndarray(samples[None].astype(np.float32), format="fltp", layout="mono")
            block.sample_rate, block.time_base, block.pts = rate, Fraction(1, rate), 0
            container.mux(voice.encode(block))
            container.mux(voice.encode(None))
