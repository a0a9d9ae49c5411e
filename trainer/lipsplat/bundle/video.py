"""The torso stream: H.264 high, short groups of pictures, so that any frame is a few decodes away."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import av
import numpy as np

GROUP, QUALITY = 10, 22
COLOUR = "scenecut=0:colorprim=bt709:transfer=bt709:colormatrix=bt709:range=tv"


def write_video(path: Path, frames: Iterable[np.ndarray], fps: int = 25) -> None:
    """frames (H,W,3) uint8 sRGB, BT.709."""
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = None
        for frame in frames:
            if stream is None:
                stream = container.add_stream("libx264", rate=fps)
                stream.height, stream.width, stream.pix_fmt = *frame.shape[:2], "yuv420p"
                stream.gop_size, stream.max_b_frames = GROUP, 0
                stream.options = {"crf": str(QUALITY), "preset": "fast", "profile": "high", "x264-params": COLOUR}
                context = stream.codec_context
                context.colorspace, context.color_primaries, context.color_trc, context.color_range = 1, 1, 1, 1
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            picture = picture.reformat(format="yuv420p", dst_colorspace="ITU709")
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
