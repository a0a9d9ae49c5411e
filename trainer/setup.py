"""Beside what pyproject.toml says: the speech model goes into the package, so that an avatar can be made without the
repository. An editable install reads it where it is."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SPEECH = Path(__file__).resolve().parent.parent / "public" / "models" / "speech"


class WithSpeech(build_py):
    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            folder = Path(self.build_lib) / "lipsplat" / "models" / "speech"
            self.mkpath(str(folder))
            for name in ("speech.json", "encoder.onnx"):
                self.copy_file(str(SPEECH / name), str(folder / name))


setup(cmdclass={"build_py": WithSpeech})
