"""Small random-weight GGUF files, one or two for each architecture, for the transformer's tests.

architectures.json.gz holds, per file, token sequences (longer than any window)
and what a float64 forward pass of the stored weights says of them, with what
happens inside at the last token. See llamacpp_golden.py for llama.cpp's word.

    python3 random_architectures.py OUT_FOLDER [KIND]

KIND is the type of the matrices, F16. F32 gives the same numbers in wider
boxes (they are rounded to F16 first), for which llama.cpp rounds less.
"""

import gzip
import json
import os
import sys

import numpy as np

import gguf
import reference
import tokenizer

BASE = dict(context=128, width=64, layers=2, heads=4, kv_heads=2, ffn=80)
WINDOW = [("attention.sliding_window", gguf.U32, 16)]
CASES = {
    "llama3": dict(arch="llama", base=500000.0, factors="rope_freqs"),
    "llama-yarn": dict(arch="llama", layers=1, keys=[("rope.scaling.type", gguf.STR, "yarn"), ("rope.scaling.factor", gguf.F32, 4.0),
                                                     ("rope.scaling.original_context_length", gguf.U32, 32)]),
    "qwen2": dict(arch="qwen2", base=1e6, untied=True, qkv_bias=True),
    "qwen3": dict(arch="qwen3", base=1e6, head_dim=24, kv_heads=1, head_norm=True, epsilon=1e-6),
    "gemma3": dict(arch="gemma3", layers=6, heads=4, kv_heads=1, head_dim=8, ffn=32, base=1e6, head_norm=True, result_norm=True,
                   epsilon=1e-6,
                   keys=WINDOW + [("rope.scaling.type", gguf.STR, "linear"), ("rope.scaling.factor", gguf.F32, 8.0)]),
    "gemma2": dict(arch="gemma2", layers=4, kv_heads=1, head_dim=16, ffn=40, result_norm=True, epsilon=1e-6,
                   keys=WINDOW + [("attn_logit_softcapping", gguf.F32, 3.0), ("final_logit_softcapping", gguf.F32, 8.0)]),
    "phi3": dict(arch="phi3", context=512, fused=True, untied=True, rope_dims=12, factors="rope_factors_short",
                 keys=WINDOW + [("rope.scaling.original_context_length", gguf.U32, 256), ("rope.scaling.attn_factor", gguf.F32, 1.19)]),
    "bert-mean": dict(arch="bert", kv_heads=4, epsilon=1e-12, keys=[("pooling_type", gguf.U32, 1)]),
    "bert-cls": dict(arch="bert", layers=1, kv_heads=4, ffn=64, epsilon=1e-12, keys=[("pooling_type", gguf.U32, 2)]),
}


def word_piece_keys() -> list:
    """A WordPiece vocabulary: specials, characters at the start of words and inside, whole words."""
    characters = [chr(c) for c in range(97, 123)] + [chr(c) for c in range(48, 58)] + [".", ",", "?"]
    inside = characters + ["ing", "ed", "er", "est"]
    words = "the of and to in is that it was for".split()
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + ["\u2581" + w for w in characters + words] + inside
    return [
        ("tokenizer.ggml.model", gguf.STR, "bert"), ("tokenizer.ggml.tokens", gguf.ARR, (gguf.STR, tokens)),
        ("tokenizer.ggml.token_type", gguf.ARR, (gguf.I32, [3] * 5 + [1] * (len(tokens) - 5))),
        ("tokenizer.ggml.token_type_count", gguf.U32, 2),
        ("tokenizer.ggml.padding_token_id", gguf.U32, 0), ("tokenizer.ggml.unknown_token_id", gguf.U32, 1),
        ("tokenizer.ggml.cls_token_id", gguf.U32, 2), ("tokenizer.ggml.bos_token_id", gguf.U32, 2),
        ("tokenizer.ggml.seperator_token_id", gguf.U32, 3), ("tokenizer.ggml.mask_token_id", gguf.U32, 4),
    ]


def vocabulary(case: dict) -> list:
    if case["arch"] == "bert":
        return word_piece_keys()
    bpe = tokenizer.Tokenizer([tuple(m.split()) for m in "t h,th e,i n,\u0120 a,\u0120 the,in g,e r,o n".split(",")])
    return gguf.bpe_keys(bpe.tokens, bpe.merges, bpe.bos)


