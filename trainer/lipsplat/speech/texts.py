"""What the voices of the speech set say: what training hears, and what only tests do.

A network that hears three seconds back learns a small stock of sentences by heart: of 630 texts in many voices it gave
the lips' opening at r 0.91 in voices it had not heard, and at 0.83 where the sentences too were new. So most lines are
drawn word by word and never twice, and no training voice says a sentence of `UNHEARD`.
"""

from __future__ import annotations

import csv
import math
import random
from collections.abc import Iterator
from pathlib import Path

from lipsplat.paths import LJSPEECH

LONGEST_TEXT = 150  # characters: about 10 s
# Closures are rare in prose: every third text of the prose is one of these.
RICH_IN_CLOSURES = """
Please bring my blue map before five.
Mama, papa, baby: people mumble.
Bob, maybe buy a big bomb proof box.
Five fine vines and a very vivid violin.
My memory became more and more bizarre.
Pam, pack a pumpkin pie for Bill.
Hmm, probably not. I'm happy to be home.
The member jumped from the lamp to the sober tramp.
Peter Piper picked a peck of pickled peppers.
Remember, a problem shared is a problem halved.
Stop! Keep up. Sum up the map. Grab the cab.
Oh, moo. You move, we move; who knew?
Ah, father, calm the palm tree.
See me keep these green beans clean.
Open up the apple box, Emma.
Rub a dub dub, three men in a tub.
Mom, a spoon of marmalade?
Back up, Abby; a bumble bee!
Ship the cheap sheep to Sheba.
Why would a wolf woo a worm?
"""
CLOSURES = RICH_IN_CLOSURES.strip().splitlines()
# Of our own making, as people speak to a page.
SPOKEN_TO_A_PAGE = """
Hello there, can you hear me well enough from over here?
Turn left at the church, then walk about thirty yards to the third door.
I have been working from home since early February, and honestly it suits me.
Could you move the Thursday meeting to half past two, please?
What a beautiful evening; we should go down to the harbour before it gets dark.
My sister bought a purple umbrella, but she lost it on the bus the very next day.
If anybody asks, just tell them the parcel will be here tomorrow morning.
The nurse said her first shift begins at seven and never ends on time.
Good afternoon, and welcome to the first lesson of our cooking course.
Wash the rice, boil it for twelve minutes, and leave the lid on.
He laughed so loudly that everyone in the cinema turned around.
Nobody told me the garden would be this much work in August.
Choose a colour you like, click on save, and you are done.
We drove through fog all night and only reached the village at dawn.
Are you sure that the water is warm enough for the children?
Every bird in that old oak wakes me up long before my alarm does.
I would rather have soup than another cheese sandwich.
The museum is closed on Mondays, although the shop stays open.
Let me show you how the whole thing works in under a minute.
They vote for a new mayor in five months, unless something happens first.
She plays the cello, her brother plays the drums, and the neighbours moved away.
Thank you ever so much for calling; I really appreciate your help.
Put both hands on the wheel and look further ahead than you think you need to.
There were fewer people at the beach than usual, perhaps because of the wind.
His voice was hoarse, his nose was red, and he still went to the match.
Is it worth buying the bigger battery, or will the small one do?
Our train leaves from platform eleven, so hurry up and finish your coffee.
The judge heard thirteen witnesses and believed perhaps four of them.
You can change the language in the menu at the top of the page.
A good joke needs a pause exactly where you least expect it.
I measured the kitchen twice, and the cupboard still does not fit.
Some birds fly thousands of miles without ever touching the ground.
Which of these shirts would you wear to a job interview?
The recipe says butter, but olive oil works just as well.
When the power failed, we lit candles and told each other stories.
My grandfather could whistle two tunes at the same time.
Please leave your message after the tone, and speak slowly.
The earth turns, the world burns, and the early worm learns.
How much would it be to send this to Norway by the end of the week?
That was the worst pizza I have ever had, and I would order it again.
We are out of milk, bread, paper towels and patience.
Excuse me, does this bus stop anywhere near the hospital?
We painted the bedroom yellow, but in the evening it looks more like mustard.
Your order has been packed and should arrive between nine and eleven.
I never learned to swim properly, though I grew up next to a lake.
Press the green button twice and wait until the light stops blinking.
Her speech was short, clever and surprisingly funny.
There is a small bakery around the corner that opens at five.
Three hundred and forty people signed up for the course in a single weekend.
Why don't you ask your neighbour whether he could feed the cat?
Fresh herbs go into the pot at the very end, never before.
The weather forecast promised sunshine, and now look at all this hail.
After the merger, our company moved to a larger office by the river.
Could I have the menu once more, and a glass of tap water?
He turned thirty-three last Thursday and did not tell anybody.
In theory it works; in practice the cable is too short.
The guide pointed at a tower, shrugged, and walked on.
Please mind the gap, and keep your bags with you at all times.
I would love to join you, but my flight gets in after midnight.
When you smile at a stranger, most of them smile back.
The choir rehearses every Tuesday, whether or not the boiler works.
She wrote her first novel on a phone during her lunch breaks.
Our password rules have changed, so choose a new one before Friday.
You should have seen his face when the parrot answered the door.
Half of the world lives within an hour or two of the sea.
The vet says our puppy needs more walks and fewer biscuits.
Nothing beats a bowl of porridge on a foggy morning.
Although the path was steep, we reached the top well before noon.
If the screen stays black, unplug it and count slowly to ten.
Economists argue about everything except their own fees.
A hundred years ago this was a quiet farm with four cows.
Let us begin with the basics: what is a wave, and why does it move?
The plumber came, sighed, fixed it in a minute and charged for an hour.
My favourite part of the show is when everybody forgets the words.
Would you mind closing the window before the papers blow away?
They were both right, of course, which made the quarrel worse.
To be fair, nobody had asked for a purple sofa in the first place.
Goodbye for now; same time, same place, next Wednesday.
"""
UNHEARD = SPOKEN_TO_A_PAGE.strip().splitlines()
# Drawn words: p ** FLAT of a word's share in speech, so that rare words, and rare sounds, come up.
FLAT = 0.7
LEAST_SHARE = 1e-6  # of speech; what is rarer is mostly names
CANDIDATES = 40  # for each next word, of which one is taken by how well it follows


