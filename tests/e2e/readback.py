"""What FFmpeg reads in a video: python tests/e2e/readback.py VIDEO SOUND prints one JSON object.

`soundLateMs`: the sound as it is heard, against SOUND, times of the first picture and the stamps taken into account.
`alpha`: opacity in the upper left corner and in the middle of the face, of the first frame; null without transparency.
"""

import json
import sys

import av
import numpy as np

RATE = 48000
RANGE = RATE // 20


def sound(path: str) -> tuple[np.ndarray, float]:
    """Mono samples at 48 kHz [n], and the time of the first, seconds."""
    with av.open(path) as file:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
        frames = list(file.decode(audio=0))
        blocks = [block for frame in [*frames, None] for block in resampler.resample(frame)]
    return np.concatenate([block.to_ndarray()[0] for block in blocks]), float(frames[0].time)


def pictures(path: str) -> list[av.VideoFrame]:
    with av.open(path) as file:
        stream = file.streams.video[0]
        # FFmpeg's own VP9 decoder leaves the transparency out.
        name = "libvpx-vp9" if stream.codec_context.name == "vp9" else stream.codec_context.name
        decoder = av.CodecContext.create(name, "r")
        decoder.extradata = stream.codec_context.extradata
        packets = [packet for packet in file.demux(stream) if packet.size > 0]
        frames = [frame for packet in packets for frame in decoder.decode(packet)]
        return frames + decoder.decode(None)


def late_ms(first: np.ndarray, later: np.ndarray) -> float:
    """Milliseconds by which `later` comes after `first`, within ±50 ms, where the two agree best."""
    size = min(len(first), len(later)) - 2 * RANGE
    base = first[RANGE : RANGE + size]
    sums = [float(base @ later[RANGE + lag : RANGE + lag + size]) for lag in range(-RANGE, RANGE + 1)]
    return 1000 * (int(np.argmax(sums)) - RANGE) / RATE


def opacity(frame: av.VideoFrame) -> dict[str, int] | None:
    if "a" not in frame.format.name:
        return None
    alpha = frame.to_ndarray(format="rgba")[..., 3]
    height, width = alpha.shape
    return {"corner": int(alpha[height // 20, width // 20]), "face": int(alpha[2 * height // 5, width // 2])}


video, source = sys.argv[1:]
heard, begins = sound(video)
shown = pictures(video)
with av.open(video) as file:
    streams = [
        [stream.type, stream.codec_context.name if stream.codec_context else "unknown"] for stream in file.streams
    ]
    seconds = file.duration / av.time_base
    tracks = len(file.streams)
original, _ = sound(source)
print(
    json.dumps(
        {
            "streams": streams,
            "tracks": tracks,
            "seconds": seconds,
            "frames": len(shown),
            "size": [shown[0].width, shown[0].height],
            "sourceSeconds": len(original) / RATE,
            "soundSeconds": len(heard) / RATE,
            "soundLateMs": 1000 * (begins - float(shown[0].time or 0)) + late_ms(original, heard),
            "alpha": opacity(shown[0]),
        }
    )
)
