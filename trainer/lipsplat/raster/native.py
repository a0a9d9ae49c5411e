"""Build and load the C++ rasterizer: compiled once per machine, for the vector instructions that machine has."""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import subprocess
from functools import lru_cache
from pathlib import Path

from lipsplat.paths import CACHE

SOURCE = Path(__file__).with_name("raster.cpp")
# The parts of -ffast-math that vectorise sums; the whole of it would switch off subnormals for the entire process.
RELAXED = ["-fno-math-errno", "-fno-trapping-math", "-fno-signed-zeros", "-fassociative-math", "-freciprocal-math"]
FLAGS = ["-O3", "-march=native", "-mprefer-vector-width=512", "-fopenmp", *RELAXED]


def processor() -> str:
    """What tells one instruction set from another: a cache shared between machines must not mix them."""
    info = Path("/proc/cpuinfo")
    flags = (
        next((line for line in info.read_text().splitlines() if line.startswith("flags")), "") if info.exists() else ""
    )
    return platform.machine() + platform.processor() + flags


@lru_cache
def library() -> ctypes.CDLL:
    compiler = os.environ.get("CXX", "g++")
    flags = [f for f in FLAGS if platform.machine() in ("x86_64", "AMD64") or not f.startswith("-mprefer")]
    key = hashlib.sha256(SOURCE.read_bytes() + f"{flags}{compiler}{processor()}".encode()).hexdigest()[:16]
    target = CACHE / "native" / f"raster-{key}.so"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(f".{os.getpid()}")
        try:
            subprocess.run(
                [compiler, *flags, "-std=c++17", "-shared", "-fPIC", str(SOURCE), "-o", str(part)], check=True
            )
        except FileNotFoundError as error:
            raise RuntimeError(
                f"the CPU rasterizer needs a C++ compiler: install g++ or set CXX ({compiler} not found)"
            ) from error
        os.replace(part, target)
    lib = ctypes.CDLL(str(target))
    lib.raster_forward.restype = ctypes.c_void_p
    lib.raster_forward.argtypes = (
        [ctypes.c_int] + [ctypes.c_void_p] * 4 + [ctypes.c_int] * 2 + [ctypes.c_float] * 3 + [ctypes.c_void_p]
    )
    lib.raster_backward.argtypes = [ctypes.c_void_p] * 10
    lib.raster_free.argtypes = [ctypes.c_void_p]
    return lib
