"""What llama.cpp says of the files of random_architectures.py: llamacpp.json.gz.

    python3 llamacpp_golden.py FOLDER

needs llama-server in PATH and architectures.json.gz in FOLDER. It asks for the
log-probability of every token of every sequence, or for the pooled embedding
of encoders, on one thread, with F32 keys and values and without flash
attention. It asks about F32 copies of the files, which hold the same numbers:
where matrices are F16, llama.cpp rounds what they are multiplied by to F16.

Beside the answers stands how far they are from others, at most: "f16" from
llama.cpp's own for the F16 files, "float64" from reference.py, and "table" from
reference.py with GELU as llama.cpp has it on CPUs, looked up in a table of
16-bit floats. The last says that the table is all that differs.
"""

import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request

import numpy as np

import random_architectures
import reference

URL = "http://127.0.0.1:18431"
COMMAND = ["llama-server", "--host", "127.0.0.1", "--port", "18431", "-t", "1", "-tb", "1", "-ngl", "0", "-np", "1", "-c", "256",
           "-b", "512", "-ub", "512", "-fa", "off", "-ctk", "f32", "-ctv", "f32", "--no-webui"]


def post(path: str, body: dict):
    request = urllib.request.Request(URL + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as reply:
        return json.load(reply)


def logprob(prompt: list, target: int, vocabulary: int, forced: int) -> float:
    """log p(target | prompt), from the whole distribution before sampling.

    Which token the server then takes does not matter, but one that is no whole
    character makes it leave the distribution out: so it must take forced.
    """
    reply = post("/completion", {"prompt": prompt, "n_predict": 1, "n_probs": vocabulary, "temperature": 0, "cache_prompt": False,
                                 "logit_bias": [[forced, 1e9]]})
    for entry in reply["completion_probabilities"][0]["top_logprobs"]:
        if entry["id"] == target:
            return entry["logprob"]
    raise ValueError(f"no entry for token {target}")


def ask(ref: reference.Reference, path: str, sequences: list) -> list:
    """Log-probabilities, or the embedding, of each sequence."""
    encoder = ref.arch == "bert"
    server = subprocess.Popen(COMMAND + ["-m", path] + (["--embeddings"] if encoder else []), stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(URL + "/health", timeout=5)
                break
            except OSError:
                time.sleep(0.1)
        if encoder:
            return [post("/embedding", {"content": s["ids"], "embd_normalize": -1})[0]["embedding"][0] for s in sequences]
        forced = post("/tokenize", {"content": "e"})["tokens"][0]
        return [[logprob(s["ids"][:t], s["ids"][t], ref.key("vocab_size"), forced) for t in range(1, len(s["ids"]))] for s in sequences]
    finally:
        server.terminate()
        server.wait()


def compute(ref: reference.Reference, sequences: list) -> list:
    """The same by numpy."""
    if ref.arch != "bert":
        return [ref.next_logprobs(s["ids"]) for s in sequences]
    finals = [ref.forward(s["ids"])["final"] for s in sequences]
    return [f.mean(0) if ref.key("pooling_type") == 1 else f[0] for f in finals]


def table_gelu(x):
    half = np.asarray(x).astype("f4").astype("f2").astype("f8")
    looked_up = exact_gelu(half).astype("f2").astype("f8")
    return np.where(x <= -10, 0, np.where(x >= 10, x, looked_up))


exact_gelu = reference.gelu


def furthest(a: list, b: list) -> float:
    return max(float(np.abs(np.subtract(p, q)).max()) for p, q in zip(a, b))


def main(folder: str) -> None:
    with gzip.open(os.path.join(folder, "architectures.json.gz")) as f:
        goldens = json.load(f)
    out = []
    with tempfile.TemporaryDirectory() as wide:
        random_architectures.make(wide, "F32")
        for g in goldens:
            sequences, path = g["sequences"], os.path.join(wide, g["file"])
            ref = reference.Reference(path)
            answers = ask(ref, path, sequences)
            row = {"file": g["file"], "f16": furthest(answers, ask(ref, os.path.join(folder, g["file"]), sequences)),
                   "float64": furthest(answers, compute(ref, sequences))}
            reference.gelu = table_gelu
            row["table"] = furthest(answers, compute(ref, sequences))
            reference.gelu = exact_gelu
            print(row, flush=True)
            out.append({**row, "answers": answers})
    with gzip.GzipFile(os.path.join(folder, "llamacpp.json.gz"), "wb", mtime=0) as f:
        f.write(json.dumps(out).encode())


if __name__ == "__main__":
    main(sys.argv[1])
