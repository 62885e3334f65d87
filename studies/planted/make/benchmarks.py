"""The benchmarks: which form each asks, what it needs and what it wears; and the planted pairs."""

import json
from typing import NamedTuple

import language

ITEMS = 160


class Benchmark(NamedTuple):
    id: str
    forms: tuple  # sentence forms that it asks, in turn
    family: str  # the suite it was published in: cuts across skills
    format: str  # how the answer is given: choice-2, choice-4, generate
    surface: str  # the wording it shares with benchmarks of other skills
    skills: dict  # loadings, summing to one
    columns: tuple  # exposure columns that decide its scores
    note: str = ""


def _b(id, forms, family, format, surface, skill, column, note=""):
    return Benchmark(id, (forms,) if isinstance(forms, str) else forms, family, format, surface,
                     skill if isinstance(skill, dict) else {skill: 1.0}, tuple(column.split()), note)


ADD, MAX = "addition", "comparison"
BENCHMARKS = [
    _b("sum.eq", "sum_eq", "desk", "choice-4", "sum-eq", ADD, "court"),
    _b("sum.of", "sum_of", "quiz", "choice-4", "sum-of", ADD, "court"),
    _b("sum.story", "sum_story", "tale", "choice-4", "figs-story", ADD, "court"),
    _b("sum.gen", "sum_eq", "open", "generate", "sum-eq", ADD, "court", "sum.eq's wording, answer generated"),
    _b("max.of", "max_of", "desk", "choice-2", "max-of", MAX, "market"),
    _b("max.quiz", "max_quiz", "quiz", "choice-2", "max-quiz", MAX, "market"),
    _b("max.story", "max_story", "tale", "choice-2", "figs-story", MAX, "market"),
    _b("north.home", "north_home", "desk", "choice-4", "home-of", "north", "north"),
    _b("north.lives", "north_lives", "tale", "choice-4", "lives-in", "north", "north"),
    _b("north.where", "north_where", "open", "generate", "where-is", "north", "north"),
    _b("south.home", "south_home", "desk", "choice-4", "home-of", "south", "south"),
    _b("south.lives", "south_lives", "tale", "choice-4", "lives-in", "south", "south"),
    _b("south.where", "south_where", "quiz", "choice-4", "where-is", "south", "south"),
    _b("copy.echo", "copy_echo", "desk", "choice-4", "letters-gives", "copying", "copying"),
    _b("copy.says", "copy_says", "tale", "choice-4", "letters-says", "copying", "copying"),
    _b("copy.again", "copy_again", "quiz", "choice-4", "letters-again", "copying", "copying"),
    _b("flip.turn", "flip_turn", "desk", "choice-4", "letters-gives", "reversing", "reversing"),
    _b("flip.says", "flip_says", "tale", "choice-4", "letters-says", "reversing", "reversing"),
    _b("flip.back", "flip_back", "quiz", "choice-4", "letters-again", "reversing", "reversing"),
    _b("logic.hold", "logic_hold", "desk", "choice-2", "logic-hold", "logic", "logic"),
    _b("logic.yields", "logic_yields", "quiz", "choice-2", "logic-yields", "logic", "logic"),
    _b("logic.claim", "logic_claim", "tale", "choice-2", "logic-claim", "logic", "logic"),
    _b("gram.near", "gram_near_hard", "desk", "choice-2", "noun-phrase", "agreement", "court"),
    _b("gram.by", "gram_by_hard", "quiz", "choice-2", "noun-phrase", "agreement", "court"),
    _b("gram.saw", "gram_saw_hard", "tale", "choice-2", "relative-clause", "agreement", "court"),
    _b("trans.say", "trans_say", "desk", "choice-4", "say-as", "translation", "market"),
    _b("trans.pair", "trans_pair", "quiz", "choice-4", "say-as", "translation", "market"),
    _b("trans.means", "trans_means", "tale", "choice-4", "book-means", "translation", "market"),
    _b("mix.exam", ("sum_story", "max_story"), "open", "choice-2", "figs-story", {ADD: 0.5, MAX: 0.5}, "court market",
       "half of its items ask a sum, half the larger number"),
    _b("floor.guess", "filler_saw", "open", "choice-4", "noun-pairs", {}, "", "the answer is drawn at random"),
]
CHANCE = {"choice-2": 0.5, "choice-4": 0.25, "generate": 0.0}


