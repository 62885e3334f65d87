"""Makes the tokenizer goldens: small vocabularies as GGUF files, and what the reference libraries do with them.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install tokenizers==0.23.3 sentencepiece==0.2.3 gguf==0.19.0
    /tmp/venv/bin/python make_goldens.py

For each NAME of gpt-2, llama-bpe, default and llama it writes NAME.gguf (the vocabulary, trained here on synthetic
text) and NAME.json.gz (2,000 texts with their ids), and classes.json (the Unicode classes of all characters). Byte-level
references are by `tokenizers`, SentencePiece's by `sentencepiece`. The same versions write the same bytes.
"""

import gzip
import hashlib
import io
import json
import os
import random

os.environ["TOKENIZERS_PARALLELISM"] = "false"

import gguf
import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, models, pre_tokenizers, trainers

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = 2000
VOCABULARY = 1200
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
# llama.cpp's expressions for a file that names no pre-tokenizer, applied one after the other.
DEFAULT = [r"[\p{P}\$\+<=>\^~\|]+", GPT2, r"\p{N}+", r"[0-9][0-9][0-9]"]

CONTROL = ["<|endoftext|>", "<|eot|>", "<|e"]  # the last is the beginning of the others: the longest must win
USER_DEFINED = "[USER]"
UNREACHABLE = ["Ġqxjqxj", "zyxzyx", "Ġ,;,;"]  # tokens that no merge makes; only ignore_merges finds them

SCRIPTS = {
    "latin": "abcdefghijklmnopqrstuvwxyzäöüßéèñçøåłœ", "greek": "αβγδεζηθικλμνξοπρστυφχψω",
    "cyrillic": "абвгдежзийклмнопрстуфхцчшщъыьэюя", "hebrew": "אבגדהוזחטיכלמנסעפצקרשת",
    "arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي", "hindi": "अआइईउऊएऐओऔकखगघचछजझटठडढतथदधनपफबभमयरलवशषसहािीुूेैोौ्ं",
    "han": "的一是不了人我在有他这为之大来以个中上们到说国和地也子时道出", "kana": "あいうえおかきくけこアイウエオカキクケコー",
    "hangul": "가나다라마바사아자차카타파하", "thai": "กขคงจฉชซญดตถทนบปผฝพฟมยรลวศสหอะาำิีึืุูเแโใไ่้",
}
SPACES = [" ", " ", " ", "  ", "   ", "\t", "\n", "\n\n", "\r\n", "\r", "\v", "\f", "\u0085", "\u00a0", "\u1680", "\u2000",
          "\u2003", "\u2009", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000", " \n", "\n ", " \t ", "  \n\n  "]
NOT_SPACES = ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u180e", "\u00ad", "\u034f"]
CONTRACTIONS = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'S", "'T", "'RE", "'Ve", "'M", "'lL", "'LL", "'D", "'\u017f",
                "\u2019s", "''s", "'", "'r", "'l", "'v", "'rE", "'x", "' s", "'\u212a"]
DIGITS = ["0", "7", "42", "123", "1234", "12345", "1234567890", "3.14", "1,000,000", "٣٤٥", "१२३४", "Ⅷ", "½", "²³", "①②③④", "𝟘𝟙𝟚",
          "1a2b3c", "0x1F", "１２３４"]
SIGNS = list("!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~") + ["...", "!!!", "?!", "--", "==", "->", "<<<", "$$", "€", "£¥", "«»", "“”", "…",
         "—", "、。", "！", "°", "±", "×", "∑∫", "→", "▁", "▁▁", "\ufffd", "\ufffe", "|", "~~", "^", "//", "*/", "{{}}"]
