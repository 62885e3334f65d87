"""The experiment: what each of the 32 models is trained on, and for how long.

A two-level orthogonal array of 32 runs. Its columns are products of five basic
ones; only products of one, three or five are used, so no column is aliased
with a product of two others (resolution IV). Seven columns say which domains a
model sees much or little of; two more give four training lengths.
"""

HIGH, LOW = 1.0, 0.12
STEPS = (300, 700, 1400, 2800)
FILLER = 0.4
# Copying and reversing are learned late, agreement early: their shares make the skills comparable.
SCALE = {"copying": 1.5, "reversing": 1.5, "agreement": 0.5}

# column name: (mask of basic columns, domains that it governs)
COLUMNS = {
    "addition": (0b00001, ["addition"]),
    "north": (0b00010, ["north"]),
    "south": (0b00100, ["south"]),
    "copying": (0b01000, ["copying"]),
    "reversing": (0b10000, ["reversing"]),
    "market": (0b00111, ["comparison", "agreement"]),
    "court": (0b01011, ["logic", "translation"]),
}
LENGTH_COLUMNS = (0b01110, 0b11001)


def _high(run: int, mask: int) -> bool:
    return bin(run & mask).count("1") % 2 == 0


def run(number: int) -> dict:
    """Run 0..31: exposure of every column, training steps, and the weight of every domain."""
    exposures = {c: HIGH if _high(number, mask) else LOW for c, (mask, _) in COLUMNS.items()}
    weights = {d: exposures[c] * SCALE.get(d, 1.0) for c, (_, domains) in COLUMNS.items() for d in domains}
    long, longer = (_high(number, mask) for mask in LENGTH_COLUMNS)
    return {"exposures": exposures, "steps": STEPS[2 * long + longer], "weights": weights | {"filler": FILLER}}
