"""What llama.cpp says of the files of random_architectures.py: llamacpp.json.gz.

    python3 llamacpp_golden.py OUT_FOLDER [NAME ...]

needs llama-server in PATH and asks it, one thread, F32 keys and values, flash
attention off, for the log-probability of every token of every sequence of
architectures.json.gz (in OUT_FOLDER), or for the pooled embedding of encoders.
It asks about F32 copies of the files, which hold the same numbers: with F16
matrices llama.cpp rounds what they are multiplied by to F16 too. How far that
moves its answers is in "f16", the largest difference.
"""

import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request

import random_architectures

URL = "http://127.0.0.1:18431"
COMMAND = ["llama-server", "--host", "127.0.0.1", "--port", "18431", "-t", "1", "-tb", "1", "-ngl", "0", "-np", "1", "-c", "256",
           "-b", "512", "-ub", "512", "-fa", "off", "-ctk", "f32", "-ctv", "f32", "--no-webui"]


def post(path: str, body: dict):
    request = urllib.request.Request(URL + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as reply:
        return json.load(reply)


def logprob(prompt: list, target: int, vocabulary: int, ascii_token: int) -> float:
    """log p(target | prompt): the server's whole distribution before sampling. Which token it then takes does not matter,
    but one that is no whole character makes it leave the distribution out."""
    reply = post("/completion", {"prompt": prompt, "n_predict": 1, "n_probs": vocabulary, "temperature": 0, "cache_prompt": False,
                                 "logit_bias": [[ascii_token, 1e9]]})
    for entry in reply["completion_probabilities"][0]["top_logprobs"]:
        if entry["id"] == target:
            return entry["logprob"]
    raise ValueError(f"no entry for token {target}")


def ask(path: str, sequences: list, encoder: bool) -> list:
    """Log-probabilities, or the embedding, of each sequence."""
    server = subprocess.Popen(COMMAND + ["-m", path] + (["--embeddings"] if encoder else []), stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(URL + "/health", timeout=5)
                break
            except OSError:
                time.sleep(0.1)
        if encoder:
            reply = lambda ids: post("/embedding", {"content": ids, "embd_normalize": -1})[0]["embedding"][0]
            return [reply(s["ids"]) for s in sequences]
        vocabulary = post("/tokenize", {"content": "e"})["tokens"][0], random_architectures.gguf.read(path)[1]["token_embd.weight"].shape[0]
        return [[logprob(s["ids"][:t], s["ids"][t], vocabulary[1], vocabulary[0]) for t in range(1, len(s["ids"]))] for s in sequences]
    finally:
        server.terminate()
        server.wait()


def furthest(a: list, b: list) -> float:
    return max(abs(x - y) for p, q in zip(a, b) for x, y in zip(p, q))


def main(folder: str, names: list) -> None:
    with gzip.open(os.path.join(folder, "architectures.json.gz")) as f:
        goldens = json.load(f)
    path = os.path.join(folder, "llamacpp.json.gz")
    known = {}
    if names and os.path.exists(path):
        with gzip.open(path) as f:
            known = {g["file"]: g for g in json.load(f)}
    with tempfile.TemporaryDirectory() as wide:
        random_architectures.make(wide, "F32")
        for g in goldens:
            name = g["file"]
            if names and name not in names:
                continue
            encoder = "bert" in name
            answers = ask(os.path.join(wide, name), g["sequences"], encoder)
            half = ask(os.path.join(folder, name), g["sequences"], encoder)
            known[name] = {"file": name, "answers": answers, "f16": furthest(answers, half)}
            if not encoder:
                print(name, "llama.cpp F32 - float64:", furthest(answers, [s["logprobs"] for s in g["sequences"]]), "F16:", known[name]["f16"])
            else:
                print(name, "llama.cpp F32 - float64:", furthest(answers, [s["pooled"] for s in g["sequences"]]), "F16:", known[name]["f16"])
    with gzip.GzipFile(path, "wb", mtime=0) as f:
        f.write(json.dumps([known[g["file"]] for g in goldens if g["file"] in known]).encode())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
