"""GGUF version 3: a writer and a reader for llama-architecture files.

The writer takes float32 arrays and stores each in the type asked for; the
reader gives every tensor back dequantised to float64, so that a reference
computed from it starts from exactly the numbers in the file.
"""

import struct

import numpy as np

import quants

U32, I32, F32, BOOL, STR, ARR, U64 = 4, 5, 6, 7, 8, 9, 10
ALIGNMENT = 32
_SCALAR = {0: "<B", 1: "<b", 2: "<H", 3: "<h", U32: "<I", I32: "<i", F32: "<f", BOOL: "<?", U64: "<Q", 11: "<q", 12: "<d"}
TYPE_ID = {"F32": 0, "F16": 1, "Q4_0": 2, "Q8_0": 8, "BF16": 30} | {name: row[0] for name, row in quants.TYPES.items()}
FILE_TYPE = {"F32": 0, "F16": 1, "Q4_0": 2, "Q8_0": 7, "BF16": 32}


def _text(s: str) -> bytes:
    b = s.encode()
    return struct.pack("<Q", len(b)) + b


def _value(kind: int, v) -> bytes:
    if kind == STR:
        return _text(v)
    if kind == ARR:
        element, items = v
        return struct.pack("<IQ", element, len(items)) + b"".join(_value(element, x) for x in items)
    return struct.pack(_SCALAR[kind], v)


def quantise(x: np.ndarray, kind: str) -> bytes:
    """Packs a float32 array, row-major, into the blocks of a GGML type; random blocks are packed already."""
    if isinstance(x, quants.Random):
        return x.raw
    x = np.ascontiguousarray(x, dtype="<f4")
    if kind == "F32":
        return x.tobytes()
    if kind == "F16":
        return x.astype("<f2").tobytes()
    if kind == "BF16":  # round to nearest even
        bits = x.view("<u4")
        return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2").tobytes()
    blocks = x.reshape(-1, 32)
    if kind == "Q8_0":
        out = np.empty(len(blocks), dtype=[("d", "<f2"), ("q", "i1", 32)])
        out["d"] = np.abs(blocks).max(1) / 127
        out["q"] = np.rint(blocks * _inverse(np.abs(blocks).max(1) / 127)[:, None])
        return out.tobytes()
    if kind == "Q4_0":  # the largest magnitude maps to -8; low nibbles first half, high nibbles second
        out = np.empty(len(blocks), dtype=[("d", "<f2"), ("q", "u1", 16)])
        extreme = blocks[np.arange(len(blocks)), np.abs(blocks).argmax(1)]
        q = np.clip(np.floor(blocks * _inverse(extreme / -8)[:, None] + 8.5), 0, 15).astype("u1")
        out["d"] = extreme / -8
        out["q"] = q[:, :16] | (q[:, 16:] << 4)
        return out.tobytes()
    raise ValueError(f"no packing for {kind}")


def _inverse(d: np.ndarray) -> np.ndarray:
    return np.where(d != 0, 1 / np.where(d != 0, d, 1), 0).astype("f4")


def dequantise(raw: bytes, kind: int, shape: tuple) -> np.ndarray:
    if kind == TYPE_ID["F32"]:
        x = np.frombuffer(raw, "<f4")
    elif kind == TYPE_ID["F16"]:
        x = np.frombuffer(raw, "<f2")
    elif kind == TYPE_ID["BF16"]:
        x = (np.frombuffer(raw, "<u2").astype("<u4") << 16).view("<f4")
    elif kind == TYPE_ID["Q8_0"]:
        b = np.frombuffer(raw, [("d", "<f2"), ("q", "i1", 32)])
        x = b["d"].astype("f8")[:, None] * b["q"]
    elif kind == TYPE_ID["Q4_0"]:
        b = np.frombuffer(raw, [("d", "<f2"), ("q", "u1", 16)])
        q = np.concatenate([b["q"] & 15, b["q"] >> 4], axis=1).astype("f8") - 8
        x = b["d"].astype("f8")[:, None] * q
    else:
        x = quants.read(raw, kind)
    return x.astype("f8").reshape(shape)


