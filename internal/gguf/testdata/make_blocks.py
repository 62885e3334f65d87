"""Blocks of every quantised type and the float32 values that PyPI's gguf gives for them: blocks.json.gz.

    pip install gguf==0.19.0 numpy==2.4.6
    python3 make_blocks.py

Per type: blocks of random bytes with a scale of ordinary size; blocks of random bytes with edge scales (subnormal, zero,
largest, infinite, not a number); blocks whose other bytes are all zeros or all ones, which are the extremes of every
scale, minimum and value; random bytes throughout. Bytes and values (little-endian float32) are base64.
"""

import base64
import gzip
import json
import os
import random

import numpy as np
from gguf import GGMLQuantizationType, GGML_QUANT_SIZES, quants

# Where the binary16 scales lie in a block; MXFP4 has an exponent byte instead.
SCALES = {
    "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q2_K": [80, 82], "Q3_K": [108],
    "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208], "IQ4_NL": [0], "IQ4_XS": [0], "MXFP4": [],
}
ORDINARY = 0x2A00  # 0.047
EDGES = {
    "smallest subnormal": 0x0001, "negative subnormal": 0x83FF, "smallest normal": 0x0400, "minus zero": 0x8000,
    "largest": 0x7BFF, "negative largest": 0xFBFF, "infinite": 0x7C00, "negative infinite": 0xFC00, "not a number": 0x7E01,
}


def with_scale(name: str, block: bytes, half: int) -> bytes:
    b = bytearray(block)
    for n, at in enumerate(SCALES[name]):
        b[at:at + 2] = (half + 37 * n & 0xFFFF if half == ORDINARY else half).to_bytes(2, "little")
    return bytes(b)


def blocks(name: str, size: int) -> dict:
    r = random.Random("blocks of " + name)
    out = {f"ordinary {i}": with_scale(name, r.randbytes(size), ORDINARY + 1031 * i) for i in range(4)}
    for edge, half in EDGES.items():
        if name != "MXFP4":
            out[edge] = with_scale(name, r.randbytes(size), half)
    for e in (0, 1, 2, 127, 254, 255):
        if name == "MXFP4":
            out[f"exponent {e}"] = bytes([e]) + r.randbytes(size - 1)
    out["all zeros"] = with_scale(name, bytes(size), ORDINARY)
    out["all ones"] = with_scale(name, b"\xff" * size, ORDINARY)
    out["only zeros"] = bytes(size)
    out.update({f"random {i}": r.randbytes(size) for i in range(3)})
    return out


def main() -> None:
    types = []
    for name in SCALES:
        kind = GGMLQuantizationType[name]
        cases = []
        for what, raw in blocks(name, GGML_QUANT_SIZES[kind][1]).items():
            with np.errstate(all="ignore"):
                values = quants.dequantize(np.frombuffer(raw, np.uint8).reshape(1, -1), kind).astype("<f4")
            cases.append({"what": what, "raw": base64.b64encode(raw).decode(),
                          "values": base64.b64encode(values.tobytes()).decode()})
        types.append({"name": name, "type": int(kind), "blocks": cases})
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "blocks.json.gz")
    with gzip.GzipFile(path, "wb", mtime=0) as f:
        f.write(json.dumps(types).encode())


if __name__ == "__main__":
    main()
