#!/usr/bin/env bash
# every-eval-ever 0.3.0 (converter of lm-evaluation-harness logs, here those of lm_eval 0.4.13): whose samples does a record get?
#
# Guess before running it: the samples that the same run wrote for the same task. Their file names hold task and date, and the
# results file holds both too.
#
# Seen: a record takes the last in sorted order of all files that begin with samples_TASK_, whatever run they are of.
# 1. Of two tasks of one run, "towns" and "towns_cot", the first gets the samples of the second: other prompts, other answers,
#    scores that do not average to the record's own (1/3 beside 1). (So do gsm8k and gsm8k_cot, arithmetic's, and all whose names continue
#    one another; that a digit sorts before a letter decides it.)
# 2. Of two runs of one model and task, which the harness keeps in one folder, the earlier gets the samples of the later: a
#    score of 1/3 stands beside three samples that are all right.
# Converting succeeds, the validator accepts every file, and checksums are those of the wrong file.
#
# What follows for readers of such records: see that the instances of a record average to its score before believing them.
set -euo pipefail
for python in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 "$HOME"/.pyenv/versions/*/bin/python3; do
  if [ -n "$python" ] && "$python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then break; fi
  python=
done
if [ -z "$python" ]; then
  echo "every-eval-ever needs Python 3.12 or newer: name one by PYTHON=..." >&2
  exit 2
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
install() { # two environments at once: neither needs the other
  "$1" -m venv "$2"
  "$2/bin/pip" install -q --no-compile --disable-pip-version-check "$3"
  "$2/bin/pip" list --disable-pip-version-check 2>/dev/null | grep -E "^(lm_eval|every-eval-ever) "
}
install python3 harness lm_eval==0.4.13 &
install "$python" records every-eval-ever==0.3.0 &
wait %1
wait %2
export HF_HUB_OFFLINE=1 HF_DATASETS_OFFLINE=1 HF_HOME=$dir/home TOKENIZERS_PARALLELISM=false TQDM_DISABLE=1
cat >run.py <<'PY'
"""Runs tasks, and logs as the harness' own command does: the samples of each task beside the results, in the model's folder."""
import json, logging
from pathlib import Path

logging.disable(logging.WARNING)
from lm_eval import simple_evaluate
from lm_eval.api.model import LM
from lm_eval.loggers import EvaluationTracker
from lm_eval.tasks import TaskManager

rows = [("oldest", "Ulm"), ("longest", "Bonn"), ("newest", "Jena")]
Path("rows.jsonl").write_text("".join(json.dumps({"word": w, "answer": a}) + "\n" for w, a in rows))


class Town(LM):
    """Knows one town, and every answer if it is asked to go step by step or has learnt."""

    learnt = False

    def generate_until(self, requests, disable_tqdm=False):
        asked = [r.args[0].split(": ") for r in requests]
        return [dict(rows)[word.split()[0]] if self.learnt or ask.startswith("Step") else "Ulm" for ask, word in asked]

    def loglikelihood(self, requests, disable_tqdm=False):
        raise NotImplementedError

    loglikelihood_rolling = loglikelihood


def task(name):
    ask = "Step by step: " if name.endswith("_cot") else "In one word: "
    return {
        "task": name, "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": "rows.jsonl"}}, "test_split": "test",
        "output_type": "generate_until", "doc_to_text": ask + "{{word}} bridge?", "doc_to_target": "{{answer}}",
        "generation_kwargs": {"until": ["\n"]}, "metric_list": [{"metric": "exact_match"}],
    }


def run(model, folder, *names):
    tracker = EvaluationTracker(output_path=folder)
    results = simple_evaluate(model=model, model_args="pretrained=some/town", tasks=[task(n) for n in names], bootstrap_iters=0,
                              task_manager=TaskManager(include_defaults=False), evaluation_tracker=tracker, log_samples=True)
    samples = results.pop("samples")
    tracker.save_results_aggregated(results=results, samples=samples)
    for name in names:
        tracker.save_results_samples(task_name=name, samples=samples[name])


model = Town()
run(model, "two", "towns", "towns_cot")
run(model, "dates", "towns")
model.learnt = True
run(model, "dates", "towns")
PY
cat >look.py <<'PY'
"""What each converted record says, and its instances."""
import json, sys
from pathlib import Path

out = []
for path in Path(sys.argv[1]).rglob("*.json"):
    record = json.loads(path.read_text())
    (result,) = record["evaluation_results"]
    rows = [json.loads(line) for line in path.with_name(path.stem + "_samples.jsonl").read_text().splitlines()]
    prompts = {r["input"]["raw"].split(":")[0] for r in rows}
    mean = sum(r["evaluation"]["score"] for r in rows) / len(rows)
    out.append((result["evaluation_name"], round(result["score_details"]["score"], 3), round(mean, 3), sorted(prompts)))
for line in sorted(out):
    print("  record %s: score %s; its instances: mean %s, prompts %s" % line)
print(json.dumps(sorted(out)), file=open(sys.argv[2], "w"))
PY
harness/bin/python run.py >run.log 2>&1 || { cat run.log; exit 1; }
for run in two dates; do
  (
    mkdir $run.out && cd $run.out
    ../records/bin/every_eval_ever convert lm_eval --log_path ../$run --output_dir data --include_samples >log 2>&1
    # shellcheck disable=SC2046 # generated names have no spaces
    ../records/bin/every_eval_ever validate $(find data -name '*.json*') >valid 2>&1 || { cat valid; exit 1; }
  )
done
echo "two tasks of one run (the harness logged other prompts for each):"
records/bin/python look.py two.out two.seen
echo "one task, run on two dates:"
records/bin/python look.py dates.out dates.seen
records/bin/python - <<'PY'
import json

two, dates = json.load(open("two.seen")), json.load(open("dates.seen"))
assert two == [["towns", 0.333, 1.0, ["Step by step"]], ["towns_cot", 1.0, 1.0, ["Step by step"]]], two
assert dates == [["towns", 0.333, 1.0, ["In one word"]], ["towns", 1.0, 1.0, ["In one word"]]], dates
print("as seen: the first task has the second's samples, the earlier run has the later one's; all files are valid")
PY
