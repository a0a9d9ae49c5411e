"""The shipped cues, on a voice that no training heard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from lipsplat.expression.features import cues_of, load_cues_model
from lipsplat.expression.model import NAMES
from lipsplat.expression.pitch import pitch
from lipsplat.paths import LJSPEECH
from lipsplat.speech.augment import coloured_noise
from lipsplat.speech.dataset import read_sound
from lipsplat.speech.features import to_rate
from lipsplat.speech.report import look_ahead_ms, streaming_max_diff

RATE = 16_000
DATA = Path(__file__).with_name("data")  # two held-out voices of Kokoro-82M (Apache-2.0), each line with two melodies


def column(cues: np.ndarray, name: str) -> np.ndarray:
    return cues[:, NAMES.index(name)]


@pytest.fixture(scope="module")
def real_clip() -> np.ndarray:
    """8 s of a real voice at 16 kHz: LJSpeech clip 1, of the part that no training hears."""
    return to_rate(*read_sound(LJSPEECH / "LJ001-0001.flac"), RATE)


@pytest.fixture(scope="module")
def real_cues(real_clip) -> tuple[np.ndarray, np.ndarray]:
    return cues_of(real_clip, RATE)


def test_blocks_give_what_the_whole_file_gives(real_clip):
    model = load_cues_model()
    for hops in ((1,), (4, 1, 9)):
        assert streaming_max_diff(model, real_clip[: 4 * RATE], hops) <= 1e-4  # float32 sums in another order


def test_no_sample_later_than_200_ms_changes_a_cue():
    ahead = look_ahead_ms(load_cues_model()) - 20  # a cue stands for the middle of its 40 ms
    assert 100 < ahead <= 200


def test_cues_are_bounded_at_any_level(real_clip):
    for gain in (0.0, 0.03, 30.0):
        times, cues = cues_of(np.clip(gain * real_clip, -1, 1), RATE)
        assert cues.shape == (len(times), 8) and np.isfinite(cues).all()
        assert cues.max() <= 1 and cues.min() >= -1 and np.delete(cues, [2, 7], 1).min() >= 0


def test_nobody_is_heard_in_silence_and_a_voice_is():
    room = 10 ** (-50 / 20) * coloured_noise(torch.Generator().manual_seed(4), torch.ones(1, 1), 4 * RATE)[0].numpy()
    for quiet in (np.zeros(4 * RATE), room):
        cues = cues_of(quiet, RATE)[1][10:]
        assert column(cues, "voiced").max() < 0.5 and column(cues, "prominence").max() < 0.5


def test_voice_and_pitch_follow_the_sound(real_clip, real_cues):
    times, cues = real_cues
    hertz = pitch(real_clip)[np.minimum((times * 100).astype(int), len(real_clip) // 160)]
    sounds = hertz > 0
    assert ((column(cues, "voiced") > 0.5) == sounds).mean() > 0.85
    late = sounds & (times > 2)  # the speaker's mean is known by then
    tone = 12 * np.log2(hertz[late] / np.median(hertz[late]))
    assert (np.abs(12 * column(cues, "pitch")[late] - tone) < 2).mean() > 0.75  # semitones


def test_level_of_the_microphone_does_not_matter(real_clip, real_cues):
    softer = cues_of(0.2 * real_clip, RATE)[1]
    assert np.abs(softer[50:] - real_cues[1][50:])[:, :7].mean() < 0.08


@pytest.mark.parametrize("voice", ["am_eric", "bf_emma"])
def test_a_question_is_told_from_the_same_words_that_fall(voice):
    asked, said = (cues_of(*read_sound(DATA / f"{voice}-{close}.ogg"))[1] for close in ("rise", "fall"))
    assert column(asked, "question").max() > 0.6 > 0.4 > column(said, "question").max()
    assert column(asked, "phrase_end").max() > 0.6 and column(said, "phrase_end").max() > 0.6


def test_a_livelier_melody_is_more_aroused():
    """The same line with its pitch held nearly level, and as it was spoken."""
    flat, lively = (cues_of(*read_sound(DATA / f"am_eric-{kind}.ogg"))[1] for kind in ("flat", "wide"))
    spoken = column(lively, "voiced") > 0.5
    assert column(lively, "arousal")[spoken].mean() > column(flat, "arousal")[spoken].mean() + 0.1


def test_a_recording_without_cues_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="export-cues"):
        load_cues_model(tmp_path)
