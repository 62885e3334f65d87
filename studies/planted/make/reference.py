"""A float64 forward pass of a GGUF file, in numpy only.

Written for exactness and legibility, not for speed: it is what the golden
log-probabilities come from. Token sequences are independent; positions start
at 0; natural logarithms. Architectures: llama (with frequency factors and
YaRN), qwen2, qwen3, gemma2, gemma3, phi3, bert.
"""

import numpy as np

import gguf

HALVES = {"qwen2", "qwen3", "gemma2", "gemma3", "phi3"}  # rotary pairs (j, j + d/2); else (2j, 2j+1)


class Reference:
    def __init__(self, path: str):
        self.keys, self.w = gguf.read(path)
        self.arch = self.keys["general.architecture"]
        self.layers = self.key("block_count")
        self.heads = self.key("attention.head_count")
        self.kv_heads = self.key("attention.head_count_kv", self.heads)
        self.width = self.key("embedding_length")
        self.head_dim = self.key("attention.key_length", self.width // self.heads)
        self.epsilon = self.key("attention.layer_norm_epsilon" if self.arch == "bert" else "attention.layer_norm_rms_epsilon")
        self.window = self.key("attention.sliding_window", 0) if self.arch.startswith("gemma") else 0
        self.attention_cap = self.key("attn_logit_softcapping", 50.0) if self.arch == "gemma2" else None
        self.logit_cap = self.key("final_logit_softcapping", 30.0) if self.arch == "gemma2" else None

    def key(self, name: str, default=None):
        value = self.keys.get(f"{self.arch}.{name}", default)
        if value is None:
            raise KeyError(f"{self.arch}.{name}")
        return value

    def forward(self, ids: list) -> dict:
        """Returns log-probabilities (T x V; none for bert), hidden states, attention and gates.

        hidden: (layers+1) x T x width, the residual stream after the embedding
        and after each block; attention: layers x heads x T x T; gate: layers x
        T x ffn, what the activation function is applied to.
        """
        x = self._embed(ids)
        hidden, attention, gates = [x], [], []
        block = self._encoder_block if self.arch == "bert" else self._block
        for i in range(self.layers):
            x, a, g = block(i, x)
            hidden.append(x)
            attention.append(a)
            gates.append(g)
        out = {"hidden": np.array(hidden), "attention": np.array(attention), "gate": np.array(gates)}
        if self.arch == "bert":
            return {**out, "final": x}
        out["final"] = self._norm(x, "output_norm")
        logits = out["final"] @ self.w.get("output.weight", self.w["token_embd.weight"]).T
        if self.logit_cap:
            logits = self.logit_cap * np.tanh(logits / self.logit_cap)
        logits = logits - logits.max(1, keepdims=True)
        out["logprobs"] = logits - np.log(np.exp(logits).sum(1, keepdims=True))
        return out

    def next_logprobs(self, ids: list) -> list:
        """log p(ids[t+1] | ids[:t+1]) for t = 0 .. len-2."""
        lp = self.forward(ids)["logprobs"]
        return [float(lp[t, ids[t + 1]]) for t in range(len(ids) - 1)]

    def _embed(self, ids):
        x = self.w["token_embd.weight"][np.array(ids)]
        if self.arch.startswith("gemma"):
            x = x * float(np.sqrt(np.float32(self.width)))
        if self.arch == "bert":
            x = self._norm(x + self.w["token_types.weight"].reshape(-1, self.width)[0] + self.w["position_embd.weight"][:len(ids)],
                           "token_embd_norm")
        return x

    def _block(self, i, x):
        p = f"blk.{i}."
        y, a = self._attend(i, self._norm(x, p + "attn_norm"))
        x = x + self._after(y, p + "post_attention_norm")
        y, g = self._feed(i, self._norm(x, p + "ffn_norm"))
        return x + self._after(y, p + "post_ffw_norm"), a, g

    def _encoder_block(self, i, x):
        p = f"blk.{i}."
        y, a = self._attend(i, x)
        x = self._norm(x + y, p + "attn_output_norm")
        g = self._linear(x, p + "ffn_up")
        y = self._linear(gelu(g), p + "ffn_down")
        return self._norm(x + y, p + "layer_output_norm"), a, g

    def _linear(self, x, name):
        return x @ self.w[name + ".weight"].T + self.w.get(name + ".bias", 0.0)

    def _norm(self, x, name):
        if self.arch == "bert":
            x = x - x.mean(-1, keepdims=True)
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + self.epsilon) * self.w[name + ".weight"] + self.w.get(name + ".bias", 0.0)

    def _after(self, y, name):
        return self._norm(y, name) if self.arch.startswith("gemma") else y

    def _slides(self, i):
        period = {"gemma2": 2, "gemma3": 6}.get(self.arch, 1)
        return self.window > 0 and (i + 1) % period != 0

    def _angles(self, i, n):
        """T x d/2 angles of layer i and the factor of cosines and sines."""
        d = self.key("rope.dimension_count", self.head_dim)
        base, factor = self.key("rope.freq_base", 10000.0), self.key("rope.scaling.factor", 1.0)
        if self.arch == "gemma3" and self._slides(i):
            base, factor = 10000.0, 1.0
        j = np.arange(0, d, 2)
        f = base ** (-j / d) / self.w.get("rope_freqs.weight", self.w.get("rope_factors_short.weight", 1.0))
        gain = self.key("rope.scaling.attn_factor", 1.0)
        step = f / factor
        if self.keys.get(f"{self.arch}.rope.scaling.type") == "yarn":
            turns = lambda t: d * np.log(self.key("rope.scaling.original_context_length") / (t * 2 * np.pi)) / (2 * np.log(base))
            low, high = max(0, np.floor(turns(32))), min(d - 1, np.ceil(turns(1)))
            kept = 1 - np.clip((j / 2 - low) / max(0.001, high - low), 0, 1)
            step = f / factor * (1 - kept) + f * kept
            gain *= 1 + 0.1 * np.log(factor)
        return np.outer(np.arange(n), step), gain

    def _rotate(self, i, x):
        angle, gain = self._angles(i, x.shape[1])
        c, s, half = gain * np.cos(angle), gain * np.sin(angle), angle.shape[1]
        first, second = (slice(0, half), slice(half, 2 * half)) if self.arch in HALVES else (slice(0, 2 * half, 2), slice(1, 2 * half, 2))
        out = x.copy()
        out[..., first] = x[..., first] * c - x[..., second] * s
        out[..., second] = x[..., first] * s + x[..., second] * c
        return out

    def _heads(self, i, x):
        """Queries, keys and values of layer i: heads x T x head_dim."""
        p, q, kv = f"blk.{i}.", self.heads * self.head_dim, self.kv_heads * self.head_dim
        if self.arch == "phi3":
            parts = np.split(self._linear(x, p + "attn_qkv"), [q, q + kv], axis=1)
        else:
            parts = [self._linear(x, p + name) for name in ("attn_q", "attn_k", "attn_v")]
        q, k, v = (y.reshape(len(x), -1, self.head_dim).transpose(1, 0, 2) for y in parts)
        if self.arch in ("qwen3", "gemma3"):
            q, k = self._norm(q, p + "attn_q_norm"), self._norm(k, p + "attn_k_norm")
        if self.arch != "bert":
            q, k = self._rotate(i, q), self._rotate(i, k)
        group = self.heads // self.kv_heads
        return q, np.repeat(k, group, axis=0), np.repeat(v, group, axis=0)

    def _attend(self, i, x):
        q, k, v = self._heads(i, x)
        score = q @ k.transpose(0, 2, 1) / np.sqrt(self.head_dim)
        if self.attention_cap:
            score = self.attention_cap * np.tanh(score / self.attention_cap)
        query, seen = np.indices(score.shape[1:])
        visible = np.ones(score.shape[1:], bool) if self.arch == "bert" else seen <= query
        if self._slides(i):
            visible &= query - seen < self.window
        score = np.where(visible, score, -np.inf)
        a = np.exp(score - score.max(2, keepdims=True))
        a /= a.sum(2, keepdims=True)
        return self._linear((a @ v).transpose(1, 0, 2).reshape(len(x), -1), f"blk.{i}.attn_output"), a

    def _feed(self, i, x):
        p = f"blk.{i}."
        if self.arch == "phi3":
            gate, up = np.split(self._linear(x, p + "ffn_up"), 2, axis=1)
        else:
            gate, up = self._linear(x, p + "ffn_gate"), self._linear(x, p + "ffn_up")
        act = gelu(gate) if self.arch.startswith("gemma") else gate / (1 + np.exp(-gate))
        return self._linear(act * up, p + "ffn_down"), gate


def gelu(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def attention_entropy(a: np.ndarray) -> np.ndarray:
    """Mean over queries t >= 2 of the entropy over ln(visible keys): layers x heads."""
    t = np.arange(1, a.shape[2])
    row = a[:, :, 1:, :]
    h = -np.where(row > 0, row * np.log(np.where(row > 0, row, 1)), 0).sum(3)
    return (h / np.log(t + 1)).mean(2)
