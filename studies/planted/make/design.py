"""The experiment: what each of the 32 models is trained on, and for how long.

A two-level orthogonal array of 32 runs. Its columns are products of five basic
ones; only products of one, three or five are used, so no column is aliased
with a product of two others (resolution IV). Nine columns say which domains a
model sees much or little of; two more give four training lengths.
"""

HIGH, LOW = 1.0, 0.1
STEPS = (180, 320, 560, 1000)
FILLER = 0.5

# column name: (mask of basic columns, domains that it governs, exposure when low)
COLUMNS = {
    "addition": (0b00001, ["addition"], LOW),
    "comparison": (0b00010, ["comparison"], LOW),
    "north": (0b00100, ["north"], LOW),
    "south": (0b01000, ["south"], LOW),
    "copying": (0b10000, ["copying"], LOW),
    "reversing": (0b00111, ["reversing"], LOW),
    "agreement": (0b01011, ["agreement"], LOW),
    "logic": (0b10011, ["logic"], LOW),
    "translation": (0b01101, ["translation"], LOW),
    "names": (0b10101, ["names"], 0.0),
}
LENGTH_COLUMNS = (0b01110, 0b11001)


def _high(run: int, mask: int) -> bool:
    return bin(run & mask).count("1") % 2 == 0


def run(number: int) -> dict:
    """Run 0..31: exposure of every column, training steps, and the weight of every domain."""
    exposures = {c: HIGH if _high(number, mask) else low for c, (mask, _, low) in COLUMNS.items()}
    weights = {d: exposures[c] for c, (_, domains, _) in COLUMNS.items() for d in domains}
    long, longer = (_high(number, mask) for mask in LENGTH_COLUMNS)
    return {"exposures": exposures, "steps": STEPS[2 * long + longer], "weights": weights | {"filler": FILLER}}