def prose(seed: int) -> Iterator[str]:
    """Endless sentences: public-domain prose cut at its pauses, every third one full of lip closures."""
    with open(LJSPEECH / "transcripts.csv", newline="") as file:
        sentences = [row[1] for row in csv.reader(file, delimiter="|", quoting=csv.QUOTE_NONE)]
    chance = random.Random(seed)
    while True:
        chance.shuffle(sentences)
        for i, sentence in enumerate(sentences):
            if len(sentence) > LONGEST_TEXT:
                sentence = sentence[: sentence.rfind(" ", 0, LONGEST_TEXT)].rstrip(",;:")
            yield sentence
            if i % 2:
                yield " ".join(chance.sample(CLOSURES, 2))


def drawn(seed: int) -> Iterator[str]:
    """Endless sentences that nobody has said: words of pocketsphinx's dictionary, drawn by its language model."""
    from pocketsphinx import NGramModel, get_model_path

    folder = Path(get_model_path("en-us"))
    model = NGramModel.readfile(str(folder / "en-us.lm.bin"))

    def share(*latest_first: str) -> float:
        return math.exp(1e-4 * model.prob(list(latest_first)))  # its logarithms are to the base 1.0001

    entries = (line.split()[0] for line in (folder / "cmudict-en-us.dict").read_text().splitlines())
    shares = {word: share(word) for word in entries if word.isalpha()}
    shares = {word: p for word, p in shares.items() if p > LEAST_SHARE}
    words, flattened = list(shares), [p**FLAT for p in shares.values()]
    chance = random.Random(seed)

    def next_word(before: list[str]) -> str:
        candidates = chance.choices(words, flattened, k=CANDIDATES)
        return chance.choices(candidates, [share(w, *before[:-3:-1]) / shares[w] for w in candidates])[0]

    while True:
        said: list[str] = []
        for _ in range(chance.randint(6, 15)):
            said.append(next_word(said))
        pauses = (", " if chance.random() < 0.1 else " " for _ in said[1:])
        sentence = said[0] + "".join(pause + word for pause, word in zip(pauses, said[1:], strict=True))
        yield sentence.capitalize() + chance.choice(".....?!")
