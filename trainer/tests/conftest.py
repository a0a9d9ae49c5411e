"""What tests of several parts need."""

import pytest

from lipsplat.mesh import NoOpenGLError
from lipsplat.mesh.renderer import context
from lipsplat.paths import SHARED


@pytest.fixture(scope="session")
def heads_can_be_drawn() -> None:
    """Skips where the head kit or OpenGL is missing."""
    if not (SHARED / "data" / "digital-human").exists():
        pytest.skip("no ../shared/data")
    try:
        context()
    except NoOpenGLError as error:
        pytest.skip(str(error))
