"""A llama-architecture language model in PyTorch: RMSNorm, rotary pairs, SwiGLU, tied output."""

import math

import torch
import torch.nn.functional as F
from torch import nn

import gguf

SHAPE = dict(context=256, width=64, layers=3, heads=4, kv_heads=4, ffn=160, epsilon=1e-5)
ROPE_BASE = 10000.0
ROWS, LENGTH = 4, 128  # one step sees 512 tokens: small steps learn most per token here
PEAK_RATE, WARM_UP, FLOOR = 5e-3, 100, 0.05


class Norm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + SHAPE["epsilon"]) * self.weight


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        d, f = SHAPE["width"], SHAPE["ffn"]
        self.attn_norm, self.ffn_norm = Norm(d), Norm(d)
        self.qkv = nn.Parameter(torch.randn(3 * d, d) / math.sqrt(d))
        self.out = nn.Parameter(torch.randn(d, d) / math.sqrt(d) * 0.5)
        self.gate_up = nn.Parameter(torch.randn(2 * f, d) / math.sqrt(d))
        self.down = nn.Parameter(torch.randn(d, f) / math.sqrt(f) * 0.5)

    def forward(self, x, cos, sin, mask):
        b, t, d = x.shape
        h = SHAPE["heads"]
        q, k, v = (self.attn_norm(x) @ self.qkv.T).view(b, t, 3, h, d // h).permute(2, 0, 3, 1, 4)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        weights = (q @ k.transpose(-1, -2) / math.sqrt(d // h) + mask).softmax(-1)
        x = x + (weights @ v).transpose(1, 2).reshape(b, t, d) @ self.out.T
        gate, up = (self.ffn_norm(x) @ self.gate_up.T).chunk(2, -1)
        return x + (F.silu(gate) * up) @ self.down.T


def rotate(x, cos, sin):
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-2)


class Model(nn.Module):
    def __init__(self, vocabulary: int):
        super().__init__()
        self.embedding = nn.Parameter(torch.randn(vocabulary, SHAPE["width"]) * 0.08)
        self.blocks = nn.ModuleList(Block() for _ in range(SHAPE["layers"]))
        self.norm = Norm(SHAPE["width"])

    def forward(self, ids, hidden=False):
        """ids (rows x T) to logits (rows x T x V); with hidden, also the residual stream of every layer."""
        t, half = ids.shape[1], SHAPE["width"] // SHAPE["heads"] // 2
        angle = torch.arange(t)[:, None] * ROPE_BASE ** (-torch.arange(half) / half)
        mask = torch.full((t, t), float("-inf")).triu(1)
        x = self.embedding[ids]
        states = [x]
        for block in self.blocks:
            x = block(x, angle.cos(), angle.sin(), mask)
            states.append(x)
        logits = self.norm(x) @ self.embedding.T
        return (logits, states) if hidden else logits


def train(stream: torch.Tensor, vocabulary: int, steps: int, seed: int) -> tuple:
    """AdamW with warm-up and cosine decay; returns the model and the mean loss of its last ten steps."""
    torch.manual_seed(seed)
    model = Model(vocabulary)
    optimiser = torch.optim.AdamW(model.parameters(), lr=PEAK_RATE, betas=(0.9, 0.98), weight_decay=0.01)
    batch, losses = ROWS * LENGTH, []
    for step in range(steps):
        decay = FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * step / steps))
        for group in optimiser.param_groups:
            group["lr"] = PEAK_RATE * min(1, (step + 1) / min(WARM_UP, steps / 4)) * decay
        part = stream[step * batch:(step + 1) * batch + 1]
        x, y = part[:-1].view(ROWS, LENGTH), part[1:].view(ROWS, LENGTH)
        loss = F.cross_entropy(model(x).flatten(0, 1), y.flatten())
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        losses.append(loss.item())
    return model, sum(losses[-10:]) / 10


def export(model: Model, name: str, path: str, vocabulary_keys: list) -> None:
    """Writes the model as GGUF: matrices F16, norms F32, the output tied to the embedding."""
    a = lambda tensor: tensor.detach().numpy()
    tensors = [("token_embd.weight", a(model.embedding), "F16")]
    for i, b in enumerate(model.blocks):
        p = f"blk.{i}."
        q, k, v = a(b.qkv).reshape(3, SHAPE["width"], SHAPE["width"])
        gate, up = a(b.gate_up).reshape(2, SHAPE["ffn"], SHAPE["width"])
        tensors += [
            (p + "attn_norm.weight", a(b.attn_norm.weight), "F32"),
            (p + "attn_q.weight", q, "F16"), (p + "attn_k.weight", k, "F16"), (p + "attn_v.weight", v, "F16"),
            (p + "attn_output.weight", a(b.out), "F16"),
            (p + "ffn_norm.weight", a(b.ffn_norm.weight), "F32"),
            (p + "ffn_gate.weight", gate, "F16"), (p + "ffn_up.weight", up, "F16"), (p + "ffn_down.weight", a(b.down), "F16"),
        ]
    tensors.append(("output_norm.weight", a(model.norm.weight), "F32"))
    shape = {**SHAPE, "vocabulary": len(a(model.embedding))}
    gguf.write(path, gguf.llama_keys(name, shape, "F16", {"base": ROPE_BASE}) + vocabulary_keys, tensors)