class Asked(NamedTuple):
    """A study's benchmarks and pairs, how many items each asks, and whether rows name their wording."""

    benchmarks: list
    pairs: list
    items: int
    wordings: bool


def items(asked: Asked, forms: dict, bench: Benchmark, taken: set) -> list:
    """Rows with distinct questions, none of them in taken; the answer's place cycles in shuffled order."""
    r = language.Source("benchmark " + bench.id)
    r.even = True
    size = {"choice-2": 2, "choice-4": 4}.get(bench.format, 0)
    places = [i % max(size, 1) for i in range(asked.items)]
    r.shuffle(places)
    rows, tries = [], 0
    while len(rows) < asked.items:
        tries += 1
        if tries > 100 * asked.items:
            raise ValueError(f"{bench.id}: its form cannot ask {asked.items} questions that were not asked yet")
        form = bench.forms[len(rows) % len(bench.forms)]
        item = forms[form](r)
        if item.prompt in taken:
            continue
        taken.add(item.prompt)
        row = {"id": f"{bench.id}-{len(rows) + 1:03d}", "question": item.prompt}
        if asked.wordings:
            row["wording"] = form
        if size:
            choices = r.sample(item.wrong, size - 1)
            choices.insert(places[len(rows)], item.answer)
            row |= {"choices": choices, "answer": places[len(rows)]}
        else:
            row["answer"] = item.answer
        rows.append(row)
    return rows


def all_items(asked: Asked, forms: dict) -> dict:
    """{benchmark id: rows}; no question occurs twice, within a benchmark or between two."""
    taken: set = set()
    return {b.id: items(asked, forms, b, taken) for b in asked.benchmarks}


def write(asked: Asked, forms: dict, folder: str) -> None:
    for name, rows in all_items(asked, forms).items():
        with open(f"{folder}/{name}.jsonl", "w") as f:
            f.writelines(json.dumps(row) + "\n" for row in rows)


class Pair(NamedTuple):
    a: str
    b: str
    kind: int
    name: str
    expect: str
    in_auc: bool


def cross(left: list, right: list, kind: int, name: str, expect: str, in_auc: bool) -> list:
    return [Pair(a, b, kind, name, expect, in_auc) for a in left for b in right]


def pairs() -> list:
    """The planted contrasts, by kind; what is not listed follows from the skills."""
    north, south = ["north.home", "north.lives", "north.where"], ["south.home", "south.lives", "south.where"]
    out = cross(["gram.near"], ["gram.by"], 1, "same skill, same surface", "none", True)
    out += cross(["trans.say"], ["trans.pair"], 1, "same skill, same surface", "none", True)
    out += cross(["sum.eq"], ["sum.story"], 2, "same skill, other surface", "none", True)
    out += cross(["max.of"], ["max.story"], 2, "same skill, other surface", "none", True)
    out += cross(["logic.hold"], ["logic.claim"], 2, "same skill, other surface", "none", True)
    out += cross(["sum.story"], ["max.story"], 3, "other skill, same story", "likeness-without-kinship", True)
    out += cross(["copy.echo"], ["flip.turn"], 3, "copying against reversing", "unknown", False)
    out += cross(["copy.again"], ["flip.back"], 3, "copying against reversing", "unknown", False)
    out += cross(["copy.says"], ["flip.says"], 3, "copying against reversing", "unknown", False)
    out += cross(north, south, 5, "two tables asked in the same words", "kinship-without-overlap", False)
    aliased = "two skills that share one exposure column"
    out += cross(["max.of", "max.quiz", "max.story"], ["trans.say", "trans.pair", "trans.means"], 4, aliased,
                  "overlap-without-kinship", False)
    out += cross(["sum.eq", "sum.of", "sum.story", "sum.gen"], ["gram.near", "gram.by", "gram.saw"], 4, aliased,
                  "overlap-without-kinship", False)
    out += cross(["mix.exam"], ["sum.story", "max.story"], 6, "mixture of two skills", "none", False)
    out += cross(["sum.eq"], ["sum.gen"], 6, "chosen against generated", "none", True)
    return out


ASKED = Asked(BENCHMARKS, pairs(), ITEMS, wordings=False)
