"""Pictures on disk, read a part at a time: minutes of video would not fit the memory."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np


class PictureStore:
    """n pictures (h,w,3) uint8 in a nameless file in `folder`, which goes when the process goes."""

    def __init__(self, folder: Path, pictures: Iterable[np.ndarray]):
        """Raises RuntimeError, naming the picture, where the disk has no room for it."""
        folder.mkdir(parents=True, exist_ok=True)
        self.count, self.shape = 0, (0, 0, 3)
        # read and written past Python's buffer; not memory-mapped, so that what is read is not counted as our memory
        self.file = TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115
        try:
            for picture in pictures:
                self.shape = picture.shape
                self._write(np.ascontiguousarray(picture))
                self.count += 1
        except OSError as error:
            self.file.close()
            raise RuntimeError(
                f"{folder} has no room for frame {self.count} of the footage ({error.strerror}): make room, or set "
                "LIPSPLAT_CACHE to a folder on a larger disk"
            ) from error

    def __len__(self) -> int:
        return self.count

    def read(self, i: int, box: tuple[slice, slice] = np.s_[:, :]) -> np.ndarray:
        """Part `box` of picture i, (h,w,3) uint8; only its rows leave the disk."""
        top, bottom, _ = box[0].indices(self.shape[0])
        rows = np.empty((bottom - top, *self.shape[1:]), np.uint8)
        row = self.shape[1] * self.shape[2]
        self.file.seek((i * self.shape[0] + top) * row)
        if self.file.readinto(rows.reshape(-1)) != rows.size:
            raise RuntimeError(f"the footage's store ends before frame {i}: run the same command again")
        return rows[:, box[1]]

    def _write(self, picture: np.ndarray) -> None:
        left = memoryview(picture).cast("B")
        while len(left):
            left = left[self.file.write(left) :]
