"""Small random-weight GGUF files for the transformer's and the tokenizer's tests.

Each covers one thing that the planted models do not: weight types, grouped
queries, a separate output matrix, linear rotary scaling, another rotary base,
a SentencePiece vocabulary. random.json.gz holds, per file, token sequences and
what a float64 forward pass of the dequantised weights says of them.

    python3 random_models.py OUT_FOLDER
"""

import gzip
import json
import os
import sys

import numpy as np

import gguf
import language
import reference
import tokenizer


BASE = dict(context=128, width=32, layers=2, heads=4, kv_heads=4, ffn=64, epsilon=1e-5)
CASES = {
    "f32": dict(kind="F32", layers=1),
    "f16": dict(kind="F16"),
    "bf16": dict(kind="BF16"),
    "q8_0": dict(kind="Q8_0"),
    "q4_0": dict(kind="Q4_0"),
    "gqa": dict(kind="F16", kv_heads=2),
    "untied": dict(kind="F16", untied=True),
    "rope-linear": dict(kind="F16", factor=4.0),
    "rope-base": dict(kind="F16", base=500000.0, epsilon=1e-6),
    "spm": dict(kind="Q8_0", kv_heads=2, untied=True, pieces=True),
}


def small_bpe() -> tokenizer.Tokenizer:
    r = language.Source("random models")
    texts = [language.document(r, d, 40) for d in language.DOMAINS]
    return tokenizer.Tokenizer.train(texts, 384)


def piece_keys(vocabulary: int) -> list:
    """A SentencePiece (BPE) vocabulary with byte fallback: specials, bytes, pieces, characters."""
    r = language.Source("random pieces")
    words = {}
    for d in language.DOMAINS:
        for w in language.document(r, d, 40).split():
            words["\u2581" + w] = words.get("\u2581" + w, 0) + 1
    characters = ["\u2581"] + [chr(c) for c in range(33, 127)] + ["é", "ü", "ß", "中"]
    room = vocabulary - 3 - 256 - len(characters)
    pieces = list(dict.fromkeys(a + b for a, b in tokenizer.learn_merges(words, room)))
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)] + pieces + characters
    types = [2, 3, 3] + [6] * 256 + [1] * (len(pieces) + len(characters))
    scores = [0.0] * 259 + [-float(i) for i in range(len(pieces) + len(characters))]
    return [
        ("tokenizer.ggml.model", gguf.STR, "llama"), ("tokenizer.ggml.pre", gguf.STR, "default"),
        ("tokenizer.ggml.tokens", gguf.ARR, (gguf.STR, tokens)),
        ("tokenizer.ggml.scores", gguf.ARR, (gguf.F32, scores)),
        ("tokenizer.ggml.token_type", gguf.ARR, (gguf.I32, types)),
        ("tokenizer.ggml.bos_token_id", gguf.U32, 1), ("tokenizer.ggml.eos_token_id", gguf.U32, 2),
        ("tokenizer.ggml.unknown_token_id", gguf.U32, 0), ("tokenizer.ggml.add_bos_token", gguf.BOOL, True),
    ]


def weights(rng: np.random.Generator, shape: dict, kind: str, untied: bool) -> list:
    d, f, v = shape["width"], shape["ffn"], shape["vocabulary"]
    kv = d // shape["heads"] * shape["kv_heads"]
    matrix = lambda rows, cols, scale: (rng.standard_normal((rows, cols)) * scale / np.sqrt(cols)).astype("f4")
    gain = lambda: (1 + 0.2 * rng.standard_normal(d)).astype("f4")
    tensors = [("token_embd.weight", matrix(v, d, 2.0), kind)]
    for i in range(shape["layers"]):
        p = f"blk.{i}."
        tensors += [
            (p + "attn_norm.weight", gain(), "F32"),
            (p + "attn_q.weight", matrix(d, d, 1.5), kind), (p + "attn_k.weight", matrix(kv, d, 1.5), kind),
            (p + "attn_v.weight", matrix(kv, d, 1.0), kind), (p + "attn_output.weight", matrix(d, d, 1.0), kind),
            (p + "ffn_norm.weight", gain(), "F32"),
            (p + "ffn_gate.weight", matrix(f, d, 1.0), kind), (p + "ffn_up.weight", matrix(f, d, 1.0), kind),
            (p + "ffn_down.weight", matrix(d, f, 1.0), kind),
        ]
    tensors.append(("output_norm.weight", gain(), "F32"))
    if untied:
        tensors.append(("output.weight", matrix(v, d, 2.0), kind))
    return tensors


def golden(path: str, rng: np.random.Generator) -> dict:
    """Sequences of 1, 2, 17 and 60 tokens, each after BOS, and what the reference says."""
    ref = reference.Reference(path)
    bos, v = ref.keys["tokenizer.ggml.bos_token_id"], ref.keys["llama.vocab_size"]
    out = []
    for length in (1, 2, 17, 60):
        ids = [bos] + [int(i) for i in rng.integers(3, v - 1, length)]
        run = ref.forward(ids)
        out.append({
            "ids": ids,
            "logprobs": [float(run["logprobs"][t, ids[t + 1]]) for t in range(length)],
            "last_residual": [[float(x) for x in layer[-1]] for layer in run["hidden"]],
            "last_final": [float(x) for x in run["final"][-1]],
            "attention_entropy": [[float(x) for x in row] for row in reference.attention_entropy(run["attention"])],
        })
    return {"file": os.path.basename(path), "sequences": out}


def make(folder: str) -> None:
    bpe = small_bpe()
    goldens = []
    for number, (name, case) in enumerate(CASES.items()):
        rng = np.random.default_rng([2026, number])
        shape = {**BASE, **{k: case[k] for k in ("kv_heads", "layers", "epsilon") if k in case}}
        rope = {"base": case.get("base", 10000.0), "factor": case.get("factor", 1.0)}
        vocabulary = piece_keys(512) if case.get("pieces") else gguf.bpe_keys(bpe.tokens, bpe.merges, bpe.bos)
        shape["vocabulary"] = len(dict((k, v) for k, _, v in vocabulary)["tokenizer.ggml.tokens"][1])
        keys = gguf.llama_keys(f"random {name}", shape, case["kind"], rope) + vocabulary
        path = os.path.join(folder, f"random-{name}.gguf")
        gguf.write(path, keys, weights(rng, shape, case["kind"], case.get("untied", False)))
        goldens.append(golden(path, rng))
    with gzip.GzipFile(os.path.join(folder, "random.json.gz"), "wb", mtime=0) as f:
        f.write(json.dumps(goldens).encode())


if __name__ == "__main__":
    make(sys.argv[1])
