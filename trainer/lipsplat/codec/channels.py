"""Between ARKit's 52 coefficients and an avatar's 13 channels; the parts of the face that move on their own."""

from __future__ import annotations

import numpy as np

from lipsplat.capture import EXPRESSION, GAZE
from lipsplat.face.names import ARKIT

LOOK_RANGE = 0.5  # radians of gaze at which an eyeLook coefficient is 1, as the player has it (src/motion/arkit.ts)
CODED = tuple(i for i, name in enumerate(EXPRESSION) if name not in GAZE)  # the gaze goes past the codes
# Within a part the avatar's channels hang together, between parts they do not: a face may frown and smile.
PARTS: dict[str, tuple[int, ...]] = {
    "brows": tuple(i for i, name in enumerate(EXPRESSION) if name.startswith("brow")),
    "lids": tuple(i for i, name in enumerate(EXPRESSION) if name.startswith("eye")),
    "smile": tuple(i for i, name in enumerate(EXPRESSION) if name.startswith("mouth")),
}
_LOOKS = {"OutLeft": (1, 0), "InRight": (1, 0), "InLeft": (-1, 0), "OutRight": (-1, 0),
          "DownLeft": (0, 1), "DownRight": (0, 1), "UpLeft": (0, -1), "UpRight": (0, -1)}  # fmt: skip


def _picking() -> np.ndarray:
    """(52,13): coefficients @ it are the channels; of the gaze the mean of both eyes."""
    table = np.zeros((len(ARKIT), len(EXPRESSION)), np.float32)
    for i, name in enumerate(EXPRESSION):
        if name not in GAZE:
            table[ARKIT.index(name), i] = 1
    for look, (yaw, pitch) in _LOOKS.items():
        row = table[ARKIT.index(f"eyeLook{look}")]
        row[EXPRESSION.index("gazeYaw")], row[EXPRESSION.index("gazePitch")] = yaw, pitch
    return table * np.where(np.isin(EXPRESSION, GAZE), LOOK_RANGE / 2, 1).astype(np.float32)


PICKING = _picking()


def pick(coefficients: np.ndarray) -> np.ndarray:
    """Coefficients (…,52) to channels (…,13): by name, gaze in radians (yaw to the person's left, pitch down)."""
    return coefficients @ PICKING


def to_arkit(expression: np.ndarray) -> np.ndarray:
    """Channels (…,13) to coefficients (…,52) within 0 … 1; those that no channel names are 0."""
    of_one = np.where(np.isin(EXPRESSION, GAZE), LOOK_RANGE, 1)  # what a coefficient of 1 says
    return np.clip(expression / of_one @ np.sign(PICKING).T, 0, 1).astype(np.float32)
