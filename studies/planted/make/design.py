"""The experiment: what each of the 32 models is trained on, and for how long.

A two-level orthogonal array of 32 runs. Its columns are products of five basic
ones; only products of one or three are used, so no column is aliased with a
product of two others (resolution IV). Seven columns say which domains a model
sees much or little of; two more give four levels of training length.

A model's steps are its level times the sum of its domains' weights: whoever is
shown more is trained longer. So how often a model meets a domain is the level
times that domain's own weight, whatever the other columns say, and the level
is what all skills share.
"""

HIGH = 1.0
LEVELS = (500, 1000, 2000, 4000)  # steps of a model whose weights sum to MEAN_WEIGHT
FILLER = 0.3
# Copying and reversing are learned late: a larger share makes the skills comparable.
SCALE = {"copying": 2.0, "reversing": 2.0}

# column name: (mask of basic columns, domains that it governs, exposure when low)
COLUMNS = {
    "logic": (0b00001, ["logic"], 0.25),
    "north": (0b00010, ["north"], 0.12),
    "south": (0b00100, ["south"], 0.12),
    "copying": (0b01000, ["copying"], 0.25),
    "reversing": (0b10000, ["reversing"], 0.25),
    "market": (0b00111, ["comparison", "translation"], 0.08),
    "court": (0b01011, ["addition", "agreement"], 0.08),
}
LEVEL_COLUMNS = (0b01110, 0b11001)
MEAN_WEIGHT = FILLER + sum(SCALE.get(d, 1.0) * (HIGH + low) / 2 for _, domains, low in COLUMNS.values() for d in domains)


def _high(run: int, mask: int) -> bool:
    return bin(run & mask).count("1") % 2 == 0


def run(number: int) -> dict:
    """Run 0..31: exposure of every column, training steps, and the weight of every domain."""
    exposures = {c: HIGH if _high(number, mask) else low for c, (mask, _, low) in COLUMNS.items()}
    weights = {d: exposures[c] * SCALE.get(d, 1.0) for c, (_, domains, _) in COLUMNS.items() for d in domains}
    weights["filler"] = FILLER
    upper, lower = (_high(number, mask) for mask in LEVEL_COLUMNS)
    level = LEVELS[2 * upper + lower]
    steps = round(level * sum(weights.values()) / MEAN_WEIGHT)
    return {"exposures": exposures, "level": level, "steps": steps, "weights": weights}
