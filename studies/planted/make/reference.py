"""A float64 forward pass of a llama-architecture GGUF file, in numpy only.

Written for exactness and legibility, not for speed: it is what the golden
log-probabilities come from. Token sequences are independent; positions start
at 0; natural logarithms.
"""

import numpy as np

import gguf


class Reference:
    def __init__(self, path: str):
        self.keys, self.w = gguf.read(path)
        k = self.keys
        self.layers = k["llama.block_count"]
        self.heads = k["llama.attention.head_count"]
        self.kv_heads = k["llama.attention.head_count_kv"]
        self.epsilon = k["llama.attention.layer_norm_rms_epsilon"]
        self.base = k["llama.rope.freq_base"]
        self.factor = k.get("llama.rope.scaling.factor", 1.0)

    def forward(self, ids: list) -> dict:
        """Returns log-probabilities (T x V), hidden states and attention.

        hidden: (layers+1) x T x width, the residual stream after the embedding
        and after each block; attention: layers x heads x T x T.
        """
        x = self.w["token_embd.weight"][np.array(ids)]
        hidden, attention = [x], []
        for i in range(self.layers):
            y, a = self._attend(i, self._norm(x, f"blk.{i}.attn_norm.weight"))
            x = x + y
            x = x + self._feed(i, self._norm(x, f"blk.{i}.ffn_norm.weight"))
            hidden.append(x)
            attention.append(a)
        final = self._norm(x, "output_norm.weight")
        logits = final @ self.w.get("output.weight", self.w["token_embd.weight"]).T
        logits = logits - logits.max(1, keepdims=True)
        logprobs = logits - np.log(np.exp(logits).sum(1, keepdims=True))
        return {"logprobs": logprobs, "hidden": np.array(hidden), "final": final, "attention": np.array(attention)}

    def next_logprobs(self, ids: list) -> list:
        """log p(ids[t+1] | ids[:t+1]) for t = 0 .. len-2."""
        lp = self.forward(ids)["logprobs"]
        return [float(lp[t, ids[t + 1]]) for t in range(len(ids) - 1)]

    def _norm(self, x, name):
        return x / np.sqrt((x * x).mean(1, keepdims=True) + self.epsilon) * self.w[name]

    def _project(self, i, x, name, heads):
        return (x @ self.w[f"blk.{i}.{name}.weight"].T).reshape(len(x), heads, -1).transpose(1, 0, 2)

    def _rotate(self, x):
        """Rotates the pairs (2j, 2j+1) of each head by position / factor * base^(-2j/d)."""
        d = x.shape[2]
        angle = np.outer(np.arange(x.shape[1]) / self.factor, self.base ** (-np.arange(0, d, 2) / d))
        c, s = np.cos(angle), np.sin(angle)
        out = np.empty_like(x)
        out[..., 0::2] = x[..., 0::2] * c - x[..., 1::2] * s
        out[..., 1::2] = x[..., 0::2] * s + x[..., 1::2] * c
        return out

    def _attend(self, i, x):
        q = self._rotate(self._project(i, x, "attn_q", self.heads))
        k = self._rotate(self._project(i, x, "attn_k", self.kv_heads))
        v = self._project(i, x, "attn_v", self.kv_heads)
        group = self.heads // self.kv_heads
        k, v = np.repeat(k, group, axis=0), np.repeat(v, group, axis=0)
        score = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[2])
        score = np.where(np.tril(np.ones(score.shape[1:], bool)), score, -np.inf)
        a = np.exp(score - score.max(2, keepdims=True))
        a /= a.sum(2, keepdims=True)
        y = (a @ v).transpose(1, 0, 2).reshape(len(x), -1)
        return y @ self.w[f"blk.{i}.attn_output.weight"].T, a

    def _feed(self, i, x):
        gate = x @ self.w[f"blk.{i}.ffn_gate.weight"].T
        up = x @ self.w[f"blk.{i}.ffn_up.weight"].T
        return (gate / (1 + np.exp(-gate)) * up) @ self.w[f"blk.{i}.ffn_down.weight"].T


def attention_entropy(a: np.ndarray) -> np.ndarray:
    """Mean over queries t >= 2 of the entropy over ln(visible keys): layers x heads."""
    t = np.arange(1, a.shape[2])
    row = a[:, :, 1:, :]
    h = -np.where(row > 0, row * np.log(np.where(row > 0, row, 1)), 0).sum(3)
    return (h / np.log(t + 1)).mean(2)
