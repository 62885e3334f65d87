"""The hard experiment: mild, graded and correlated exposures of 32 models.

Every skill has an exposure exp(sd x score), where the score of a model is a mixture
of *sources*, as a real data mix is one of web, code and books. Sources are exactly
uncorrelated over the 32 runs, so two skills correlate as their mixtures say, and
exposure strength, the ratio of exposures one standard deviation above and below the
middle, is exp(2 sd): 2, 4 or 9. Training length is a source too, and no skill draws
on it: it is the general factor.
"""

import math
import random
from typing import NamedTuple

import hard_language

RUNS = 32
WEAK, MEDIUM, STRONG = 2.0, 4.0, 9.0
LEVEL, LEVEL_STRENGTH = 760, 2.0  # steps of the middle model whose weights sum to MEAN_WEIGHT
FILLER = 0.2


class Exposure(NamedTuple):
    """A column of the design; it governs the domains whose share of the middle run's documents it names."""

    strength: float
    sources: dict  # loadings on them; squares sum to one
    shares: dict  # skills that are learned late get a larger one


def _mixed(name: str, source: str, loading: float, strength: float, share: float) -> Exposure:
    return Exposure(strength, {source: loading, name: round(math.sqrt(1 - loading ** 2), 4)}, {name: share})


EXPOSURES = {
    "market": Exposure(STRONG, {"market": 1.0}, {"comparison": 0.35, "translation": 1.2}),
    "reversing": _mixed("reversing", "press", 0.7, STRONG, 2.5),
    "court": Exposure(MEDIUM, {"court": 1.0}, {"addition": 1.8, "agreement": 1.6}),
    "north": _mixed("north", "map", 0.9, MEDIUM, 0.6),
    "south": _mixed("south", "map", -0.9, MEDIUM, 0.6),
    "logic": _mixed("logic", "web", 0.7, WEAK, 0.8),
    "copying": _mixed("copying", "web", 0.7, WEAK, 1.1),
    "age": _mixed("age", "press", 0.7, WEAK, 0.3),
    "weather": Exposure(STRONG, {"weather": 1.0}, {"weather": 0.35}),
    "trade": Exposure(STRONG, {"trade": 1.0}, {"trade": 0.35}),
    "song": Exposure(STRONG, {"song": 1.0}, {"song": 0.35}),
    "dialect": Exposure(STRONG, {"dialect": 1.0}, {}),
}
DIALECT = 0.12  # of the documents of each skill in the middle run, on top of them
SOURCES = list(dict.fromkeys(s for e in EXPOSURES.values() for s in e.sources)) + ["length"]


def _scores() -> dict:
    """Each source's score for every run: even steps in drawn order, made orthogonal to those before, variance one."""
    r, columns = random.Random("hard design"), []
    for _ in SOURCES:
        x = r.sample([i - (RUNS - 1) / 2 for i in range(RUNS)], RUNS)
        for other in columns:
            along = math.fsum(a * b for a, b in zip(x, other)) / RUNS
            x = [a - along * b for a, b in zip(x, other)]
        size = math.sqrt(math.fsum(a * a for a in x) / RUNS)
        columns.append([a / size for a in x])
    return dict(zip(SOURCES, columns))


SCORES = _scores()


def _exposure(name: str, number: int) -> float:
    """How much of it a run met, against the middle run; rounded, so that other machines' last digits do not matter."""
    e = EXPOSURES[name]
    score = math.fsum(loading * SCORES[s][number] for s, loading in e.sources.items())
    return round(math.exp(math.log(e.strength) / 2 * score), 3)


def _weights(exposures: dict) -> dict:
    """The weight of every domain. Dialect comes on top of the plain documents, so that it takes nothing from them."""
    shares = {domain: share * exposures[name] for name, e in EXPOSURES.items() for domain, share in e.shares.items()}
    dialect = DIALECT * exposures["dialect"]
    in_dialect = {s + "~": shares[s] * dialect for s in hard_language.SKILLS}
    return {**shares, **in_dialect, "filler": FILLER}


MEAN_WEIGHT = sum(_weights(dict.fromkeys(EXPOSURES, 1.0)).values())


def run(number: int) -> dict:
    """Run 0..31: exposure of every column, training steps, and the weight of every domain."""
    exposures = {name: _exposure(name, number) for name in EXPOSURES}
    weights = _weights(exposures)
    level = LEVEL * math.exp(math.log(LEVEL_STRENGTH) / 2 * SCORES["length"][number])
    return {"exposures": exposures, "level": level, "steps": round(level * sum(weights.values()) / MEAN_WEIGHT),
            "weights": weights}
