"""Words of a recording with their times, the mark behind them, and whether and where they are stressed.

Synthesized lines: espeak-ng's phonemes are what the voice was given, so words and stress come with the phones. Real
clips: the aligner's phones are cut into words by its own dictionary, and the stress of a word is espeak-ng's.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lipsplat.speech.align import ALIGNED, IPA, SYNTHETIC_LAG
from lipsplat.speech.dataset import read_phones
from lipsplat.speech.truth import Phone

VOWELS = "aɑæʌɐeɛəiɪᵻoɔɒuʊɜɝɚAEIOQUWY"
MARKS = ".?!;:,—…"
LITTLE = """
a an the this that these those i me my we us our you your he him his she her it its they them their who whom which what
and or but nor so if as than then of in on at by to from for with into upon about over under after before between
through during without within is am are was were be been being has have had do does did will would shall should can
could may might must not no there here when where while because since until though although such same some any each
"""
FUNCTION = set(LITTLE.split())


@dataclass(frozen=True)
class Word:
    phones: list[Phone]
    stressed: Phone | None  # its stressed vowel; None: a function word
    mark: str  # the punctuation behind it, "" where there is none

    @property
    def start(self) -> float:
        return self.phones[0].start

    @property
    def end(self) -> float:
        return self.phones[-1].end


def syllables(phones: list[Phone]) -> list[Phone]:
    """The vowels, one a syllable: the two halves of a diphthong are one."""
    out: list[Phone] = []
    for p in phones:
        if p.symbol and p.symbol in VOWELS:
            if out and abs(out[-1].end - p.start) < 1e-6 and p.symbol in "ɪʊ":
                out[-1] = Phone(out[-1].symbol, out[-1].start, p.end)
            else:
                out.append(p)
    return out


def word(phones: list[Phone], stress: int | None, mark: str) -> Word:
    """stress: the phone from which the stressed vowel is looked for."""
    vowels = [] if stress is None else [v for v in syllables(phones) if v.end > phones[stress].start]
    return Word(phones, vowels[0] if vowels else None, mark)


def spoken_words(ipa: str, phones: list[Phone]) -> list[Word]:
    """Words of a synthesized line from the phonemes it was made of, as `voice.speak` makes phones of them.

    Raises ValueError where they do not fit, as with another version of espeak-ng.
    """
    out: list[Word] = []
    mine: list[Phone] = []
    stress, k = None, 1  # phone 0 is the silence before

    def close(mark: str) -> None:
        nonlocal mine, stress
        if mine:
            out.append(word(mine, stress, mark))
        elif mark and out:
            out[-1] = Word(out[-1].phones, out[-1].stressed, out[-1].mark + mark)
        mine, stress = [], None

    for c in ipa:
        if c == "ˈ":
            stress = len(mine) if stress is None else stress
        elif c == " ":
            close("")
        elif c not in "ˌːʰ":
            if k >= len(phones) - 1 or phones[k].symbol != (c if c.isalpha() else ""):
                raise ValueError(f"phone {k} is no {c!r}: the line was made of other phonemes; make it again")
            if c.isalpha():
                mine.append(phones[k])
            else:
                close(c if c in MARKS else "")
            k += 1
    close("")
    return out


def synthetic_words(stem: Path, text: str) -> list[Word]:
    """Words of a line of a speech set, at the times of their sound."""
    import voice as kokoro  # ../shared/subject/voice.py, on the path since `speech.dataset`

    phones = [Phone(p.symbol, p.start - SYNTHETIC_LAG, p.end - SYNTHETIC_LAG)
              for p in read_phones(stem.with_suffix(".json"))]  # fmt: skip
    return spoken_words(kokoro.phonemize(text, "en" if stem.parent.name.startswith("b") else "en-us"), phones)


@lru_cache
def dictionary():
    from pocketsphinx import Decoder

    return Decoder(lm=None, loglevel="FATAL")


@lru_cache(None)
def pronunciations(text: str) -> list[list[str]]:
    """IPA symbols of every way the aligner's dictionary says a word."""
    found, k = [], 1
    while said := dictionary().lookup_word(text if k == 1 else f"{text}({k})"):
        found.append([c for phone in said.split() for c in IPA[phone]])
        k += 1
    return found


@lru_cache(None)
def stress_of(text: str) -> int:
    """Which vowel of a word bears its main stress, by espeak-ng."""
    run = subprocess.run(["espeak-ng", "-q", "--ipa", "-v", "en-us", text], capture_output=True, text=True, check=True)
    before = run.stdout.strip().split("ˈ")[0] if "ˈ" in run.stdout else ""
    return len(re.findall(f"[{VOWELS}][ɪʊ]?", before))


def cut(texts: list[str], phones: list[Phone]) -> list[list[Phone]] | None:
    """Phones (silences among them) as one list a word, or None where the words do not give these phones."""
    if not texts:
        return [] if all(not p.symbol for p in phones) else None
    while phones and not phones[0].symbol:
        phones = phones[1:]
    for said in pronunciations(texts[0]):
        if [p.symbol for p in phones[: len(said)]] == said:
            rest = cut(texts[1:], phones[len(said) :])
            if rest is not None:
                return [phones[: len(said)], *rest]
    return None


def real_words(name: str, text: str) -> list[Word]:
    """Words of an aligned LJSpeech clip. Raises ValueError where its phones are not those of its text."""
    found = re.findall(r"([a-z']+)([^a-z']*)", text.lower().replace("’", "'"))
    texts = [w if pronunciations(w) else w.strip("'") for w, _ in found]
    cuts = cut(texts, read_phones(ALIGNED / f"{name}.json"))
    if cuts is None:
        raise ValueError(f"{name}: its phones are not those of its text; align it again")

    def words() -> Iterator[Word]:
        for said, phones, (_, behind) in zip(texts, cuts, found, strict=True):
            vowels = syllables(phones)
            mark = "".join(c for c in behind if c in MARKS)
            stressed = None if said in FUNCTION or not vowels else vowels[min(stress_of(said), len(vowels) - 1)]
            yield Word(phones, stressed, mark)

    return list(words())
