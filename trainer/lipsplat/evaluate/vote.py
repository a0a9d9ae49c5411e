"""A blind vote: pairs of short clips, truth or render or two avatars, sides by chance; a person picks the better one.

    lipsplat vote build/vote [--bundle DIR] [--other DIR]    # then open build/vote/index.html

Each pair shows the same held-out seconds with their sound. The page keeps the votes in the browser, shows the share for
each method with its 95 % interval (Wilson 1927), and saves them as JSON. Which side is which stands, scrambled, in the
page: a person who does not look for it does not see it.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lipsplat.bundle import load_bundle
from lipsplat.bundle.video import write_video
from lipsplat.capture import HELD_OUT_FROM, Capture
from lipsplat.evaluate.closure import FPS
from lipsplat.evaluate.drive import conditions_of, lip_of_frames, portraits
from lipsplat.speech.features import lip_features

PAGE = Path(__file__).with_name("vote.html")


@dataclass(frozen=True)
class VoteConfig:
    seconds: float = 2.4  # of a clip
    apart: float = 1.2  # seconds between the beginnings of two clips
    pairs: int = 20  # at most
    seed: int = 1


def write_vote(
    out: Path, capture: Capture, speech: Path, bundles: Sequence[Path], config: VoteConfig = VoteConfig()
) -> Path:
    """Writes clips and page of one avatar against truth, or of two avatars. Returns the page's path.

    Raises ValueError for any other number of bundles.
    """
    if len(bundles) not in (1, 2):
        raise ValueError(f"bundles: {len(bundles)} given; one is held against the footage, two against each other")
    count, step = round(config.seconds * FPS), round(config.apart * FPS)
    starts = range(0, len(capture) - HELD_OUT_FROM - count + 1, step)[: config.pairs]
    held_out = np.arange(HELD_OUT_FROM, HELD_OUT_FROM + starts[-1] + count)
    voice, rate = capture.voice()
    lip = lip_of_frames(*lip_features(voice, rate, speech), len(capture))[held_out]
    films: dict[str, np.ndarray] = {}
    for bundle in bundles:
        avatar = load_bundle(bundle)
        name = bundle.name if bundle.name not in films else str(bundle)
        films[name] = np.stack(list(portraits(avatar, conditions_of(capture, avatar, lip, held_out))))
    if len(films) < 2:
        films["footage"] = capture.frames(HELD_OUT_FROM, int(held_out[-1]) + 1)
    out.mkdir(parents=True, exist_ok=True)
    chance, names, pairs = np.random.default_rng(config.seed), list(films), []
    for number, first in enumerate(starts):
        sides = [names[k] for k in chance.permutation(2)]
        from_sample = round((HELD_OUT_FROM + first) / FPS * rate)
        sound = voice[from_sample : from_sample + round(count / FPS * rate)]
        for side, name in zip("ab", sides, strict=True):
            write_video(out / f"{number}-{side}.mp4", films[name][first : first + count], FPS, (sound, rate))
        pairs.append(sides)
    key = b64encode(json.dumps({"names": names, "pairs": pairs}).encode()).decode()
    (out / "index.html").write_text(PAGE.read_text().replace("KEY", key))
    return out / "index.html"
