"""The hard study's language: the planted one's words, said in many wordings and in two tongues.

A wording is a core, which is one way to say one skill, behind a frame, which any
core can follow. The dialect is the same language with its small words replaced by
those of a fixed lexicon: what "or" and "back" mean there has to be met to be known.
Registers are texts of other kinds that no benchmark asks.
"""

import random

import language
from language import FOREIGN, HOMES, LEXICON, LETTERS, MEANING, NAMES, NOUNS, NORTH, SOUTH, THINGS, VERBS, Item, Source

FRAMES = {
    "as": "as {} knows", "here": "here {} wrote",  # desk
    "today": "today {} heard", "day": "one day {} said",  # tale
    "ask": "ask {} :", "tell": "now tell {} :",  # quiz
    "book": "in the book of {}", "so": "so says {} :",  # open
}
_RNG = random.Random("hard language")
language.RESERVED.update("row has his how raw low law won wet dry met who paid bow saw had rose sold".split())
_coin = lambda count, onsets, codas: language.coin(_RNG, count, onsets, codas)
ELDERS = _coin(16, "sf", "bgdm")  # the first was born first
SMALL = ("the of and or is in as so then who that by near with had got more which most makes gives comes says yields "
         "again back knows here one ask now tell between larger elder means lives home").split()
DIALECT = dict(zip(SMALL, _coin(len(SMALL), "bcdp", "cfshw")))
TABLES = {"north": dict(list(NORTH.items())[:24]), "south": dict(list(SOUTH.items())[:24])}
HILLS, WINDS = _coin(16, "gl", "cfw"), _coin(6, "j", "cfw")
WIND = {hill: _RNG.choice(WINDS) for hill in HILLS}
GOODS, PRICES = _coin(16, "rh", "fbw"), _coin(8, "y", "scw")
PRICE = {good: _RNG.choice(PRICES) for good in GOODS}
NOTES = _coin(9, "z", "cfw")
VERSES = [_RNG.sample(NOTES, 7) for _ in range(12)]


def _sum(template, tail="."):
    def core(r):
        a, b = r.word(language.ADDENDS), r.word(language.ADDENDS)
        x, t = r.choice(NAMES), r.choice(THINGS)
        return Item(template.format(a=a, b=b, x=x, t=t), str(a + b), language.near(r, a + b), tail.format(t=t))
    return core


def _larger(template, tail="."):
    def core(r):
        a, b = r.sample(range(60), 2)
        (x, y), t = r.sample(NAMES, 2), r.choice(THINGS)
        return Item(template.format(a=a, b=b, x=x, y=y, t=t), str(max(a, b)), [str(min(a, b))], tail.format(t=t))
    return core


def _elder(template):
    def core(r):
        a, b = r.sample(range(len(ELDERS)), 2)
        return Item(template.format(a=ELDERS[a], b=ELDERS[b]), ELDERS[min(a, b)], [ELDERS[max(a, b)]])
    return core


def _home(table, template):
    people = list(TABLES[table])

    def core(r):
        e = r.word(people)
        home = TABLES[table][e]
        return Item(template.format(e=e), home, language.others(r, HOMES, home))
    return core


def _row(template, backwards):
    """A row of letters said again, or backwards; the last letter is asked."""
    def core(r):
        w = r.sample(LETTERS, 3)
        said = w[::-1] if backwards else w
        beside = r.sample([c for c in LETTERS if c not in w], 2)
        # A letter that mere copying would say is never offered in reversing.
        wrong = [w[1]] + beside if backwards else w[:-1] + beside[:1]
        return Item(template.format(row=" ".join(w), again=" ".join(said[:-1])), said[-1], wrong)
    return core


def _logic(template):
    return lambda r: language.evaluated(r, template)


def _agrees(template):
    """In documents the attractor's number is free, in benchmarks it differs from the subject's."""
    plain, asked = language.agrees(template), language.agrees(template, True)
    return lambda r: (asked if r.even else plain)(r)


def _translated(template):
    def core(r):
        v, w = r.word(FOREIGN), r.word(FOREIGN)
        return Item(template.format(v=v, w=w, said=LEXICON[v]), LEXICON[w], language.others(r, MEANING, LEXICON[w]))
    return core


def _homes(table):
    return {"home": _home(table, "the home of {e} is"), "lives": _home(table, "{e} lives in"),
            "where": _home(table, "which home has {e} ?"), "from": _home(table, "{e} comes from")}


