#!/usr/bin/env bash
# every-eval-ever 0.3.0 (converter of lm-evaluation-harness logs, here those of lm_eval 0.4.13): what does an instance of a
# multiple-choice item say of choices, answer and reference?
#
# Guess before running it: the item's choices; the choice that won under the metric of this instance; the text of the gold.
#
# Seen: none of the three.
# 1. Every instance names the choice of largest summed log-probability. For acc_norm another choice may have won: the record
#    then says of one text that it is wrong (acc) and that it is correct (acc_norm), and the answer that was judged correct
#    stands nowhere.
# 2. acc_mutual_info asks each choice a second time without the question. These requests become choices: 6 for an item of 3,
#    and the unconditional ones compete, so that the answer named may be one that lost under both metrics.
# 3. The reference is the gold's index as a text ("1"), beside choices and an answer that are texts: comparing answer and
#    reference, as for generated texts, gives 0 of 3 where the harness counted 2.
# The validator accepts all of it.
#
# What follows for readers of such records: take scores from them, never answers of multiple-choice items; and where two
# models' answers are compared, compare them from the harness' own log-probabilities.
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
"""Runs two tasks, and logs as the harness' own command does: the samples of each task beside the results, in the model's folder."""
import json, logging
from pathlib import Path

logging.disable(logging.WARNING)
from lm_eval import simple_evaluate
from lm_eval.api.model import LM
from lm_eval.loggers import EvaluationTracker
from lm_eval.tasks import TaskManager

choices = ["Ulm", "the old town on the lake", "Bonn"]
rows = [{"word": w, "choices": choices, "gold": g} for w, g in (("oldest", 0), ("longest", 1), ("newest", 1))]
Path("rows.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))


class Town(LM):
    """Log-probabilities of the three choices behind the question, and alone."""

    def loglikelihood(self, requests, disable_tqdm=False):
        asked, alone = {"Ulm": -2.0, "the": -4.0, "Bonn": -3.0}, {"Ulm": -2.5, "the": -9.0, "Bonn": -1.0}
        return [((asked if r.args[0] else alone)[r.args[1].split()[0]], False) for r in requests]

    def generate_until(self, requests, disable_tqdm=False):
        raise NotImplementedError

    loglikelihood_rolling = generate_until


def task(name, *metrics):
    return {
        "task": name, "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": "rows.jsonl"}}, "test_split": "test",
        "output_type": "multiple_choice", "doc_to_text": "Which town has the {{word}} bridge?", "doc_to_choice": "choices",
        "doc_to_target": "gold", "metric_list": [{"metric": m} for m in metrics],
    }


tracker = EvaluationTracker(output_path="run")
tasks = [task("norm", "acc", "acc_norm"), task("mutual", "acc", "acc_mutual_info")]
results = simple_evaluate(model=Town(), model_args="pretrained=some/town", tasks=tasks, bootstrap_iters=0,
                          task_manager=TaskManager(include_defaults=False), evaluation_tracker=tracker, log_samples=True)
samples = results.pop("samples")
tracker.save_results_aggregated(results=results, samples=samples)
for name in samples:
    tracker.save_results_samples(task_name=name, samples=samples[name])
PY
harness/bin/python run.py >run.log 2>&1 || { cat run.log; exit 1; }
records/bin/every_eval_ever convert lm_eval --log_path run --output_dir data --include_samples >log 2>&1
# shellcheck disable=SC2046 # generated names have no spaces
records/bin/every_eval_ever validate $(find data -name '*.json*') >valid 2>&1 || { cat valid; exit 1; }
records/bin/python - <<'PY'
import json
from pathlib import Path

seen = {}
for path in Path("data").rglob("*_samples.jsonl"):
    for line in path.read_text().splitlines():
        r = json.loads(line)
        seen.setdefault((r["evaluation_name"], r["evaluation_result_id"]), []).append(
            (len(r["input"]["choices"]), r["input"]["reference"][0], r["output"]["raw"][0], r["evaluation"]["is_correct"]))
for (task, metric), rows in sorted(seen.items()):
    print(f"{task}, {metric}:")
    for n, reference, answer, correct in rows:
        print(f"  {n} choices, reference {reference!r}, answer {answer!r}, correct: {correct}")
lake = "the old town on the lake"
assert seen["norm", "acc"] == [(3, "0", "Ulm", True), (3, "1", "Ulm", False), (3, "1", "Ulm", False)], seen
assert seen["norm", "acc_norm"] == [(3, "0", "Ulm", False), (3, "1", "Ulm", True), (3, "1", "Ulm", True)], seen
assert seen["mutual", "acc_mutual_info"] == [(6, "0", "Bonn", False), (6, "1", "Bonn", True), (6, "1", "Bonn", True)], seen
print(f"as seen: acc_norm and acc_mutual_info chose {lake!r}, which no record names; all files are valid")
PY