EMOJI = ["😀", "👍🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪🇫🇷", "❤️", "☺", "🧑🏿‍🚀", "1️⃣", "🫠"]
MARKS = ["e\u0301", "n\u0303", "a\u0308\u0301\u0323", "\u0301", "x\u20d7", "क्षि", "ก็", "\u0e49", "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢", "ﬁ", "ǅ", "ʰ", "ª"]
CONTROLS = ["\x00", "\x01", "\x07", "\x08", "\x1b[31m", "\x1f", "\x7f", "\x80", "\x9f", "\u202e", "\u2066"]
RARE = ["\U00020000", "\U000e0041", "\U0010ffff", "\ue000", "𝓗𝓮𝓵𝓵𝓸", "\u1c89", "\U00010d40", "\U0001e5f0", "\ua7da", "\U00013460"]
SPECIAL_TEXT = CONTROL + ["<|endoftext", "|>", "<|e|>", "<|eot|", "<|EOT|>", USER_DEFINED, "[USER", "<s>", "</s>", "<unk>", "<0x0A>",
                          "<0x41>", "▁<s>"]


def word(r):
    script = r.choice(list(SCRIPTS) + ["latin"] * 8)
    w = "".join(r.choice(SCRIPTS[script]) for _ in range(r.randint(1, 9)))
    return r.choice([w, w, w, w.upper(), w.capitalize()])


def training_lines(r):
    """Zipf-distributed words of ten scripts, numbers, contractions, code-like and blank stretches."""
    words = [word(r) for _ in range(1500)] + ["the", "and", "don", "they", "return", "def"] * 3
    lines = []
    for _ in range(4000):
        parts = []
        for _ in range(r.randint(3, 14)):
            w = words[int(len(words) * r.random() ** 3)]
            parts.append(r.choice([" "] * 12 + ["  ", "    ", "\t", "\n"]) + w)
            if r.random() < 0.25:
                parts.append(r.choice(CONTRACTIONS[:15] + DIGITS + SIGNS + [",", "."] * 20))
        lines.append("".join(parts))
    return lines


def adversarial(r):
    """Texts of every kind of trouble that a pre-tokenizer can meet, alone and mixed."""
    pools = [SPACES, NOT_SPACES, CONTRACTIONS, DIGITS, SIGNS, EMOJI, MARKS, CONTROLS, RARE, SPECIAL_TEXT]
    texts = ["", " ", "a", "\n"] + [t for pool in pools for t in pool]
    texts += [a + b for a in SPACES for b in (" x", "x", "\n", "1")]
    texts += ["x" * 600, " " * 300 + "x", "\n" * 100, "ab" * 400, "1" * 100, "語" * 200, "." * 120, "'" * 20, "👍" * 50]
    texts += [" qxjqxj", "qxjqxj", "a qxjqxj,", "  qxjqxj qxjqxjs", "zyxzyx", " zyxzyx", "a,zyxzyx", " ,;,;", "x ,;,; y", ",;,;"]
    while len(texts) < CASES:
        text = ""
        for _ in range(r.randint(1, 9)):
            kind = r.random()
            if kind < 0.35:
                text += word(r)
            elif kind < 0.55:
                text += r.choice(SPACES)
            elif kind < 0.58:
                text += "".join(chr(r.choice([r.randrange(0x20, 0x3000), r.randrange(0x3000, 0xD800), r.randrange(0x10000, 0x20000)]))
                                for _ in range(r.randint(1, 4)))
            else:
                text += r.choice(r.choice(pools))
        texts.append(text)
    return texts[:CASES]


def write(name, data):
    with open(os.path.join(HERE, name), "wb") as f:
        f.write(data)


def write_cases(name, cases):
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0, compresslevel=9) as z:
        z.write(json.dumps(cases, ensure_ascii=True, separators=(",", ":")).encode())
    write(name + ".json.gz", buffer.getvalue())


def write_vocabulary(name, model, pre, tokens, types, bos, eos, merges=None, scores=None):
    path = os.path.join(HERE, name + ".gguf")
    w = gguf.GGUFWriter(path, "llama")
    w.add_tokenizer_model(model)
    w.add_tokenizer_pre(pre)
    w.add_token_list(tokens)
    w.add_token_types(types)
    if merges is not None:
        w.add_token_merges(merges)
    if scores is not None:
        w.add_token_scores(scores)
    w.add_bos_token_id(bos)
    w.add_eos_token_id(eos)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.close()


