"""Make the speech set: many voices with known phone times, resumable, reproducible by seed.

    lipsplat synthesize --voices node_modules/kokoro-js/voices --minutes 90 [--shard 0/2]

Each utterance becomes SPEECH_SET/<voice>/<index>.flac (24 kHz mono) and .json ([symbol, start_s, end_s] rows).
The held-out voices come first, so that the test set is whole however early the job is stopped.
About half of real time per core; Kokoro-82M, weights and voices Apache-2.0 (see `../shared/subject/voice.py`).
"""

from __future__ import annotations

import itertools
import json
import os
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lipsplat.paths import SPEECH_SET, SUBJECT
from lipsplat.speech import texts

# No training stage hears these: three women, three men, both accents.
HELD_OUT_VOICES = ("af_bella", "af_nova", "am_puck", "am_eric", "bf_emma", "bm_george")
VOICES = """
am_michael af_heart am_adam bf_alice bm_daniel af_alloy am_echo bf_isabella bm_fable af_aoede
am_fenrir bf_lily bm_lewis af_jessica am_liam af_kore am_onyx af_nicole am_santa af_river af_sarah
af_sky
"""
TRAINING_VOICES = VOICES.split()
HELD_OUT_UTTERANCES = 10  # of each held-out voice, of sentences that training voices say too: over 5 minutes in all
PROSE_UTTERANCES = 50  # of each training voice; whatever it says after them nobody else says


@dataclass(frozen=True)
class Line:
    voice: str
    index: int
    text: str
    speed: float

    @property
    def stem(self) -> Path:
        return SPEECH_SET / self.voice / f"{self.index:04d}"


def script() -> Iterator[Line]:
    """The whole set's lines in the order they are made; endless."""
    source, words = texts.prose(seed=1), texts.drawn(seed=3)
    chance = random.Random(2)
    for index in range(HELD_OUT_UTTERANCES):
        for voice in HELD_OUT_VOICES:
            yield Line(voice, index, next(source), 1.0)
    for number, text in enumerate(texts.UNHEARD):
        index, voice = divmod(number, len(HELD_OUT_VOICES))
        yield Line(HELD_OUT_VOICES[voice], HELD_OUT_UTTERANCES + index, text, 1.0)
    for index in itertools.count():
        for voice in TRAINING_VOICES:
            text = next(source) if index < PROSE_UTTERANCES else next(words)
            yield Line(voice, index, text, round(chance.uniform(0.85, 1.2), 2))


def synthesize(voices: Path, minutes: float, shard: tuple[int, int] = (0, 1)) -> None:
    """Speak every line of this shard that is not on disk yet, until the whole set is about `minutes` long."""
    sys.path.insert(0, str(SUBJECT))
    import soundfile
    import voice as kokoro  # ../shared/subject/voice.py

    kokoro.session(1)
    seconds = 0.0
    for number, line in enumerate(script()):
        if number % shard[1] != shard[0]:
            continue
        if seconds * shard[1] > 60 * minutes:
            return
        sound, phones = line.stem.with_suffix(".flac"), line.stem.with_suffix(".json")
        if not phones.exists():
            sound.parent.mkdir(parents=True, exist_ok=True)
            audio, spoken = kokoro.speak(line.text, voices, line.voice, line.speed)
            soundfile.write(sound, audio, kokoro.RATE)
            rows = [[p.symbol, round(p.start, 4), round(p.end, 4)] for p in spoken]
            part = phones.with_suffix(".part")  # the phones' file is the mark of a finished line
            part.write_text(json.dumps({"text": line.text, "speed": line.speed, "phones": rows}))
            os.replace(part, phones)
        seconds += soundfile.info(sound).duration
        print(f"{number} {line.voice} {seconds / 60:.1f} min", flush=True)
