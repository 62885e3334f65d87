#!/usr/bin/env bash
# lm-evaluation-harness 0.4.13 (lm_eval on PyPI): do `doc_to_target: answer` and `doc_to_target: "{{answer}}"` name one gold?
#
# Guess before running it: both take the field "answer"; where it holds a text, the gold is the choice that has this text.
#
# Seen: only the first does. The second is rendered, and a result of digits alone becomes an integer, which is an index from
# 0. Of the choices "1" "2" "3" "4" the gold of "2" is then "3", and that of "4" lies outside: a model that is always right
# scores 1.0 under one spelling and 0.0 under the other. Solved examples before the item show the wrong choices too. Items
# whose answers are words are not touched, so a benchmark with a few numeric items loses just these.
#
# What follows for readers of such logs: the target of a sample is an index or a text, by what the template gave; where
# choices are numbers, see that the gold named in the log is the answer of the row.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install -q --no-compile --disable-pip-version-check lm_eval==0.4.13
export HF_HUB_OFFLINE=1 HF_DATASETS_OFFLINE=1 HF_HOME=$dir/home TOKENIZERS_PARALLELISM=false TQDM_DISABLE=1
cat >run.py <<'PY'
import json, logging, sys
from importlib.metadata import version

logging.disable(logging.WARNING)
from lm_eval import simple_evaluate
from lm_eval.api.model import LM
from lm_eval.tasks import TaskManager

rows = [{"question": f"1 + {n - 1} =", "choices": ["1", "2", "3", "4"], "answer": str(n)} for n in (1, 2, 3, 4)]
rows += [{"question": "The opposite of hot is", "choices": ["cold", "blue"], "answer": "cold"}]
shots = [{"question": f"0 + {n} =", "choices": ["1", "2", "3", "4"], "answer": str(n)} for n in (1, 2)]
right = {r["question"]: " " + r["answer"] for r in rows}


class Right(LM):
    """Finds the right choice likelier than any other."""

    def loglikelihood(self, requests, disable_tqdm=False):
        return [(-1.0 if right[r.args[0].split("\n\n")[-1]] == r.args[1] else -9.0, False) for r in requests]

    def generate_until(self, requests, disable_tqdm=False):
        raise NotImplementedError

    loglikelihood_rolling = generate_until


for name in ("rows", "shots"):
    with open(f"{name}.jsonl", "w") as f:
        f.writelines(json.dumps(r) + "\n" for r in {"rows": rows, "shots": shots}[name])


def evaluate(target):
    """Each item's score, and the prompt of the first, behind two solved examples."""
    task = {
        "task": "sums", "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": "rows.jsonl", "train": "shots.jsonl"}},
        "test_split": "test", "fewshot_split": "train", "fewshot_config": {"sampler": "first_n"}, "num_fewshot": 2,
        "output_type": "multiple_choice", "doc_to_text": "{{question}}", "doc_to_choice": "choices", "doc_to_target": target,
        "metric_list": [{"metric": "acc"}],
    }
    r = simple_evaluate(model=Right(), tasks=[task], task_manager=TaskManager(include_defaults=False), bootstrap_iters=0)
    samples = sorted(r["samples"]["sums"], key=lambda s: s["doc_id"])
    a = samples[0]["arguments"]
    return [float(s["acc"]) for s in samples], a["gen_args_0"]["arg_0"] if isinstance(a, dict) else a[0][0]


field, good = evaluate("answer")
template, bad = evaluate("{{answer}}")
print(f"lm_eval {version('lm_eval')}: a model that is always right, on four items with the choices 1 2 3 4 and one with words")
print(f"  doc_to_target: answer          scores {field}, and reads {good!r}")
print(f"  doc_to_target: \"{{{{answer}}}}\"    scores {template}, and reads {bad!r}")

as_described = field == [1.0] * 5 and template == [0.0] * 4 + [1.0]
as_described = as_described and good.startswith("0 + 1 = 1\n\n0 + 2 = 2") and bad.startswith("0 + 1 = 2\n\n0 + 2 = 3")
sys.exit(0 if as_described else "the behaviour has changed")
PY
env/bin/python run.py 2>stderr.txt || { tail -5 stderr.txt; exit 1; }