CORES = {
    "addition": {
        "plus": _sum("{a} plus {b} makes"), "sum": _sum("the sum of {a} and {b} is"),
        "got": _sum("{x} had {a} {t} and got {b} more so {x} has", " {t}."),
        "won": _sum("{x} won {a} {t} and then {b} more which makes", " {t}."),
    },
    "comparison": {
        "of": _larger("of {a} and {b} the larger is"), "between": _larger("between {a} and {b} the larger comes :"),
        "had": _larger("{x} had {a} {t} and {y} had {b} {t} so the most is", " {t}."),
        "won": _larger("{x} won {a} {t} and {y} won {b} {t} which makes the most", " {t}."),
    },
    "age": {
        "of": _elder("of {a} and {b} the elder is"), "between": _elder("between {a} and {b} the elder comes :"),
        "born": _elder("who was born then , {a} or {b} ?"), "bows": _elder("{a} saw {b} and both bow to"),
    },
    "north": _homes("north"),
    "south": _homes("south"),
    "copying": {
        "again": _row("{row} and again {again}", False), "gives": _row("the row {row} gives again {again}", False),
        "says": _row("who says {row} says again {again}", False), "echo": _row("echo of {row} : again {again}", False),
    },
    "reversing": {
        "back": _row("{row} and back {again}", True), "gives": _row("the row {row} gives back {again}", True),
        "says": _row("who says {row} says back {again}", True), "turn": _row("turn of {row} : back {again}", True),
    },
    "logic": {
        "comes": _logic("{text} comes to"), "yields": _logic("that {text} yields"),
        "claim": _logic("the claim {text} is"), "makes": _logic("{text} makes it"),
    },
    "agreement": {
        "near": _agrees("the {} near the {}"), "by": _agrees("the {} by the {}"),
        "saw": _agrees("the {} that saw the {}"), "with": _agrees("then the {} with the {}"),
    },
    "translation": {
        "say": _translated("we say {w} as"), "pair": _translated("we say {v} {w} as {said}"),
        "means": _translated("the word {w} means"), "call": _translated("{w} is what they call"),
    },
}


def _framed(frame, core):
    def form(r):
        item = core(r)
        return item._replace(prompt=f"{FRAMES[frame].format(r.choice(NAMES))} {item.prompt}")
    return form


def _in_dialect(form):
    def said(r):
        item = form(r)
        return item._replace(prompt=" ".join(DIALECT.get(w, w) for w in item.prompt.split(" ")))
    return said


# Registers, and filler with the words of all domains but without their rules.

def weather(r):
    hill = r.word(HILLS)
    return Item(f"rain fell on {hill} while wind blew out of {WIND[hill]} and {r.choice(HILLS)} stayed", r.choice(["dry", "cold"]), [])


def trade(r):
    good = r.word(GOODS)
    return Item(f"sold {r.randint(2, 30)} {good} at {PRICE[good]} each , paid by", r.choice(NAMES), [])


def song(r):
    verse = r.word(VERSES)
    return Item(" ".join(["la"] + verse[:-1]), verse[-1], [])


def filler_saw(r):
    noun = r.choice(NOUNS)
    return Item(f"the {r.choice(NOUNS)} saw the {r.choice(NOUNS)} with the", noun, language.others(r, NOUNS, noun))


def filler_has(r):
    return Item(f"{r.choice(NAMES)} saw {r.choice(NAMES)} with {r.randint(0, 40)}", r.choice(THINGS), [])


def filler_read(r):
    return Item(f"{r.choice(NAMES)} read the letters {' '.join(r.sample(LETTERS, 2))} in", r.choice(HOMES), [])


def _forms() -> tuple:
    """Every form by its name, skill.core/frame, with ~ behind those of the dialect; and the forms of every domain."""
    forms, domains = {}, {}
    for skill, cores in CORES.items():
        for core, say in cores.items():
            for frame in FRAMES:
                plain = f"{skill}.{core}/{frame}"
                forms[plain] = _framed(frame, say)
                forms[plain + "~"] = _in_dialect(forms[plain])
                domains.setdefault(skill, []).append(plain)
                domains.setdefault(skill + "~", []).append(plain + "~")
    for say in (filler_saw, filler_has, filler_read):
        for frame in FRAMES:
            name = f"{say.__name__}/{frame}"
            forms[name] = _framed(frame, say)
            domains.setdefault("filler", []).append(name)
    for say in (weather, trade, song):
        forms[say.__name__] = say
        domains[say.__name__] = [say.__name__]
    return forms, domains


SKILLS, REGISTERS = list(CORES), ["weather", "trade", "song"]
FORMS, DOMAINS = _forms()
# Registers stand twice in a round of the corpus, and half of the skills are met in dialect, too.
LANGUAGE = language.Language(FORMS, DOMAINS, SKILLS + REGISTERS + [s + "~" for s in SKILLS[::2]] + REGISTERS + ["filler"])
