#!/usr/bin/env bash
# lm-evaluation-harness 0.4.13 (lm_eval on PyPI) with datasets 5.2.0: is a row's answer what replies are compared with?
#
# Guess before running it: a JSON string stays that string and 3 stays 3; a row is not changed by what stands in others.
#
# Seen: JSON Lines become typed columns. Where every answer of a file reads as an ISO date, the strings become timestamps,
# and the reference is "2024-03-01 00:00:00": a model that gives every date rightly scores 0.0, without a word. One answer
# that is no date ("unknown") turns the column back into strings, and the same replies to the same rows score 1.0. In the
# same way a single 2.5 among whole numbers makes the reference of 3 "3.0".
#
# What follows for readers of such results: look at the target in the log of samples, not at the row; a score of exactly 0
# on dates, or on whole numbers in a column with fractions, says nothing of the model. Write numbers as strings, and dates
# in a form that is not ISO's.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install -q --no-compile --disable-pip-version-check lm_eval==0.4.13 datasets==5.2.0 pyarrow==26.0.1
export HF_HUB_OFFLINE=1 HF_DATASETS_OFFLINE=1 HF_HOME=$dir/home TOKENIZERS_PARALLELISM=false TQDM_DISABLE=1
cat >run.py <<'PY'
import json, logging, sys
from importlib.metadata import version

logging.disable(logging.WARNING)
from lm_eval import simple_evaluate
from lm_eval.api.model import LM
from lm_eval.tasks import TaskManager


class Knowing(LM):
    """Gives every answer as its row writes it."""

    def __init__(self, answers):
        super().__init__()
        self.answers = answers

    def generate_until(self, requests, disable_tqdm=False):
        return [str(self.answers[r.args[0]]) for r in requests]

    def loglikelihood(self, requests, disable_tqdm=False):
        raise NotImplementedError

    loglikelihood_rolling = loglikelihood


def evaluate(name, answers):
    """The score of each item, and the reference that the first was compared with."""
    rows = [{"question": f"question {i}", "answer": a} for i, a in enumerate(answers)]
    with open(f"{name}.jsonl", "w") as f:
        f.writelines(json.dumps(r) + "\n" for r in rows)
    task = {
        "task": name, "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": f"{name}.jsonl"}}, "test_split": "test",
        "output_type": "generate_until", "doc_to_text": "{{question}}", "doc_to_target": "{{answer}}",
        "generation_kwargs": {"until": ["\n"], "max_gen_toks": 16}, "metric_list": [{"metric": "exact_match"}],
    }
    model = Knowing({r["question"]: r["answer"] for r in rows})
    r = simple_evaluate(model=model, tasks=[task], task_manager=TaskManager(include_defaults=False), bootstrap_iters=0)
    samples = r["samples"][name]
    return [float(s["exact_match"]) for s in samples], samples[0]["target"]


dates = ["2024-03-01", "1999-12-31", "2000-02-29"]
all_dates, first = evaluate("dates", dates)
one_word, kept = evaluate("dates_and_a_word", dates + ["unknown"])
whole, _ = evaluate("whole", [3, 4, 5])
mixed, three = evaluate("mixed", [3, 4, 2.5])
print(f"lm_eval {version('lm_eval')}, datasets {version('datasets')}, pyarrow {version('pyarrow')}")
print("replies equal to the answers of the rows score, on")
print(f"  three dates                 {all_dates}, the first is compared with {str(first)!r}")
print(f"  the same and \"unknown\"      {one_word}, the first is compared with {str(kept)!r}")
print(f"  3, 4, 5                     {whole}")
print(f"  3, 4, 2.5                   {mixed}, the first is compared with {str(three)!r}")

as_described = (all_dates, one_word, whole, mixed) == ([0.0] * 3, [1.0] * 4, [1.0] * 3, [0.0, 0.0, 1.0])
as_described = as_described and (str(first), str(kept), str(three)) == ("2024-03-01 00:00:00", "2024-03-01", "3.0")
sys.exit(0 if as_described else "the behaviour has changed")
PY
env/bin/python run.py 2>stderr.txt || { tail -5 stderr.txt; exit 1; }
