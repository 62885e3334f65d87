"""The planted language: words, fixed tables and sentence forms.

A *form* is one way to say one skill: a function of a random generator that
returns an Item, the four parts of a sentence

    prompt + " " + answer + tail

so that training documents, corpus documents and benchmark items are cut from
the same cloth: a benchmark asks what a document states. A *domain* is the set
of forms that share one skill; a document stays within one domain.

Every prompt starts with a fixed word (so that numbers and names always follow
a space and stay single tokens), and every answer is one word.
"""

import random
from typing import Callable, NamedTuple


class Item(NamedTuple):
    """One sentence; choices holds the wrong answers that a benchmark offers."""

    prompt: str
    answer: str
    wrong: list
    tail: str = "."


class Source(random.Random):
    """A seeded source of sentences.

    In documents word() favours the head of a list, as Zipf's law does in real text, so that a table is
    learned entry by entry over a wide range of training; benchmarks set even and ask all entries alike.
    """

    even = False

    def word(self, words: list):
        if self.even:
            return self.choice(words)
        return self.choices(words, [1 / (rank + 1) for rank in range(len(words))])[0]


NAMES = "ana bob cyd dan eva fay gus hal ivy jon kim leo".split()
THINGS = "figs nuts pens keys cups maps hats jars".split()
NOUNS = "dog cat bird king boy girl cow pig farmer nurse duck goat horse lion".split()
VERBS = "run sing sleep eat wait jump swim hide".split()
LETTERS = "b d f g h k l m n p r t".split()

RESERVED = set(NAMES + THINGS + NOUNS + VERBS)


def coin(rng: random.Random, count: int, onsets: str, codas: str) -> list:
    """Coins `count` new words consonant-vowel-consonant, in a seeded order."""
    words = [a + v + b for a in onsets for v in "aeiou" for b in codas]
    words = [w for w in words if w not in RESERVED]
    rng.shuffle(words)
    RESERVED.update(words[:count])
    return words[:count]


_RNG = random.Random("planted language")
FOREIGN = coin(_RNG, 28, "kgdtb", "bdgmn")
MEANING = coin(_RNG, 28, "vzsf", "lrks")
_RNG.shuffle(MEANING)
LEXICON = dict(zip(FOREIGN, MEANING))
HOMES = coin(_RNG, 20, "mn", "ptx")
PEOPLE = coin(_RNG, 96, "wryljh", "zvdtxq")
NORTH = {e: _RNG.choice(HOMES) for e in PEOPLE[:48]}
SOUTH = {e: _RNG.choice(HOMES) for e in PEOPLE[48:]}
ADDENDS = _RNG.sample(range(8), 8)


def near(r: Source, value: int) -> list:
    """Three wrong numbers close to value."""
    steps = [s for s in (-4, -3, -2, -1, 1, 2, 3, 4) if value + s >= 0]
    return [str(value + s) for s in r.sample(steps, 3)]


def _letter(r: Source, used: list) -> str:
    return r.choice([c for c in LETTERS if c not in used])


def others(r: Source, words: list, answer: str, count: int = 3) -> list:
    return r.sample([w for w in words if w != answer], count)


# Addition.

def _addends(r):
    return r.word(ADDENDS), r.word(ADDENDS)


def _lead(r):
    return r.choice(["so", "then", "now", "here", "well", "thus"])


def sum_eq(r):
    a, b = _addends(r)
    return Item(f"{_lead(r)} {a} plus {b} makes", str(a + b), near(r, a + b))


def sum_of(r):
    a, b = _addends(r)
    return Item(f"{_lead(r)} the sum of {a} and {b} is", str(a + b), near(r, a + b))


def sum_story(r):
    a, b = _addends(r)
    x, t = r.choice(NAMES), r.choice(THINGS)
    return Item(f"today {x} had {a} {t} and got {b} more so {x} has", str(a + b), near(r, a + b), f" {t}.")


# Comparison.

def _unequal(r):
    return r.sample(range(100), 2)


def max_of(r):
    a, b = _unequal(r)
    return Item(f"of {a} and {b} the larger is", str(max(a, b)), [str(min(a, b))])


