"""Measures the planted models in Python: scores, corpus surprisal, mean patterns.

Only check.py uses it: the study itself is computed by sdmap. The models are read
back from their GGUF files, so what is measured is what was committed.
"""

import json

import numpy as np
import torch

import gguf
import model
import tokenizer


def load(path: str) -> tuple:
    """A GGUF file back as (PyTorch model, tokenizer)."""
    keys, w = gguf.read(path)
    t = lambda name: torch.tensor(w[name], dtype=torch.float32)
    m = model.Model(keys["llama.vocab_size"])
    state = {"embedding": t("token_embd.weight"), "norm.weight": t("output_norm.weight")}
    for i in range(keys["llama.block_count"]):
        p, q = f"blk.{i}.", f"blocks.{i}."
        state |= {
            q + "attn_norm.weight": t(p + "attn_norm.weight"), q + "ffn_norm.weight": t(p + "ffn_norm.weight"),
            q + "qkv": torch.cat([t(p + f"attn_{x}.weight") for x in "qkv"]), q + "out": t(p + "attn_output.weight"),
            q + "gate_up": torch.cat([t(p + "ffn_gate.weight"), t(p + "ffn_up.weight")]), q + "down": t(p + "ffn_down.weight"),
        }
    m.load_state_dict(state)
    merges = [tuple(x.split(" ")) for x in keys["tokenizer.ggml.merges"]]
    return m.eval(), tokenizer.Tokenizer(merges)


def benchmark_rows(study: str, name: str) -> list:
    with open(f"{study}/benchmarks/{name}.jsonl") as f:
        return [json.loads(line) for line in f]


def corpus_documents(study: str) -> list:
    """(document id, domain, text) of each document of corpus.txt."""
    with open(f"{study}/corpus.txt") as f:
        lines = f.read().splitlines()
    return [(*head.split()[1:], text) for head, text in zip(lines[0::2], lines[1::2])]


def _padded(rows: list, fill: int) -> torch.Tensor:
    width = max(map(len, rows))
    return torch.tensor([r + [fill] * (width - len(r)) for r in rows])


def score(m, tok, rows: list) -> np.ndarray:
    """1 or 0 for each item; every choice and every generated answer is one token."""
    prompts = [[tok.bos] + tok.encode(r["question"]) for r in rows]
    logits = m(_padded(prompts, tok.bos))
    last = logits[torch.arange(len(prompts)), torch.tensor([len(p) - 1 for p in prompts])]
    one = lambda text: tok.encode(" " + text)[0]
    right = []
    for r, z in zip(rows, last):
        if "choices" in r:
            right.append(int(z[[one(c) for c in r["choices"]]].argmax()) == r["answer"])
        else:
            right.append(int(z.argmax()) == one(r["answer"]))
    return np.array(right, float)


def patterns(m, tok, rows: list) -> np.ndarray:
    """Residual stream at the last prompt token, after every layer: items x (layers+1) x width."""
    prompts = [[tok.bos] + tok.encode(r["question"]) for r in rows]
    _, states = m(_padded(prompts, tok.bos), hidden=True)
    at = torch.tensor([len(p) - 1 for p in prompts])
    return torch.stack([s[torch.arange(len(at)), at] for s in states], 1).numpy()


def mean_states(m, tok, rows: list) -> np.ndarray:
    """Final-layer states averaged over the prompt's tokens: items x width, an embedding of the text."""
    out = []
    for r in rows:
        _, states = m(torch.tensor([[tok.bos] + tok.encode(r["question"])]), hidden=True)
        out.append(m.norm(states[-1])[0, 1:].mean(0).numpy())
    return np.array(out)


def surprisal(m, tok, documents: list) -> np.ndarray:
    """Bits per byte of every piece after the first 30 of each document, all documents in a row."""
    out = []
    for _, _, text in documents:
        pieces = text.split(" ")
        tokens = [tok.encode(p if i == 0 else " " + p) for i, p in enumerate(pieces)]
        ids = [tok.bos] + [t for piece in tokens for t in piece]
        lp = m(torch.tensor([ids]))[0].log_softmax(-1)
        bits = -lp[torch.arange(len(ids) - 1), torch.tensor(ids[1:])].numpy() / np.log(2)
        ends = np.cumsum([len(t) for t in tokens])
        sums = np.add.reduceat(bits, np.r_[0, ends[:-1]])
        size = np.array([len(p.encode()) + (i > 0) for i, p in enumerate(pieces)])
        out.append((sums / size)[30:])
    return np.concatenate(out)


def measure(study: str, paths: list, names: list) -> dict:
    """Scores by item, patterns and surprisal of every model."""
    torch.set_num_threads(1)
    rows, documents = {b: benchmark_rows(study, b) for b in names}, corpus_documents(study)
    scores, means, halves, bits = [], [], [], []
    with torch.no_grad():
        for path in paths:
            m, tok = load(path)
            scores.append([score(m, tok, rows[b]) for b in names])
            acts = [patterns(m, tok, rows[b]) for b in names]
            means.append([a.mean(0) for a in acts])
            halves.append([[a[0::2].mean(0), a[1::2].mean(0)] for a in acts])
            bits.append(surprisal(m, tok, documents))
            sd = np.array([a.reshape(len(a), -1).std(0) for a in acts])
            means[-1] = np.array(means[-1]), sd
    return {
        "items": np.array(scores), "means": np.array([x for x, _ in means]), "sd": np.array([s for _, s in means]),
        "halves": np.array(halves), "bits": np.array(bits),
        "domains": np.concatenate([[d] * (len(t.split(" ")) - 30) for _, d, t in documents]),
    }