def keys_of(name: str, c: dict) -> list:
    """The metadata that llama.cpp demands, then the case's own."""
    a = c["arch"]
    epsilon = "attention.layer_norm_epsilon" if a == "bert" else "attention.layer_norm_rms_epsilon"
    own = [
        ("context_length", gguf.U32, c["context"]), ("embedding_length", gguf.U32, c["width"]), ("block_count", gguf.U32, c["layers"]),
        ("feed_forward_length", gguf.U32, c["ffn"]), ("attention.head_count", gguf.U32, c["heads"]),
        ("attention.head_count_kv", gguf.U32, c["kv_heads"]), (epsilon, gguf.F32, c.get("epsilon", 1e-5)),
        ("vocab_size", gguf.U32, c["vocabulary"]),
    ]
    if a == "bert":
        own.append(("attention.causal", gguf.BOOL, False))
    else:
        own += [("rope.dimension_count", gguf.U32, c["rope_dims"]), ("rope.freq_base", gguf.F32, c["base"])]
    if "head_dim" in CASES[name]:
        own += [("attention.key_length", gguf.U32, c["head_dim"]), ("attention.value_length", gguf.U32, c["head_dim"])]
    # No architecture in the name: llama.cpp demands tokens called <s> and <|endoftext|> of whatever is named "phi3".
    general = [("general.architecture", gguf.STR, a), ("general.type", gguf.STR, "model"), ("general.name", gguf.STR, "random weights"),
               ("general.file_type", gguf.U32, gguf.FILE_TYPE[c["kind"]]), ("general.quantization_version", gguf.U32, 2)]
    return general + [(f"{a}.{k}", t, v) for k, t, v in own + c.get("keys", [])]


class Weights:
    """Draws tensors of unit gain; matrices are rounded to F16 whatever they are stored as."""

    def __init__(self, rng: np.random.Generator, kind: str):
        self.rng, self.kind, self.out = rng, kind, []

    def matrix(self, name, rows, cols, scale=1.0, bias=False, kind=None):
        x = (self.rng.standard_normal((rows, cols)) * scale / np.sqrt(cols)).astype("f2").astype("f4")
        self.out.append((name + ".weight", x, kind or self.kind))
        if bias:
            self.vector(name + ".bias", rows, 0.0, 0.3)

    def vector(self, name, n, mean, deviation):
        self.out.append((name, (mean + deviation * self.rng.standard_normal(n)).astype("f4"), "F32"))

    def norm(self, name, n, shift=False):
        self.vector(name + ".weight", n, 1.0, 0.2)
        if shift:
            self.vector(name + ".bias", n, 0.0, 0.2)


