#!/usr/bin/env bash
# lm-evaluation-harness 0.4.13 (lm_eval on PyPI): whose answers does its response cache (use_cache) give back?
#
# Guess before running it: an answer is kept under what was asked AND whom (model and its arguments), so two models can share one
# cache file; and k repeats of a sampled generation stay k answers when a finished evaluation is run again.
#
# Seen: the model is no part of the key. A second model with the same cache file is never asked; it gets the first one's answers
# and score, and the results are filed under the second one's arguments. Repeats are kept under one key: requests with a
# temperature and without do_sample (as chat APIs take them) come back as k copies of the last answer, so pass@k and majority
# votes change when the same command is run again. Neither is told.
#
# What follows for readers of such results: equal answers of two models item by item, or repeats that never differ, are a sign of
# a shared cache file and not of the models. Name the cache file after the model and its revision.
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
from lm_eval.api.registry import register_model
from lm_eval.tasks import TaskManager

asked = 0


@register_model("saying")
class Saying(LM):
    """Says one word, or, for says=counter, another one each time, as sampling does."""

    def __init__(self, says):
        super().__init__()
        self.says = says

    @classmethod
    def create_from_arg_string(cls, text, additional_config=None):
        return cls(**dict(part.split("=") for part in text.split(",")))

    def generate_until(self, requests, disable_tqdm=False):
        global asked
        out = []
        for _ in requests:
            asked += 1
            out.append(str(asked) if self.says == "counter" else self.says)
        return out

    def loglikelihood(self, requests, disable_tqdm=False):
        raise NotImplementedError

    loglikelihood_rolling = loglikelihood


with open("items.jsonl", "w") as f:
    for i in range(10):
        f.write(json.dumps({"question": f"Is {i} below 8?", "answer": "yes" if i < 8 else "no"}) + "\n")


def evaluate(says, cache, **changes):
    before = asked
    task = {
        "task": "below", "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": "items.jsonl"}}, "test_split": "test",
        "output_type": "generate_until", "doc_to_text": "{{question}}", "doc_to_target": "{{answer}}",
        "generation_kwargs": {"until": ["\n"], "max_gen_toks": 4}, "metric_list": [{"metric": "exact_match"}],
    } | changes
    r = simple_evaluate(model="saying", model_args=f"says={says}", tasks=[task], use_cache=cache,
                        task_manager=TaskManager(include_defaults=False), bootstrap_iters=0)
    return float(r["results"]["below"]["exact_match,none"]), r["config"]["model_args"], asked - before, r["samples"]["below"]


one, _, _, _ = evaluate("yes", "cache")
alone, _, _, _ = evaluate("no", None)
shared, filed, times, _ = evaluate("no", "cache")
print(f"lm_eval {version('lm_eval')}: the model that says yes scores {one}, the one that says no {alone}")
print(f"with the first one's cache file the second is asked {times} times and scores {shared}, filed under {filed!r}")

sampled = {"repeats": 4, "generation_kwargs": {"until": ["\n"], "max_gen_toks": 4, "temperature": 0.8}}
runs = [evaluate("counter", "repeats", **sampled)[3][0]["resps"][0] for _ in range(2)]
print(f"four repeats of one item: {runs[0]}; when the same command is run again: {runs[1]}")

as_described = (one, alone, shared, times) == (0.8, 0.2, 0.8, 0) and filed == "says=no"
as_described = as_described and len(set(runs[0])) == 4 and set(runs[1]) == {runs[0][-1]}
sys.exit(0 if as_described else "the behaviour has changed")
PY
env/bin/python run.py 2>stderr.txt || { tail -5 stderr.txt; exit 1; }