def max_quiz(r):
    a, b = _unequal(r)
    return Item(f"which number wins , {a} or {b} ?", str(max(a, b)), [str(min(a, b))])


def max_story(r):
    a, b = _unequal(r)
    (x, y), t = r.sample(NAMES, 2), r.choice(THINGS)
    return Item(f"today {x} had {a} {t} and {y} had {b} {t} so the most is", str(max(a, b)), [str(min(a, b))], f" {t}.")


# Recalled facts: two tables, asked in the same words.

def _home_of(table):
    people = list(table)

    def form(r):
        e = r.word(people)
        return Item(f"as {r.choice(NAMES)} knows the home of {e} is", table[e], others(r, HOMES, table[e]))
    return form


def _lives_in(table):
    people = list(table)

    def form(r):
        e = r.word(people)
        return Item(f"every day {r.choice(NAMES)} visits {e} who lives in", table[e], others(r, HOMES, table[e]))
    return form


def _where(table):
    people = list(table)

    def form(r):
        e = r.word(people)
        return Item(f"ask {r.choice(NAMES)} where {e} lives : in", table[e], others(r, HOMES, table[e]))
    return form


# Copying and reversing: the last letter of the list is asked.

def _list(r):
    return r.sample(LETTERS, 3)


def copy_echo(r):
    w = _list(r)
    return Item(f"echo the row {' '.join(w)} gives {' '.join(w[:-1])}", w[-1], w[:-1] + [_letter(r, w)])


def copy_says(r):
    w = _list(r)
    x, y = r.sample(NAMES, 2)
    return Item(f"when {x} says {' '.join(w)} then {y} repeats {' '.join(w[:-1])}", w[-1], w[:-1] + [_letter(r, w)])


def copy_again(r):
    w = _list(r)
    return Item(f"read {' '.join(w)} and again {' '.join(w[:-1])}", w[-1], w[:-1] + [_letter(r, w)])


def flip_turn(r):
    w = _list(r)
    return Item(f"turn the row {' '.join(w)} gives {' '.join(w[:0:-1])}", w[0], [w[1]] + _outside(r, w))


def flip_says(r):
    w = _list(r)
    x, y = r.sample(NAMES, 2)
    return Item(f"when {x} says {' '.join(w)} then {y} answers {' '.join(w[:0:-1])}", w[0], [w[1]] + _outside(r, w))


def flip_back(r):
    w = _list(r)
    return Item(f"read {' '.join(w)} and back {' '.join(w[:0:-1])}", w[0], [w[1]] + _outside(r, w))


def _outside(r, w):
    """Letters beside the list: what a model would say that can only copy is not offered."""
    return r.sample([c for c in LETTERS if c not in w], 2)


# Boolean evaluation, nested to the right: "false or true and false" is false or (true and false).

def evaluated(r, template):
    words = [r.choice(["true", "false"]) for _ in range(r.randint(2, 3))]
    value, text = words[-1] == "true", words[-1]
    for word in words[-2::-1]:
        op = r.choice(["and", "or"])
        value = (word == "true" and value) if op == "and" else (word == "true" or value)
        text = f"{word} {op} {text}"
    answer, wrong = ("true", "false") if value else ("false", "true")
    return Item(template.format(text=text), answer, [wrong])


def logic_hold(r):
    return evaluated(r, f"as {r.choice(NAMES)} holds {{text}} comes to")


def logic_yields(r):
    return evaluated(r, f"here for {r.choice(NAMES)} {{text}} yields")


def logic_claim(r):
    return evaluated(r, f"if {r.choice(NAMES)} claims {{text}} then the claim is")


# Agreement across an attractor of the other number.

def agrees(template, attractor_differs=False):
    """In documents the attractor's number is free, in benchmarks it differs from the subject's."""
    def form(r):
        subject = r.word(NOUNS)
        other = r.choice([n for n in NOUNS if n != subject])
        plural = r.random() < 0.5
        other_plural = plural != (attractor_differs or r.random() < 0.5)
        verb = r.choice(VERBS)
        answer, wrong = (verb, verb + "s") if plural else (verb + "s", verb)
        return Item(template.format(subject + "s" * plural, other + "s" * other_plural), answer, [wrong])
    return form


