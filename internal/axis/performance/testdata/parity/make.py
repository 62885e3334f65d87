"""Writes golden.json: what lm-evaluation-harness says of the rows in this folder, asked of the weights in a GGUF file.

    python3 -m venv venv && venv/bin/pip install lm_eval==0.4.13 torch transformers accelerate gguf
    venv/bin/python make.py SmolLM2-135M-Instruct.Q4_1.gguf [FOLDER_OF_THE_ROWS]

Everything is the harness' own: requests, few-shot prompts, encoding, stops, filters and metrics, and its HFLM asks the model.
That is the Llama of transformers in binary32 on CPU, with the weights that transformers dequantises from the file. Nothing is
downloaded. Where rounding could decide, because two choices or two next tokens are nearly equal, no golden is written. The rows
were written for this purpose.
"""

import hashlib
import json
import logging
import os
import sys
from importlib.metadata import version

os.environ |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "TQDM_DISABLE": "1"}
import lm_eval
import numpy as np
import torch
import yaml
from lm_eval import simple_evaluate
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager
from tokenizers import pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer

logging.disable(logging.WARNING)
HERE = os.path.dirname(os.path.abspath(__file__))
NEAR = 1e-3  # nats; a smaller lead is left to rounding
METRICS = ["acc", "acc_norm", "acc_bytes", "acc_mutual_info"]


class Watched(HFLM):
    """The harness' model, with what was so near that rounding may have decided it."""

    near = []

    def watch(self, what, best, next):
        if best - next < NEAR:
            self.near.append(f"{what}: {best - next:.5f} nats ahead")

    def _model_generate(self, context, max_length, stop, **kwargs):
        out = super()._model_generate(context, max_length, stop, **kwargs)
        with torch.no_grad():
            leads = self.model(out[:, :-1]).logits[0, context.shape[1] - 1:].topk(2).values.tolist()
        for k, (best, next) in enumerate(leads):
            self.watch(f"token {k + 1} behind {self.tok_decode(context[0])[-30:]!r}", best, next)
        return out


def load(path):
    folder, name = os.path.split(os.path.abspath(path))
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=name)
    # What the file names ("smollm") and the model's own tokenizer.json writes out; transformers reads only the second half.
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=torch.float32)
    return Watched(pretrained=model, tokenizer=tokenizer, backend="causal", batch_size=1)


def rows_of(folder, name):
    files = {"data_files": {name: f"{folder}/{name}.jsonl"}}
    return {"task": name, "dataset_path": "json", "dataset_name": None, "dataset_kwargs": files, "test_split": name}


def choice(folder, name, delimiter):
    return rows_of(folder, name) | {
        "output_type": "multiple_choice", "doc_to_text": "{{question}}", "doc_to_choice": "choices", "doc_to_target": "answer",
        "target_delimiter": delimiter, "metric_list": [{"metric": m} for m in METRICS]}


def shots(folder):
    """Three examples of the benchmark's own rows before each item, in the order of the file."""
    return choice(folder, "choice", " ") | {
        "task": "shots", "fewshot_split": "choice", "fewshot_config": {"sampler": "first_n"}, "num_fewshot": 3}


def generate(folder):
    return rows_of(folder, "generate") | {
        "output_type": "generate_until", "doc_to_text": "{{question}}", "doc_to_target": "{{answer}}",
        "generation_kwargs": {"until": ["\n\n", "Q:"], "max_gen_toks": 32}, "metric_list": [{"metric": "exact_match"}]}


def gsm8k(folder):
    """The harness' GSM8K but for the rows, the length and the draw of its five examples, which are the first here."""
    with open(os.path.join(os.path.dirname(lm_eval.__file__), "tasks/gsm8k/gsm8k.yaml"), encoding="utf-8") as f:
        own = yaml.safe_load(f)
    own.pop("tag")
    files = {"train": f"{folder}/shots.jsonl", "test": f"{folder}/sums.jsonl"}
    return own | {
        "task": "sums", "dataset_path": "json", "dataset_name": None, "dataset_kwargs": {"data_files": files},
        "fewshot_config": {"sampler": "first_n"}, "generation_kwargs": own["generation_kwargs"] | {"max_gen_toks": 96}}


def choice_golden(model, sample):
    """One item: log-likelihoods with and without context, metrics, and whether a context's tokens do not begin the whole's."""
    choices = sample["doc"]["choices"]
    n = len(choices)
    values = [float(resp[0][0]) for resp in sample["resps"]]
    golden = {"prompt": sample["arguments"][0][0], "logliks": values[:n], "alone": values[n:]}
    golden |= {m: float(sample[m]) for m in METRICS}
    if any(straddles(model, context.rstrip(), context + text) for context, text in sample["arguments"][:n]):
        return golden | {"straddled": True}
    lengths = [np.ones(n), [len(c) for c in choices], [len(c.encode()) for c in choices]]
    compared = [np.divide(values[:n], k) for k in lengths] + [np.subtract(values[:n], values[n:])]
    for metric, scores in zip(METRICS, compared):
        next, best = np.sort(scores)[-2:]
        model.watch(f"{metric} of {sample['doc']['id']}", best, next)
    return golden


def straddles(model, context, whole):
    tokens = model.tok_encode(context)
    return tokens != model.tok_encode(whole)[:len(tokens)]


def sums_golden(samples):
    strict, flexible = ([s for s in samples if s["filter"] == f] for f in ["strict-match", "flexible-extract"])
    return [{"prompt": a["arguments"][0][0], "text": a["resps"][0][0], "strict": float(a["exact_match"]),
             "flexible": float(b["exact_match"])} for a, b in zip(strict, flexible)]


def main(path, folder=HERE):
    model = load(path)
    tasks = [choice(folder, "choice", " "), choice(folder, "glued", ""), choice(folder, "straddled", ""), shots(folder),
             generate(folder), gsm8k(folder)]
    manager = TaskManager(include_defaults=False)
    samples = simple_evaluate(model=model, tasks=tasks, task_manager=manager, bootstrap_iters=0)["samples"]
    golden = {"made with": {p: version(p) for p in ["lm_eval", "transformers", "torch", "gguf", "tokenizers"]},
              "model": "sha256:" + hashlib.sha256(open(path, "rb").read()).hexdigest()}
    for name in ["choice", "glued", "straddled", "shots"]:
        golden[name] = [choice_golden(model, s) for s in samples[name]]
    golden["generate"] = [{"prompt": s["arguments"][0][0], "text": s["resps"][0][0]} for s in samples["generate"]]
    golden["sums"] = sums_golden(samples["sums"])
    if model.near:
        sys.exit("too near for a golden:\n" + "\n".join(model.near))
    with open(os.path.join(HERE, "golden.json"), "w", encoding="utf-8") as f:
        json.dump(golden, f, ensure_ascii=False, indent=1)
        f.write("\n")


main(*sys.argv[1:])
