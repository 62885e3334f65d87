"""The experiment: what each of the 32 models is trained on, and for how long.

A two-level orthogonal array of 32 runs. Its columns are products of five basic
ones; only products of one or three are used, so no column is aliased with a
product of two others (resolution IV). Six columns say which domains a model
sees much or little of; two more give four levels of training length.

A model's steps are its level times the sum of its domains' weights: whoever is
shown more is trained longer. So how often a model meets a domain is the level
times that domain's own weight, whatever the other columns say, and the level
is what all skills share.
"""

from typing import NamedTuple

HIGH = 1.0
LEVELS = (380, 900, 2000, 4500)  # steps of a model whose weights sum to MEAN_WEIGHT
FILLER = 0.3
# Skills that are learned late get a larger share, early ones a smaller, so that all are learned over the same levels.
SCALE = {"addition": 1.8, "agreement": 1.5, "translation": 1.3, "comparison": 0.7, "logic": 0.8, "copying": 2.5, "reversing": 2.5}


class Column(NamedTuple):
    mask: int  # of basic columns
    domains: tuple  # that it governs
    low: float  # exposure when low
    opposed: bool = False  # high where the mask says low


COLUMNS = {
    "logic": Column(0b00001, ("logic",), 0.25),
    "north": Column(0b00010, ("north",), 0.06),
    "south": Column(0b00010, ("south",), 0.06, opposed=True),
    "copying": Column(0b01000, ("copying",), 0.25),
    "reversing": Column(0b10000, ("reversing",), 0.25),
    "market": Column(0b00111, ("comparison", "translation"), 0.12),
    "court": Column(0b01011, ("addition", "agreement"), 0.12),
}
LEVEL_COLUMNS = (0b01110, 0b11001)
MEAN_WEIGHT = FILLER + sum(SCALE.get(d, 1.0) * (HIGH + c.low) / 2 for c in COLUMNS.values() for d in c.domains)


def _high(run: int, mask: int) -> bool:
    return bin(run & mask).count("1") % 2 == 0


def run(number: int) -> dict:
    """Run 0..31: exposure of every column, training steps, and the weight of every domain."""
    exposures = {name: HIGH if _high(number, c.mask) != c.opposed else c.low for name, c in COLUMNS.items()}
    weights = {d: exposures[name] * SCALE.get(d, 1.0) for name, c in COLUMNS.items() for d in c.domains}
    weights["filler"] = FILLER
    upper, lower = (_high(number, mask) for mask in LEVEL_COLUMNS)
    level = LEVELS[2 * upper + lower]
    steps = round(level * sum(weights.values()) / MEAN_WEIGHT)
    return {"exposures": exposures, "level": level, "steps": steps, "weights": weights}
