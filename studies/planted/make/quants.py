"""Blocks of GGML's quantised types, read in float64, and random blocks to make weights of.

A reader takes blocks as an array of bytes (n x block) and returns n x values.
Layouts are those of the structs in ggml-common.h. Products and sums are exact
but for float64 rounding; sdmap's own are rounded to float32 as ggml does it.
"""

import numpy as np

IQ4 = np.array([-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113], "f8")
FP4 = np.array([0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12], "f8")


def _half(b, at):
    return np.ascontiguousarray(b[:, at:at + 2]).view("<f2").astype("f8")


def _nibbles(b, run):
    """Each run of bytes holds first the low, then the high halves: n x 2 len(b)."""
    b = b.reshape(len(b), -1, run)
    return np.concatenate([b & 15, b >> 4], axis=2).reshape(len(b), -1)


def _bits(b, run, width):
    """Each run of bytes holds 8/width values per byte, those of the lowest bits first."""
    b = b.reshape(len(b), -1, run)
    parts = [b >> s & (1 << width) - 1 for s in range(0, 8, width)]
    return np.concatenate(parts, axis=2).reshape(len(b), -1)


def _unpackbits(b):
    return np.unpackbits(b, axis=1, bitorder="little")


def _spread(scales, values):
    return np.repeat(scales, values, axis=1)


def q4_1(b):
    return _nibbles(b[:, 4:], 16) * _half(b, 0) + _half(b, 2)


def q5_0(b):
    return (_nibbles(b[:, 6:], 16) + 16.0 * _unpackbits(b[:, 2:6]) - 16) * _half(b, 0)


def q5_1(b):
    return (_nibbles(b[:, 8:], 16) + 16.0 * _unpackbits(b[:, 4:8])) * _half(b, 0) + _half(b, 2)


def q2_k(b):
    scale, minimum = _half(b, 80) * (b[:, :16] & 15), _half(b, 82) * (b[:, :16] >> 4)
    return _spread(scale, 16) * _bits(b[:, 16:80], 32, 2) - _spread(minimum, 16)


def q3_k(b):
    scale = (_nibbles(b[:, 96:104], 8) | _bits(b[:, 104:108], 4, 2) << 4) - 32.0
    q = _bits(b[:, 32:96], 32, 2) + 4.0 * _bits(b[:, :32], 32, 1) - 4
    return _spread(_half(b, 108) * scale, 16) * q


def _scales_and_minima(b):
    """Twelve bytes: 6-bit scales and minima of the first four blocks with two spare bits each, then the other four's low 4 bits."""
    first, second, low = b[:, :4], b[:, 4:8], b[:, 8:]
    scales = np.concatenate([first & 63, low & 15 | first >> 6 << 4], axis=1)
    minima = np.concatenate([second & 63, low >> 4 | second >> 6 << 4], axis=1)
    return scales, minima


def q4_k(b):
    scales, minima = _scales_and_minima(b[:, 4:16])
    return _spread(_half(b, 0) * scales, 32) * _nibbles(b[:, 16:], 32) - _spread(_half(b, 2) * minima, 32)


def q5_k(b):
    scales, minima = _scales_and_minima(b[:, 4:16])
    q = _nibbles(b[:, 48:], 32) + 16.0 * _bits(b[:, 16:48], 32, 1)
    return _spread(_half(b, 0) * scales, 32) * q - _spread(_half(b, 2) * minima, 32)


def q6_k(b):
    q = _nibbles(b[:, :128], 64) + 16.0 * _bits(b[:, 128:192], 32, 2) - 32
    return _spread(_half(b, 208) * b[:, 192:208].view("i1"), 16) * q


def iq4_nl(b):
    return _half(b, 0) * IQ4[_nibbles(b[:, 2:], 16)]


def iq4_xs(b):
    high = np.ascontiguousarray(b[:, 2:4]).view("<u2") >> np.arange(0, 16, 2) & 3
    low = np.stack([b[:, 4:8] & 15, b[:, 4:8] >> 4], axis=2).reshape(len(b), 8)
    return _spread(_half(b, 0) * ((low | high << 4) - 32.0), 32) * IQ4[_nibbles(b[:, 8:], 16)]


def mxfp4(b):
    return 2.0 ** (b[:, :1].astype("f8") - 128) * FP4[_nibbles(b[:, 1:], 16)]


# name: type number, values and bytes of a block, reader, places of the scale and of what is like it
TYPES = {
    "Q4_1": (3, 32, 20, q4_1, [0, 2]), "Q5_0": (6, 32, 22, q5_0, [0]), "Q5_1": (7, 32, 24, q5_1, [0, 2]),
    "Q2_K": (10, 256, 84, q2_k, [80, 82]), "Q3_K": (11, 256, 110, q3_k, [108]), "Q4_K": (12, 256, 144, q4_k, [0, 2]),
    "Q5_K": (13, 256, 176, q5_k, [0, 2]), "Q6_K": (14, 256, 210, q6_k, [208]),
    "IQ4_NL": (20, 32, 18, iq4_nl, [0]), "IQ4_XS": (23, 256, 136, iq4_xs, [0]), "MXFP4": (39, 32, 17, mxfp4, []),
}
# What the second scale is to the first, so that values lie about zero: the mean of q, or of scale q over that of minimum.
OFFSET = {"Q4_1": -7.5, "Q5_1": -15.5, "Q2_K": 1.5, "Q4_K": 7.5, "Q5_K": 15.5}
BY_ID = {row[0]: name for name, row in TYPES.items()}


def read(raw: bytes, kind: int) -> np.ndarray:
    """The values, float64, of the blocks of the type of that number."""
    _, _, size, reader, _ = TYPES[BY_ID[kind]]
    return reader(np.frombuffer(raw, "u1").reshape(-1, size)).ravel()


class Random:
    """A matrix of random blocks, every bit of them drawn but the scales, whose values have about the deviation asked for."""

    ndim = 2

    def __init__(self, rng: np.random.Generator, name: str, rows: int, cols: int, deviation: float):
        number, values, size, reader, places = TYPES[name]
        self.shape = (rows, cols)
        b = rng.integers(0, 256, (rows * cols // values, size), "u1")
        spread = np.exp(0.3 * rng.standard_normal((len(b), 1)))
        if name == "MXFP4":
            b[:, :1] = np.round(128 + np.log2(deviation * spread / FP4.std()))
        else:
            self._scale(b, name, places, np.ones_like(spread))
            self._scale(b, name, places, deviation * spread / reader(b).std())
        self.raw = b.tobytes()

    @staticmethod
    def _scale(b, name, places, d):
        for at, factor in zip(places, [1, OFFSET.get(name)]):
            b[:, at:at + 2] = (factor * d).astype("<f2").view("u1")
