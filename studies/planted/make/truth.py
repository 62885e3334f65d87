"""truth.toml: what was planted."""

import json

import benchmarks
import studies


def _number(x: float) -> str:
    return f"{float(x):g}" if x != int(x) else f"{float(x):.1f}"


def _table(d: dict) -> str:
    return "{ " + ", ".join(f"{k} = {_number(v)}" for k, v in d.items()) + " }" if d else "{}"


def write(study: studies.Study, path: str, models: list) -> None:
    q = json.dumps
    lines = ["# What was planted. Only the recovery section of a report reads this file.", ""]
    for b in study.asked.benchmarks:
        lines += ["[[benchmark]]", f"id = {q(b.id)}", f"family = {q(b.family)}", f"format = {q(b.format)}",
                  f"surface = {q(b.surface)}", f"task = {q('generate' if b.format == 'generate' else 'choice')}",
                  f"chance = {benchmarks.CHANCE[b.format]}", f"skills = {_table(b.skills)}",
                  f"columns = {q(list(b.columns))}", f"note = {q(b.note)}", ""]
    for p in study.asked.pairs:
        lines += ["[[pair]]", f"a = {q(p.a)}", f"b = {q(p.b)}", f"kind = {p.kind}", f"name = {q(p.name)}",
                  f"expect = {q(p.expect)}", f"in_auc = {str(p.in_auc).lower()}", ""]
    for name, e in study.exposures.items():
        lines += ["[[column]]", f"id = {q(name)}", f"strength = {_number(e.strength)}", f"sources = {_table(e.sources)}", ""]
    for name in models:
        run = study.design.run(int(name[1:]) - 1)
        lines += ["[[model]]", f"id = {q(name)}", f"lineage = {q(name)}", f"steps = {run['steps']}",
                  f"exposures = {_table(run['exposures'])}", ""]
    with open(path, "w") as f:
        f.write("\n".join(lines))
