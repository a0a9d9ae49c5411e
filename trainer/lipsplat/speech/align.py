"""Phone times of real speech: LJSpeech aligned to its transcripts by pocketsphinx (BSD-2; model inside its wheel).

Clips with a word that the CMU dictionary lacks, and clips cut shorter than their text, are left out. The first
`REAL_TEST` clips are the real-voice test and are never trained on.
"""

from __future__ import annotations

import csv
import json
import os
import re
from pathlib import Path

import numpy as np

from lipsplat.paths import CACHE, LJSPEECH
from lipsplat.speech.dataset import cached, read_phones, read_sound
from lipsplat.speech.features import to_rate
from lipsplat.speech.names import RATE
from lipsplat.speech.truth import Phone, Utterance, utterance

REAL_TEST = 64
REAL_CLOSURE = 60  # the first so many clips that could be aligned measure closure; those among them from REAL_TEST on
# may have been heard in training and are counted apart
ALIGNED = CACHE / "ljspeech-phones"
FRAME_RATE = 100  # pocketsphinx frames a second
# The synthetic voices' phone times, and so the capture's mouth, come this much after their sound (by this aligner on
# both, and by the high-frequency energy of /s ʃ/); real phones are put as late, so that all truth has one convention.
SYNTHETIC_LAG = 0.065  # seconds
# ARPAbet to the IPA that `performance.VISEME` knows; two symbols share the phone's time.
PAIRS = """
AA:ɑ AE:æ AH:ʌ AO:ɔ AW:aʊ AY:aɪ B:b CH:tʃ D:d DH:ð EH:ɛ ER:ɜ EY:eɪ F:f G:ɡ HH:h IH:ɪ IY:i JH:dʒ K:k
L:l M:m N:n NG:ŋ OW:oʊ OY:ɔɪ P:p R:ɹ S:s SH:ʃ T:t TH:θ UH:ʊ UW:u V:v W:w Y:j Z:z ZH:ʒ
"""
IPA = dict(pair.split(":") for pair in PAIRS.split())


def transcripts() -> list[tuple[str, str]]:
    """(clip name, text) of every LJSpeech clip, in order."""
    with open(LJSPEECH / "transcripts.csv", newline="") as file:
        return [(row[0], row[1]) for row in csv.reader(file, delimiter="|", quoting=csv.QUOTE_NONE)]


def align(audio: np.ndarray, rate: int, text: str) -> list[list] | None:
    """[symbol, start_s, end_s] rows of forced alignment, or None where a word is unknown or nothing fits."""
    from pocketsphinx import Decoder

    decoder = Decoder(samprate=RATE, lm=None, loglevel="FATAL")
    words = re.findall(r"[a-z']+", text.lower().replace("’", "'"))
    words = [w if decoder.lookup_word(w) else w.strip("'") for w in words]
    if not all(w and decoder.lookup_word(w) for w in words):
        return None
    pcm = (np.clip(to_rate(audio, rate, RATE), -1, 1) * 32767).astype(np.int16).tobytes()
    decoder.set_align_text(" ".join(words))
    for phones in (False, True):  # words first, then their phones
        if phones:
            decoder.set_alignment()
        decoder.start_utt()
        decoder.process_raw(pcm, full_utt=True)
        try:
            decoder.end_utt()
        except RuntimeError:  # nothing fits
            return None
        if not phones and decoder.hyp() is None:
            return None
    rows: list[list] = []
    alignment = decoder.get_alignment()  # its words die with it
    for word in alignment:
        for phone in word:
            symbols = IPA.get(phone.name, " ")
            for k, symbol in enumerate(symbols):
                start, end = (phone.start + phone.duration * (k + i) / len(symbols) for i in (0, 1))
                rows.append([symbol.strip(), start / FRAME_RATE, end / FRAME_RATE])
    return rows or None


def align_ljspeech() -> None:
    """Align every clip that is not yet: ALIGNED/<clip>.json, with no phones where it could not be."""
    ALIGNED.mkdir(parents=True, exist_ok=True)
    for name, text in transcripts():
        path = ALIGNED / f"{name}.json"
        if not path.exists():
            part = path.with_suffix(".part")
            phones = align(*read_sound(LJSPEECH / f"{name}.flac"), text) or []
            part.write_text(json.dumps({"text": text, "phones": phones}))
            os.replace(part, path)


def aligned(names: list[str]) -> list[str]:
    paths = {n: ALIGNED / f"{n}.json" for n in names}
    return [n for n, p in paths.items() if p.exists() and json.loads(p.read_text())["phones"]]


def real_training_names() -> list[str]:
    return aligned([name for name, _ in transcripts()[REAL_TEST:]])


def real_test_names() -> list[str]:
    return aligned([name for name, _ in transcripts()[:REAL_TEST]])


def real_closure_names() -> list[str]:
    return aligned([name for name, _ in transcripts()])[:REAL_CLOSURE]


def bilabial_times(phones: list[Phone]) -> tuple[list[str], np.ndarray]:
    """Symbols and middles (n,) in seconds of the /p b m/ of one recording."""
    found = [p for p in phones if p.symbol in ("p", "b", "m")]
    return [p.symbol for p in found], np.array([0.5 * (p.start + p.end) for p in found])


def align_synthetic(stem: Path) -> list[Phone]:
    """A line of the speech set with the aligner's phones instead of its own; none where it could not be aligned."""
    path = ALIGNED / "synthetic" / f"{stem.parent.name}-{stem.name}.json"
    if not path.exists():
        text = json.loads(stem.with_suffix(".json").read_text())["text"]
        rows = align(*read_sound(stem.with_suffix(".flac")), text) or []
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"text": text, "phones": rows}))
    return read_phones(path)


def aligner_error(stems: list[Path]) -> dict[str, float]:
    """The aligner on speech whose phone times are known: how far its /p b m/ are off, after one constant lag.

    aligner_error_ms: median of the absolute error; aligner_within_40_ms: share of phones that are no farther off.
    """
    errors = []
    for stem in stems:
        theirs, heard = (bilabial_times(x) for x in (read_phones(stem.with_suffix(".json")), align_synthetic(stem)))
        if theirs[0] == heard[0]:  # where the symbols differ nobody knows which is which
            errors.append(theirs[1] - heard[1])
    if not errors:
        return {}
    late = np.concatenate(errors)
    off = np.abs(late - np.median(late))
    return {
        "aligner_lag_ms": 1000 * float(np.median(late)),
        "aligner_error_ms": 1000 * float(np.median(off)),
        "aligner_within_40_ms": float((off <= 0.040).mean()),
        "aligner_bilabials": len(off),
    }


def real_utterance(name: str) -> Utterance:
    """A clip with its phones at the synthetic voices' convention of time."""
    return cached(name, lambda: utterance(*read_sound(LJSPEECH / f"{name}.flac"), real_phones(name)))


def real_phones(name: str) -> list[Phone]:
    return as_late(read_phones(ALIGNED / f"{name}.json"))


def as_late(phones: list[Phone]) -> list[Phone]:
    """The aligner's phones at the synthetic voices' convention of time."""
    return [Phone(p.symbol, p.start + SYNTHETIC_LAG, p.end + SYNTHETIC_LAG) for p in phones]
