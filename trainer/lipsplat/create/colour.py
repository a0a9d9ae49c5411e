"""Pictures of any video as sRGB the right way up: phones film on their side, and in HDR."""

from __future__ import annotations

from functools import lru_cache

import av
import numpy as np

HD = 720  # rows from which untagged video is BT.709
PQ, HLG = 16, 18  # transfer characteristics of HDR
BT2020 = 9  # matrix, and primaries
WHITE, PEAK = 203.0, 1000.0  # nits: of paper in HDR (BT.2408), and of the screen that HLG is seen on
KNEE = 0.8  # of SDR's white: what is brighter is pressed into the rest
TO_709 = np.array([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]])  # BT.2087
LUMINANCE = np.array([0.2627, 0.6780, 0.0593])  # of BT.2020
CODES = 1023  # steps of ten bits


def rgb(frame: av.VideoFrame, curve: int = 0) -> np.ndarray:
    """(H,W,3) uint8 sRGB of a frame whose transfer characteristic is `curve`, the right way up."""
    matrix = frame.colorspace
    if matrix not in (1, 4, 5, 6, 7, BT2020):  # untagged, or of no use to swscale
        matrix = BT2020 if curve in (PQ, HLG) else 1 if frame.height >= HD else 5
    if frame.format.components[0].bits > 8:
        fine = frame.reformat(format="rgb48le", src_colorspace=matrix).to_ndarray()  # to rgb24 it would come too dark
        image = toned(fine, curve) if curve in (PQ, HLG) else ((fine + np.float32(128)) / 257).astype(np.uint8)
    else:
        image = frame.reformat(format="rgb24", src_colorspace=matrix).to_ndarray()
    turns = round(frame.rotation / 90) % 4  # counter-clockwise, as a phone's display matrix says
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image


def toned(image: np.ndarray, curve: int) -> np.ndarray:
    """(H,W,3) uint8 sRGB of BT.2020 HDR (H,W,3) uint16: paper becomes white, what is brighter is pressed below."""
    light = light_of(curve)[image >> 6]  # (H,W,3)
    if curve == HLG:  # from the scene's light to the screen's
        light *= PEAK / WHITE * (light @ LUMINANCE.astype(np.float32))[..., None] ** 0.2
    light = np.maximum(light @ TO_709.T.astype(np.float32), 0)
    most = light.max(2, keepdims=True)
    pressed = KNEE + (1 - KNEE) * -np.expm1(-(most - KNEE) / (1 - KNEE))
    light *= np.where(most > KNEE, pressed / np.maximum(most, 1e-6), 1)
    return srgb_codes()[(light * 4095 + 0.5).astype(np.uint16)]


@lru_cache(2)
def light_of(curve: int) -> np.ndarray:
    """(1024,) float32 linear light of a code: PQ in SDR's white, HLG of the scene, 0..1 (BT.2100)."""
    code = np.arange(CODES + 1) / CODES
    if curve == HLG:
        a, b, c = 0.17883277, 0.28466892, 0.55991073
        light = np.where(code <= 0.5, code**2 / 3, (np.exp((code - c) / a) + b) / 12)
    else:
        root = code ** (1 / 78.84375)
        light = (np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (1 / 0.1593017578125)
        light *= 10_000 / WHITE
    return light.astype(np.float32)


@lru_cache(1)
def srgb_codes() -> np.ndarray:
    """(4096,) uint8 of linear light in steps of 1/4095."""
    light = np.arange(4096) / 4095
    curve = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return (curve * 255).round().astype(np.uint8)