def _bytes_of(kind: int, count: int) -> int:
    if kind in quants.BY_ID:
        _, values, size, _, _ = quants.TYPES[quants.BY_ID[kind]]
        return count // values * size
    return {0: 4 * count, 1: 2 * count, 30: 2 * count, 8: count // 32 * 34, 2: count // 32 * 18}[kind]


def llama_keys(name: str, shape: dict, file_type: str, rope: dict) -> list:
    """The metadata that llama.cpp and Ollama demand of the llama architecture."""
    keys = [
        ("general.architecture", STR, "llama"), ("general.type", STR, "model"), ("general.name", STR, name),
        ("general.file_type", U32, FILE_TYPE[file_type]), ("general.quantization_version", U32, 2),
        ("llama.context_length", U32, shape["context"]), ("llama.embedding_length", U32, shape["width"]),
        ("llama.block_count", U32, shape["layers"]), ("llama.feed_forward_length", U32, shape["ffn"]),
        ("llama.attention.head_count", U32, shape["heads"]), ("llama.attention.head_count_kv", U32, shape["kv_heads"]),
        ("llama.attention.layer_norm_rms_epsilon", F32, shape["epsilon"]),
        ("llama.rope.dimension_count", U32, shape["width"] // shape["heads"]),
        ("llama.rope.freq_base", F32, rope["base"]), ("llama.vocab_size", U32, shape["vocabulary"]),
    ]
    if rope.get("factor", 1.0) != 1.0:
        keys += [("llama.rope.scaling.type", STR, "linear"), ("llama.rope.scaling.factor", F32, rope["factor"])]
    return keys


def bpe_keys(tokens: list, merges: list, bos: int) -> list:
    """Tokenizer metadata of a GPT-2 vocabulary whose last entry is a control token."""
    return [
        ("tokenizer.ggml.model", STR, "gpt2"), ("tokenizer.ggml.pre", STR, "gpt-2"),
        ("tokenizer.ggml.tokens", ARR, (STR, tokens)),
        ("tokenizer.ggml.token_type", ARR, (I32, [3 if i == bos else 1 for i in range(len(tokens))])),
        ("tokenizer.ggml.merges", ARR, (STR, [f"{a} {b}" for a, b in merges])),
        ("tokenizer.ggml.bos_token_id", U32, bos), ("tokenizer.ggml.eos_token_id", U32, bos),
        ("tokenizer.ggml.add_bos_token", BOOL, True),
    ]


def write(path: str, keys: list, tensors: list) -> None:
    """tensors: (name, float32 array of shape (rows, columns) or (n,), type name)."""
    infos, blobs, offset = b"", [], 0
    for name, x, kind in tensors:
        blob = quantise(x, kind)
        infos += _text(name) + struct.pack("<I", x.ndim) + b"".join(struct.pack("<Q", n) for n in reversed(x.shape))
        infos += struct.pack("<IQ", TYPE_ID[kind], offset)
        blob += b"\0" * (-len(blob) % ALIGNMENT)
        blobs.append(blob)
        offset += len(blob)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(keys))
    head += b"".join(_text(k) + struct.pack("<I", t) + _value(t, v) for k, t, v in keys) + infos
    with open(path, "wb") as f:
        f.write(head + b"\0" * (-len(head) % ALIGNMENT))
        f.writelines(blobs)


class _Reader:
    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def scalar(self, fmt: str):
        (v,) = struct.unpack_from(fmt, self.data, self.at)
        self.at += struct.calcsize(fmt)
        return v

    def text(self) -> str:
        n = self.scalar("<Q")
        self.at += n
        return self.data[self.at - n:self.at].decode()

    def value(self, kind: int):
        if kind == STR:
            return self.text()
        if kind == ARR:
            element = self.scalar("<I")
            return [self.value(element) for _ in range(self.scalar("<Q"))]
        return self.scalar(_SCALAR[kind])


def read(path: str) -> tuple:
    """Returns ({key: value}, {tensor name: float64 array})."""
    with open(path, "rb") as f:
        r = _Reader(f.read())
    if r.data[:4] != b"GGUF":
        raise ValueError(f"{path}: not a GGUF file")
    r.at = 4
    r.scalar("<I")
    n_tensors, n_keys = r.scalar("<Q"), r.scalar("<Q")
    keys = {}
    for _ in range(n_keys):
        name = r.text()
        keys[name] = r.value(r.scalar("<I"))
    infos = []
    for _ in range(n_tensors):
        name = r.text()
        shape = tuple(r.scalar("<Q") for _ in range(r.scalar("<I")))[::-1]
        infos.append((name, shape, r.scalar("<I"), r.scalar("<Q")))
    start = r.at + (-r.at % ALIGNMENT)
    tensors = {}
    for name, shape, kind, offset in infos:
        at = start + offset
        tensors[name] = dequantise(r.data[at:at + _bytes_of(kind, int(np.prod(shape)))], kind, shape)
    return keys, tensors