def byte_level(name, splits, ignore_merges):
    """splits: the pre-tokenizer's expressions; each splits what those before it made."""
    r = random.Random(name)
    stages = [pre_tokenizers.Split(Regex(s), "isolated") for s in splits]
    pre = pre_tokenizers.Sequence(stages + [pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trained.train_from_iterator(training_lines(r), trainers.BpeTrainer(
        vocab_size=VOCABULARY, initial_alphabet=sorted(alphabet), show_progress=False))
    model = json.loads(trained.to_str())["model"]
    vocabulary, merges = model["vocab"], [tuple(m) for m in model["merges"]]
    for t in UNREACHABLE:
        vocabulary.setdefault(t, len(vocabulary))
    tok = Tokenizer(models.BPE(vocabulary, merges, ignore_merges=ignore_merges))
    tok.pre_tokenizer = pre
    tok.add_special_tokens([AddedToken(t, normalized=False) for t in CONTROL])
    tok.add_tokens([AddedToken(USER_DEFINED, normalized=False)])
    tokens = [t for t, _ in sorted(tok.get_vocab().items(), key=lambda e: e[1])]
    types = [gguf.TokenType.CONTROL if t in CONTROL else gguf.TokenType.USER_DEFINED if t == USER_DEFINED else
             gguf.TokenType.NORMAL for t in tokens]
    end = tok.token_to_id(CONTROL[0])
    write_vocabulary(name, "gpt2", name, tokens, types, end, end, merges=[" ".join(m) for m in merges])

    cases = []
    for text in adversarial(r):
        tok.encode_special_tokens = False
        case = {"text": text, "ids": tok.encode(text, add_special_tokens=False).ids}
        tok.encode_special_tokens = True  # encode the text of special tokens as text
        plain = tok.encode(text, add_special_tokens=False).ids
        if plain != case["ids"]:
            case["plain"] = plain
        # One character of a byte-level piece is one byte of the text.
        case["words"] = [len(piece) for piece, _ in pre.pre_tokenize_str(text)]
        cases.append(case)
    write_cases(name, cases)


def sentence_piece(name):
    r = random.Random(name)
    trained = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(training_lines(r)), model_writer=trained, model_type="bpe", vocab_size=VOCABULARY,
        byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False, split_digits=True,
        allow_whitespace_only_pieces=True, character_coverage=0.9995, num_threads=1, minloglevel=2)
    sp = sentencepiece.SentencePieceProcessor(model_proto=trained.getvalue())
    ids = range(sp.vocab_size())
    types = [gguf.TokenType.BYTE if sp.is_byte(i) else gguf.TokenType.UNKNOWN if sp.is_unknown(i) else
             gguf.TokenType.CONTROL if sp.is_control(i) else gguf.TokenType.NORMAL for i in ids]
    write_vocabulary(name, "llama", "default", [sp.id_to_piece(i) for i in ids], types, sp.bos_id(), sp.eos_id(),
                     scores=[sp.get_score(i) for i in ids])
    write_cases(name, [{"text": t, "ids": sp.encode(t)} for t in adversarial(r)])


def classes():
    """How many characters `tokenizers` puts into each class, and the SHA-256 of their list, one hexadecimal number a line."""
    characters = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    out = {}
    for name in ("L", "N", "P", "s"):
        pattern = r"\s" if name == "s" else r"\p{%s}" % name
        rest = pre_tokenizers.Split(Regex(pattern), "removed").pre_tokenize_str("".join(characters))
        members = sorted(set(characters) - {c for piece, _ in rest for c in piece})
        listing = "".join("%x\n" % ord(c) for c in members)
        out[name] = {"count": len(members), "sha256": hashlib.sha256(listing.encode()).hexdigest()}
    write("classes.json", (json.dumps(out, indent=1) + "\n").encode())


if __name__ == "__main__":
    byte_level("gpt-2", [GPT2], ignore_merges=False)
    byte_level("llama-bpe", [LLAMA3], ignore_merges=True)
    byte_level("default", DEFAULT, ignore_merges=False)
    sentence_piece("llama")
    classes()
