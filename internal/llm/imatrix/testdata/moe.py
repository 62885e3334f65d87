"""A small random-weight mixture of experts, which llama.cpp runs and sdmap's engine does not, and what llama-imatrix says of it.

    python3 moe.py                                     # writes moe.gguf beside this file
    llama-imatrix -m moe.gguf -f ../../inprocess/testdata/imatrix/text -c 32 -b 32 --chunks 1 -t 1 -fa off -ctk f32 -ctv f32 \\
        -o moe-imatrix.gguf                            # llama.cpp b11669

The first block is dense, as in many such models; the second sends each token to 2 of 4 experts.
"""

import os
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../../../studies/planted/make"))

import gguf  # noqa: E402
import tokenizer  # noqa: E402

WIDTH, HEADS, FFN, EXPERTS, EXPERT_FFN = 32, 2, 48, 4, 16


def main() -> None:
    rng = np.random.default_rng([2026, 11])
    bpe = tokenizer.Tokenizer([tuple(m.split()) for m in "t h,th e,i n,\u0120 a,\u0120 the,in g,e r,o n".split(",")])
    keys = [("general.architecture", gguf.STR, "deepseek"), ("general.type", gguf.STR, "model"), ("general.name", gguf.STR, "random weights"),
            ("general.file_type", gguf.U32, 0), ("general.quantization_version", gguf.U32, 2)]
    keys += [("deepseek." + k, t, v) for k, t, v in [
        ("context_length", gguf.U32, 128), ("embedding_length", gguf.U32, WIDTH), ("block_count", gguf.U32, 2), ("feed_forward_length", gguf.U32, FFN),
        ("attention.head_count", gguf.U32, HEADS), ("attention.head_count_kv", gguf.U32, HEADS), ("attention.layer_norm_rms_epsilon", gguf.F32, 1e-5),
        ("rope.dimension_count", gguf.U32, WIDTH // HEADS), ("rope.freq_base", gguf.F32, 10000.0), ("vocab_size", gguf.U32, len(bpe.tokens)),
        ("leading_dense_block_count", gguf.U32, 1), ("expert_count", gguf.U32, EXPERTS), ("expert_used_count", gguf.U32, 2),
        ("expert_feed_forward_length", gguf.U32, EXPERT_FFN), ("expert_shared_count", gguf.U32, 1), ("expert_weights_scale", gguf.F32, 1.0)]]
    tensors = []

    def matrix(name: str, *shape: int) -> None:
        x = rng.standard_normal(shape) / np.sqrt(shape[-1])
        tensors.append((name + ".weight", x.astype("f4"), "F32"))

    def norm(name: str) -> None:
        tensors.append((name + ".weight", (1 + 0.2 * rng.standard_normal(WIDTH)).astype("f4"), "F32"))

    matrix("token_embd", len(bpe.tokens), WIDTH)
    for i in range(2):
        p = f"blk.{i}."
        norm(p + "attn_norm")
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            matrix(p + name, WIDTH, WIDTH)
        norm(p + "ffn_norm")
        if i == 0:
            matrix(p + "ffn_gate", FFN, WIDTH), matrix(p + "ffn_up", FFN, WIDTH), matrix(p + "ffn_down", WIDTH, FFN)
            continue
        matrix(p + "ffn_gate_inp", EXPERTS, WIDTH)
        matrix(p + "ffn_gate_exps", EXPERTS, EXPERT_FFN, WIDTH), matrix(p + "ffn_up_exps", EXPERTS, EXPERT_FFN, WIDTH)
        matrix(p + "ffn_down_exps", EXPERTS, WIDTH, EXPERT_FFN)
        matrix(p + "ffn_gate_shexp", EXPERT_FFN, WIDTH), matrix(p + "ffn_up_shexp", EXPERT_FFN, WIDTH), matrix(p + "ffn_down_shexp", WIDTH, EXPERT_FFN)
    norm("output_norm")
    matrix("output", len(bpe.tokens), WIDTH)
    gguf.write(os.path.join(HERE, "moe.gguf"), keys + gguf.bpe_keys(bpe.tokens, bpe.merges, bpe.bos), tensors)


if __name__ == "__main__":
    main()