def weights(rng: np.random.Generator, c: dict) -> list:
    w, d, v = Weights(rng, c["kind"]), c["width"], c["vocabulary"]
    if c["arch"] == "bert":
        encoder(w, c)
        return w.out
    w.matrix("token_embd", v, d, 2.0)
    if c.get("factors"):
        w.out.append((c["factors"] + ".weight", np.linspace(1, 8, c["rope_dims"] // 2).astype("f4"), "F32"))
    if c.get("factors") == "rope_factors_short":
        w.out.append(("rope_factors_long.weight", np.linspace(2, 30, c["rope_dims"] // 2).astype("f4"), "F32"))
    for i in range(c["layers"]):
        block(w, c, f"blk.{i}.")
    w.norm("output_norm", d)
    if c.get("untied"):
        w.matrix("output", v, d, 2.0)
    return w.out


def block(w: Weights, c: dict, p: str) -> None:
    d, q, kv, bias = c["width"], c["heads"] * c["head_dim"], c["kv_heads"] * c["head_dim"], c.get("qkv_bias", False)
    w.norm(p + "attn_norm", d)
    if c.get("fused"):
        w.matrix(p + "attn_qkv", q + 2 * kv, d, 1.3)
    else:
        w.matrix(p + "attn_q", q, d, 1.5, bias)
        w.matrix(p + "attn_k", kv, d, 1.5, bias)
        w.matrix(p + "attn_v", kv, d, 1.0, bias)
    if c.get("head_norm"):
        w.norm(p + "attn_q_norm", c["head_dim"])
        w.norm(p + "attn_k_norm", c["head_dim"])
    w.matrix(p + "attn_output", d, q)
    if c.get("result_norm"):
        w.norm(p + "post_attention_norm", d)
    w.norm(p + "ffn_norm", d)
    if c.get("fused"):
        w.matrix(p + "ffn_up", 2 * c["ffn"], d)
    else:
        w.matrix(p + "ffn_gate", c["ffn"], d)
        w.matrix(p + "ffn_up", c["ffn"], d)
    w.matrix(p + "ffn_down", d, c["ffn"])
    if c.get("result_norm"):
        w.norm(p + "post_ffw_norm", d)


def encoder(w: Weights, c: dict) -> None:
    d = c["width"]
    w.matrix("token_embd", c["vocabulary"], d, 2.0)
    w.matrix("token_types", 2, d, 2.0, kind="F32")  # llama.cpp cannot add these two in F16
    w.matrix("position_embd", c["context"], d, 2.0, kind="F32")
    w.norm("token_embd_norm", d, True)
    for i in range(c["layers"]):
        p = f"blk.{i}."
        for name in ("attn_q", "attn_k"):
            w.matrix(p + name, d, d, 1.5, True)
        for name in ("attn_v", "attn_output"):
            w.matrix(p + name, d, d, 1.0, True)
        w.norm(p + "attn_output_norm", d, True)
        w.matrix(p + "ffn_up", c["ffn"], d, 1.0, True)
        w.matrix(p + "ffn_down", d, c["ffn"], 1.0, True)
        w.norm(p + "layer_output_norm", d, True)


def rounded(x) -> list:
    return [float(f"{v:.8g}") for v in np.asarray(x).ravel()]


def golden(path: str, rng: np.random.Generator) -> dict:
    """Sequences of 1, 2, 17 and 60 tokens, each after BOS, and what the reference says."""
    ref = reference.Reference(path)
    bos, v = ref.keys["tokenizer.ggml.bos_token_id"], ref.key("vocab_size")
    out = []
    for length in (1, 2, 17, 60):
        ids = [bos] + [int(i) for i in rng.integers(5, v - 1, length)]
        run = ref.forward(ids)
        s = {"ids": ids, "last_residual": [rounded(layer[-1]) for layer in run["hidden"]], "last_final": rounded(run["final"][-1]),
             "last_gate": [rounded(layer[-1]) for layer in run["gate"]],
             "last_attention": [rounded(layer[:, -1]) for layer in run["attention"]]}
        if ref.arch == "bert":
            pooling = ref.key("pooling_type")
            s["pooled"] = rounded(run["final"].mean(0) if pooling == 1 else run["final"][0])
        else:
            s["logprobs"] = rounded(run["logprobs"][np.arange(length), ids[1:]])
        out.append(s)
    return {"file": os.path.basename(path), "sequences": out}


def make(folder: str, kind: str) -> list:
    """Writes the files and returns their goldens."""
    goldens = []
    for number, (name, case) in enumerate(CASES.items()):
        rng = np.random.default_rng([2027, number])
        c = {**BASE, "base": 10000.0, "kind": kind, **case}
        c.setdefault("head_dim", c["width"] // c["heads"])
        c.setdefault("rope_dims", c["head_dim"])
        tokens = vocabulary(case)
        c["vocabulary"] = len({k: v for k, _, v in tokens}["tokenizer.ggml.tokens"][1])
        path = os.path.join(folder, f"arch-{name}.gguf")
        gguf.write(path, keys_of(name, c) + tokens, weights(rng, c))
        goldens.append(golden(path, rng))
    return goldens


if __name__ == "__main__":
    kind = sys.argv[2] if len(sys.argv) > 2 else "F16"
    result = make(sys.argv[1], kind)
    with gzip.GzipFile(os.path.join(sys.argv[1], "architectures.json.gz"), "wb", mtime=0) as f:
        f.write(json.dumps(result).encode())