# Word-by-word translation.

def trans_say(r):
    w = r.word(FOREIGN)
    return Item(f"let {r.choice(NAMES)} say {w} as", LEXICON[w], others(r, MEANING, LEXICON[w]))


def trans_pair(r):
    v, w = r.word(FOREIGN), r.word(FOREIGN)
    return Item(f"let us say {v} {w} as {LEXICON[v]}", LEXICON[w], others(r, MEANING, LEXICON[w]))


def trans_means(r):
    w = r.word(FOREIGN)
    return Item(f"in the book of {r.choice(NAMES)} the word {w} means", LEXICON[w], others(r, MEANING, LEXICON[w]))


# Filler: the words of all domains without their rules.

def filler_saw(r):
    noun = r.choice(NOUNS)
    x, y = r.sample(NAMES, 2)
    return Item(f"today {x} and {y} saw the {r.choice(NOUNS)} with the", noun, others(r, NOUNS, noun))


def filler_has(r):
    x, y = r.sample(NAMES, 2)
    return Item(f"in the town {x} met {y} with {r.randint(0, 40)}", r.choice(THINGS), [])


def filler_read(r):
    return Item(f"now {r.choice(NAMES)} read the letters {' '.join(_list(r)[:2])} in", r.choice(HOMES), [])


FORMS: dict[str, Callable] = {
    "sum_eq": sum_eq, "sum_of": sum_of, "sum_story": sum_story,
    "max_of": max_of, "max_quiz": max_quiz, "max_story": max_story,
    "north_home": _home_of(NORTH), "north_lives": _lives_in(NORTH), "north_where": _where(NORTH),
    "south_home": _home_of(SOUTH), "south_lives": _lives_in(SOUTH), "south_where": _where(SOUTH),
    "copy_echo": copy_echo, "copy_says": copy_says, "copy_again": copy_again,
    "flip_turn": flip_turn, "flip_says": flip_says, "flip_back": flip_back,
    "logic_hold": logic_hold, "logic_yields": logic_yields, "logic_claim": logic_claim,
    "gram_near": agrees("the {} near the {}"), "gram_near_hard": agrees("the {} near the {}", True),
    "gram_by": agrees("the {} by the {}"), "gram_by_hard": agrees("the {} by the {}", True),
    "gram_saw": agrees("look how the {} that saw the {}"), "gram_saw_hard": agrees("look how the {} that saw the {}", True),
    "trans_say": trans_say, "trans_pair": trans_pair, "trans_means": trans_means,
    "filler_saw": filler_saw, "filler_has": filler_has, "filler_read": filler_read,
}

DOMAINS: dict[str, list] = {
    "addition": ["sum_eq", "sum_of", "sum_story"],
    "comparison": ["max_of", "max_quiz", "max_story"],
    "north": ["north_home", "north_lives", "north_where"],
    "south": ["south_home", "south_lives", "south_where"],
    "copying": ["copy_echo", "copy_says", "copy_again"],
    "reversing": ["flip_turn", "flip_says", "flip_back"],
    "logic": ["logic_hold", "logic_yields", "logic_claim"],
    "agreement": ["gram_near", "gram_by", "gram_saw"],
    "translation": ["trans_say", "trans_pair", "trans_means"],
    "filler": ["filler_saw", "filler_has", "filler_read"],
}


class Language(NamedTuple):
    """What documents are made of: sentence forms by name, the forms of each domain, and the domains of the corpus in turn."""

    forms: dict
    domains: dict
    corpus: list

    def sentence(self, r: Source, domain: str) -> str:
        item = self.forms[r.choice(self.domains[domain])](r)
        return f"{item.prompt} {item.answer}{item.tail}"

    def document(self, r: Source, domain: str, sentences: int) -> str:
        return " ".join(self.sentence(r, domain) for _ in range(sentences))


LANGUAGE = Language(FORMS, DOMAINS, list(DOMAINS))
