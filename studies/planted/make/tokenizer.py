"""Byte-level BPE as GPT-2's: training on word counts, encoding, byte alphabet."""

import collections
import re

# GPT-2's split for text whose letters and digits are ASCII, as the planted language's are.
SPLIT = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+|\s+(?!\S)|\s+")
END = "<|endoftext|>"


def byte_alphabet() -> list:
    """The printable character that stands for each byte in GPT-2 vocabularies."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    table, spare = [], 256
    for b in range(256):
        if b in plain:
            table.append(chr(b))
        else:
            table.append(chr(spare))
            spare += 1
    return table


ALPHABET = byte_alphabet()


def to_symbols(text: str) -> str:
    return "".join(ALPHABET[b] for b in text.encode())


def learn_merges(words: dict, limit: int) -> list:
    """Greedy BPE on {word: count}; equal counts go to the pair that sorts last."""
    words = {tuple(w): c for w, c in words.items()}
    merges = []
    while len(merges) < limit:
        pairs = collections.Counter()
        for word, count in words.items():
            for pair in zip(word, word[1:]):
                pairs[pair] += count
        if not pairs:
            break
        best = max(pairs.items(), key=lambda entry: (entry[1], entry[0]))[0]
        merges.append(best)
        words = {_merge(word, best): count for word, count in words.items()}
    return merges


def _merge(word: tuple, pair: tuple) -> tuple:
    out, i = [], 0
    while i < len(word):
        if word[i:i + 2] == pair:
            out.append(word[i] + word[i + 1])
            i += 2
        else:
            out.append(word[i])
            i += 1
    return tuple(out)


class Tokenizer:
    """Vocabulary: 256 bytes, one entry a merge, the end-of-text token last (also BOS)."""

    def __init__(self, merges: list):
        self.merges = merges
        self.rank = {pair: i for i, pair in enumerate(merges)}
        self.tokens = list(dict.fromkeys(ALPHABET + [a + b for a, b in merges])) + [END]
        self.ids = {t: i for i, t in enumerate(self.tokens)}
        self.bos = self.ids[END]
        self._words: dict = {}

    @classmethod
    def train(cls, texts: list, vocabulary: int) -> "Tokenizer":
        """Counts enter by their square root, so that rare words become single tokens too."""
        counts = collections.Counter(w for text in texts for w in SPLIT.findall(text))
        words = {to_symbols(w): c ** 0.5 for w, c in sorted(counts.items())}
        return cls(learn_merges(words, vocabulary - 257))

    def encode(self, text: str) -> list:
        return [i for w in SPLIT.findall(text) for i in self._encode_word(w)]

    def _encode_word(self, word: str) -> list:
        if word not in self._words:
            parts = tuple(to_symbols(word))
            while len(parts) > 1:
                pair = min(zip(parts, parts[1:]), key=lambda p: self.rank.get(p, len(self.merges)))
                if pair not in self.rank:
                    break
                parts = _merge(parts, pair)
            self._words[word] = [self.ids[p] for p in parts]
        return self._words[word]
