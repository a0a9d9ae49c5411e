"""The eight eyeLook coefficients of ARKit, which say the gaze again."""

from __future__ import annotations

import numpy as np

LOOKS = tuple(f"eyeLook{way}{side}" for way in ("Down", "In", "Out", "Up") for side in ("Left", "Right"))
LOOK_RANGE = 0.6  # radians of gaze at which a coefficient is 1


def look_weights(gaze: np.ndarray) -> dict[str, np.ndarray]:
    """The coefficients, (F,) each, of a gaze (F,2) in radians: yaw to the person's left, pitch down."""
    yaw, pitch = gaze.T / LOOK_RANGE
    ways = {"DownLeft": pitch, "DownRight": pitch, "UpLeft": -pitch, "UpRight": -pitch,
            "OutLeft": yaw, "InRight": yaw, "InLeft": -yaw, "OutRight": -yaw}  # fmt: skip
    return {f"eyeLook{way}": np.clip(value, 0, 1) for way, value in ways.items()}
