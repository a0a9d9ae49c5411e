"""The avatar bundle (ARCHITECTURE.md): written from a trained portrait, read back as it ships."""

from lipsplat.bundle.reader import Bundle, load_bundle
from lipsplat.bundle.writer import write_bundle

__all__ = ["Bundle", "load_bundle", "write_bundle"]
