"""A stage is done once: what it made is kept with a hash of all that decides it, and made anew where that changes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, is_dataclass
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from tqdm import tqdm

Item = TypeVar("Item")


class StageError(RuntimeError):
    """A stage that stopped; the message names it, the frame, and the remedy. What earlier stages made is kept."""


class Stages:
    """The stages of one avatar. Their hashes stand in `folder/stages.json`."""

    def __init__(self, folder: Path, say: Callable[[str], None] = tqdm.write) -> None:
        self.folder, self.say = folder, say
        self.name, self.frame = "", 0  # where it stands
        self.kept: list[str] = []  # stages that needed nothing done
        folder.mkdir(parents=True, exist_ok=True)
        self._record = folder / "stages.json"
        self._keys: dict[str, str] = json.loads(self._record.read_text()) if self._record.exists() else {}

    def run(self, name: str, decides: object, makes: Iterable[Path], work: Callable[[], None]) -> str:
        """Does `work`, unless it was done with the same `decides` and all it `makes` is there. Returns the stage's key,
        which decides the stages that read what it made. Raises StageError."""
        makes = list(makes)
        key = digest([name, decides])
        self.name, self.frame = name, 0
        if self._keys.get(name) == key and all(path.exists() for path in makes):
            self.kept.append(name)
            self.say(f"{name}: kept")
            return key
        self._note(name, None)
        try:
            work()
        except (KeyboardInterrupt, StageError):
            raise
        except Exception as error:  # a stage calls a dozen libraries: whatever they raise ends here, with the frame
            told = str(error) or type(error).__name__
            where = f" at frame {self.frame}" if self.frame else ""
            hint = "" if isinstance(error, ValueError | RuntimeError | OSError) else (
                "; look at that frame with `lipsplat doctor`, cut it out or film again"
            )  # fmt: skip
            raise StageError(f"{name} stopped{where}: {told}{hint}. What was done is kept in {self.folder}") from error
        if missing := [path.name for path in makes if not path.exists()]:
            raise StageError(f"{name} ended without {', '.join(missing)}: run the same command again")
        self._note(name, key)
        return key

    def frames(self, items: Iterable[Item], total: int | None = None) -> Iterator[Item]:
        """`items` behind a progress bar, counted for the message of an error."""
        for i, item in enumerate(tqdm(items, desc=self.name, total=total, unit="frame", mininterval=0.5)):
            self.frame = i
            yield item

    def _note(self, name: str, key: str | None) -> None:
        self._keys = {k: v for k, v in self._keys.items() if k != name} | ({name: key} if key else {})
        part = self._record.with_suffix(".part")
        part.write_text(json.dumps(self._keys, indent=1))
        os.replace(part, self._record)


def digest(value: object) -> str:
    """A hash of configs, numbers, strings, paths (by what the file holds) and lists of them."""
    return sha256(json.dumps(value, sort_keys=True, default=_plain).encode()).hexdigest()[:24]


def _plain(value: object) -> object:
    if isinstance(value, Path):
        return content_hash(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"{type(value).__name__} cannot decide a stage")


def content_hash(path: Path) -> str:
    found = sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()
