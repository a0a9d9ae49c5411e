"""A set of lively lines for the cues: questions that rise and the same words that do not, calls, lists; resumable.

    lipsplat cue-lines --voices node_modules/kokoro-js/voices --minutes 25

Prose that is read has next to no questions (LJSpeech here: none in 364 clips). `speech.synthesize`
speaks them into LINES/<voice>/<index>.flac and .json; held-out voices come first.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from lipsplat.paths import CACHE
from lipsplat.speech.synthesize import HELD_OUT_VOICES, TRAINING_VOICES, Line

LINES = CACHE / "expression" / "lines"
HELD_OUT_LINES = 8  # of each held-out voice
THINGS = """
lamp|melon|letter|garden|river|window|camera|dinner|engine|mirror|paper|bottle|summer|island|market|morning train
red umbrella|old piano|lemon cake|blue door|meeting|answer|number|colour|music|weather|kitchen|mountain|newspaper
""".replace("\n", "|").strip("|").split("|")
PEOPLE = "you|they|Anna|your brother|we|Daniel|her mother|the doctor|the neighbours|Maria|the children|Robin".split("|")
# (asked so that it rises, said so that it falls): the same words where English allows it
PAIRS = """
Did {p} see the {t}?|Yes, {p} saw the {t}.
Is the {t} ready now?|The {t} is ready now.
{p} saw the {t}?|{p} saw the {t}.
{p} sold the {t} already?|{p} sold the {t} already.
The {t}?|The {t}.
Do you like the {t}?|I like the {t}.
Are {p} really going without the {t}?|We are going without the {t}.
Can you hear the {t} from here?|You can hear the {t} from here.
Really? The {t}?|Really. The {t}.
Would you bring the {t} on Monday?|I will bring the {t} on Monday.
Have you ever been near the {t}?|I have never been near the {t}.
Was it the {t}, maybe?|It was the {t}, maybe.
You mean tomorrow?|You mean tomorrow.
Okay?|Okay.
""".strip().splitlines()
OTHERS = """
Where did {p} leave the {t}?
Why would anyone want a {t} like that?
Who told {p} about the {t}?
What a beautiful {t}!
Oh no, not the {t} again!
I can't believe it! We won the {t}!
Listen, the {t} matters more than the {u}, and more than anything else.
We need a {t}, a {u}, two apples, and some bread.
Not the {t}, the {u}!
Well, if the {t} is late, then we start with the {u}.
It was quiet, so quiet that nobody noticed the {t}.
First the {t}. Then the {u}. That is all.
Honestly, I never liked the {t}; it was too loud.
Stop! Leave the {t} alone!
I am so sorry about the {t}.
""".strip().splitlines()


def line_text(chance: random.Random) -> str:
    """One to three short sentences, a question that rises in two of three lines."""
    asked, said = chance.choice(PAIRS).split("|")
    kind = chance.random()
    if kind < 0.35:
        parts = [asked, said if chance.random() < 0.5 else chance.choice(OTHERS)]
    elif kind < 0.5:
        parts = [said, asked]
    elif kind < 0.65:
        parts = [asked]
    elif kind < 0.8:
        parts = [said]
    else:
        parts = chance.sample(OTHERS, 2)

    def filled(sentence: str) -> str:
        thing, other = chance.sample(THINGS, 2)
        words = sentence.format(t=thing, u=other, p=chance.choice(PEOPLE))
        return words[0].upper() + words[1:]

    return " ".join(filled(p) for p in parts)


def script(seed: int = 9) -> Iterator[Line]:
    """The set's lines in the order they are made; endless."""
    chance = random.Random(seed)
    for index in range(HELD_OUT_LINES):
        for voice in HELD_OUT_VOICES:
            yield Line(voice, index, line_text(chance), 1.0, LINES)
    index = 0
    while True:
        for voice in TRAINING_VOICES:
            yield Line(voice, index, line_text(chance), round(chance.uniform(0.85, 1.25), 2), LINES)
        index += 1
