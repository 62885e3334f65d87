"""Small random GGUF files whose weights are random blocks of quantised types.

As random_models.py, but each file mixes types as real downloads do, and one is
split into two parts. quants.json.gz holds what the float64 forward pass says.

    python3 random_quants.py OUT_FOLDER
"""

import gzip
import json
import os
import sys

import numpy as np

import gguf
import quants
import random_models

# What the matrices of a layer take in turn.
CASES = {
    "k": dict(kinds=["Q4_K", "Q2_K", "Q3_K", "Q5_K", "Q6_K", "IQ4_XS"], width=256, ffn=256, layers=1, heads=4, kv_heads=1),
    "blocks": dict(kinds=["Q4_1", "Q5_0", "Q5_1", "IQ4_NL", "MXFP4"], width=32, ffn=64, layers=3, heads=4, kv_heads=2, parts=2),
}


def requantised(rng: np.random.Generator, tensors: list, kinds: list) -> list:
    """The same tensors, the matrices made anew of random blocks."""
    out, turn = [], 0
    for name, x, kind in tensors:
        if x.ndim == 2:
            kind, turn = kinds[turn % len(kinds)], turn + 1
            x = quants.Random(rng, kind, *x.shape, float(x.std()))
        out.append((name, x, kind))
    return out


def write_parts(path: str, keys: list, tensors: list, count: int) -> str:
    """Writes NAME-0000i-of-0000n.gguf as llama-gguf-split does; returns the first part's name."""
    names = [f"{path}-{i + 1:05}-of-{count:05}.gguf" for i in range(count)]
    each = -(-len(tensors) // count)
    for i, name in enumerate(names):
        split = [("split.no", 2, i), ("split.count", 2, count), ("split.tensors.count", gguf.I32, len(tensors))]
        gguf.write(name, (keys if i == 0 else []) + split, tensors[i * each:(i + 1) * each])
    return os.path.basename(names[0])


def make(folder: str) -> None:
    bpe = random_models.small_bpe()
    goldens = []
    for number, (name, case) in enumerate(CASES.items()):
        rng = np.random.default_rng([2026, 11, number])
        shape = {**random_models.BASE, **{k: v for k, v in case.items() if k not in ("kinds", "parts")}}
        shape["vocabulary"] = len(bpe.tokens)
        keys = gguf.llama_keys(f"random {name}", shape, "F16", {"base": 10000.0}) + gguf.bpe_keys(bpe.tokens, bpe.merges, bpe.bos)
        tensors = requantised(rng, random_models.weights(rng, shape, "F32", False), case["kinds"])
        path = os.path.join(folder, f"random-{name}")
        gguf.write(path + ".gguf", keys, tensors)
        golden = random_models.golden(path + ".gguf", rng)
        if case.get("parts"):
            os.remove(path + ".gguf")
            golden["file"] = write_parts(path, keys, tensors, case["parts"])
        goldens.append(golden)
    with gzip.GzipFile(os.path.join(folder, "quants.json.gz"), "wb", mtime=0) as f:
        f.write(json.dumps(goldens).encode())


if __name__ == "__main__":
    make(sys.argv[1])
