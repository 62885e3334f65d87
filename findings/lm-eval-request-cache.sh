#!/usr/bin/env bash
# lm-evaluation-harness 0.4.13 (lm_eval on PyPI): does its request cache (cache_requests) notice that the data changed?
#
# Guess before running it: prompts are kept under the task and a digest of its rows, so that a corrected or reordered file makes
# them anew; at worst the old prompts are scored against the old answers.
#
# Seen: the rows are no part of the key (task, shots, chat template and tokenizer are). After the rows of a file were put into
# another order, the old prompts are sent and each is scored against the answer that stands in its place NOW: a model that
# answers every question rightly falls from 1.0 to what chance gives, without a word. The log of samples shows the new row as the
# item, beside the prompt of the old one.
#
# What follows for readers of such logs: compare each sample's prompt with the item that it claims to be.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install -q --no-compile --disable-pip-version-check lm_eval==0.4.13
export HF_HUB_OFFLINE=1 HF_DATASETS_OFFLINE=1 HF_HOME=$dir/home TOKENIZERS_PARALLELISM=false TQDM_DISABLE=1
export LM_HARNESS_CACHE_PATH=$dir/requests
cat >run.py <<'PY'
import json, logging, sys
from importlib.metadata import version

logging.disable(logging.WARNING)
from lm_eval import simple_evaluate
from lm_eval.api.model import LM
from lm_eval.tasks import TaskManager


class Adder(LM):
    """Answers every sum rightly, from the prompt alone."""

    def generate_until(self, requests, disable_tqdm=False):
        return [str(sum(int(n) for n in r.args[0].rstrip(" =").split("+"))) for r in requests]

    def loglikelihood(self, requests, disable_tqdm=False):
        raise NotImplementedError

    loglikelihood_rolling = loglikelihood


rows = [{"sum": f"{i} + {i} =", "total": str(2 * i)} for i in range(1, 21)]


def evaluate(rows, **options):
    with open("sums.jsonl", "w") as f:
        f.writelines(json.dumps(r) + "\n" for r in rows)
    task = {
        "task": "sums", "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": "sums.jsonl"}}, "test_split": "test",
        "output_type": "generate_until", "doc_to_text": "{{sum}}", "doc_to_target": "{{total}}",
        "generation_kwargs": {"until": ["\n"], "max_gen_toks": 8}, "metric_list": [{"metric": "exact_match"}],
    }
    r = simple_evaluate(model=Adder(), tasks=[task], task_manager=TaskManager(include_defaults=False), bootstrap_iters=0, **options)
    return float(r["results"]["sums"]["exact_match,none"]), r["samples"]["sums"][0]


first, _ = evaluate(rows, cache_requests=True)
stale, sample = evaluate(rows[::-1], cache_requests=True)
fresh, _ = evaluate(rows[::-1])
prompt = sample["arguments"]["gen_args_0"]["arg_0"] if isinstance(sample["arguments"], dict) else sample["arguments"][0][0]
print(f"lm_eval {version('lm_eval')}: an adder that is always right scores {first}; after the rows were reversed {stale}, without the cache {fresh}")
print(f"the log's first sample is the item {sample['doc']['sum']!r}, and its prompt was {prompt!r}")

as_described = (first, stale, fresh) == (1.0, 0.0, 1.0) and sample["doc"]["sum"] == "20 + 20 =" and prompt == "1 + 1 ="
sys.exit(0 if as_described else "the behaviour has changed")
PY
env/bin/python run.py 2>stderr.txt || { tail -5 stderr.txt; exit 1; }
