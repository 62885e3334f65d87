"""Makes the tokenizer goldens: small vocabularies as GGUF files, and what the reference libraries do with them.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install tokenizers==0.23.3 sentencepiece==0.2.3 gguf==0.19.0
    /tmp/venv/bin/python make_goldens.py

It writes texts.json.gz (2,000 adversarial texts); for each NAME below NAME.gguf.gz (a vocabulary, trained here on synthetic
text) and NAME.json.gz (one entry per text: its ids, and more where a family has more); and classes.json (the Unicode classes
of all characters). Byte-level and WordPiece references are by `tokenizers`, SentencePiece's by `sentencepiece`. The same
versions write the same bytes.
"""

import gzip
import hashlib
import io
import json
import os
import random
import unicodedata

os.environ["TOKENIZERS_PARALLELISM"] = "false"

import gguf
import sentencepiece
from tokenizers import AddedToken, BertWordPieceTokenizer, Regex, Tokenizer, models, pre_tokenizers, trainers

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = 2000
VOCABULARY = 1200
# The expressions are llama.cpp's, which differ from the original ones in the contractions' case folding and, for gpt-4o
# and tekken, in what a capital is.
CONTRACTION = r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
LEAD, SPACES_TAIL = r"[^\r\n\p{L}\p{N}]?", r"|\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3 = CONTRACTION + "|" + LEAD + r"\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*" + SPACES_TAIL
QWEN2 = LLAMA3.replace("{1,3}", "")
QWEN35 = CONTRACTION + "|" + LEAD + r"[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*" + SPACES_TAIL
CAPITAL, SMALL = r"((?=[\p{L}])([^a-z]))", r"((?=[\p{L}])([^A-Z]))"
GPT4O = (f"{LEAD}{CAPITAL}*{SMALL}+{CONTRACTION}?|{LEAD}{CAPITAL}+{SMALL}*{CONTRACTION}?"
         + r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*" + SPACES_TAIL)
TEKKEN = f"{LEAD}{CAPITAL}*{SMALL}+|{LEAD}{CAPITAL}+{SMALL}*" + r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*" + SPACES_TAIL
# The first class of DeepSeek LLM's expressions; llama.cpp reads no white space beyond ASCII as one of its signs or letters.
DEEPSEEK_CASED = "".join(chr(a) + "-" + chr(b) for a, b in (
    (int(x, 16), int(y, 16)) for x, y in (r.split("-") for r in (
        "41-5A 61-7A B5-B5 C0-D6 D8-F6 F8-1BA 1BC-1BF 1C4-293 295-2AF 370-373 376-377 37B-37D 37F-37F 386-386 388-38A 38C-38C "
        "38E-3A1 3A3-3F5 3F7-481 48A-52F 531-556 10A0-10C5 13A0-13F5 13F8-13FD 1C90-1CBA 1CBD-1CBF 1D00-1D2B 1D6B-1D77 "
        "1D79-1D9A 1E00-1F15 1F18-1F1D 1F20-1F45 1F48-1F4D 1F50-1F57 1F59-1F59 1F5B-1F5B 1F5D-1F5D 1F5F-1F7D 1F80-1FB4 "
        "1FB6-1FBC 1FBE-1FBE 1FC2-1FC4 1FC6-1FCC 1FD0-1FD3 1FD6-1FDB 1FE0-1FEC 1FF2-1FF4 1FF6-1FFC 2102-2102 2107-2107 "
        "210A-2113 2115-2115 2119-211D 2124-2124 2126-2126 2128-2128 212A-212D 212F-2134 2139-2139 213C-213F 2145-2149 "
        "214E-214E 2183-2184 2C00-2C7B 2C7E-2CE4 2CEB-2CEE 2CF2-2CF3 A640-A66D A680-A69B A722-A76F A771-A787 A78B-A78E "
        "AB70-ABBF FB00-FB06 FB13-FB17 FF21-FF3A FF41-FF5A 10400-1044F 104B0-104D3 104D8-104FB 10C80-10CB2 10CC0-10CF2 "
        "118A0-118DF 1E900-1E943").split())))
DEEPSEEK = [r"[\r\n]", rf"\s?[{DEEPSEEK_CASED}]+", r"\s?[!-/:-~！-／：-～‘-‟\x{3001}-\x{3002}]+", r"\s+$",
            r"(?:(?!\s)[\x{0800}-\x{9FA5}\x{AC00}-\x{D7FF}])+", r"\p{N}+"]
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
CASES_OF_LETTERS = ["camelCase", "HTTPServer", "ÉCOLE", "éA", "ЖABC", "aЖB", "ǅx", "İi", "It's", "IT'S", "x'Ll/", "a/\n/b", "/\n", "//\r\n/",
                    "ABCдEF", "McDonald's", "ßA", "ΣΑΣ", "K\u212ak", "naïve Café", "ÅNGSTRÖM"]
EMOJI = ["😀", "👍🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪🇫🇷", "❤️", "☺", "🧑🏿‍🚀", "1️⃣", "🫠"]
MARKS = ["e\u0301", "n\u0303", "a\u0308\u0301\u0323", "\u0301", "x\u20d7", "क्षि", "ก็", "\u0e49", "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢", "ﬁ", "ǅ", "ʰ", "ª"]
CONTROLS = ["\x00", "\x01", "\x07", "\x08", "\x1b[31m", "\x1f", "\x7f", "\x80", "\x9f", "\u202e", "\u2066"]
RARE = ["\U00020000", "\U000e0041", "\U0010ffff", "\ue000", "𝓗𝓮𝓵𝓵𝓸", "\u1c89", "\U00010d40", "\U0001e5f0", "\ua7da", "\U00013460"]
SPECIAL_TEXT = CONTROL + ["<|endoftext", "|>", "<|e|>", "<|eot|", "<|EOT|>", USER_DEFINED, "[USER", "<s>", "</s>", "<unk>", "<0x0A>",
                          "<0x41>", "▁<s>", "[CLS]", "[SEP]", "[MASK]", "[UNK]", "<b>"]


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
    pools = [SPACES, NOT_SPACES, CONTRACTIONS, DIGITS, SIGNS, EMOJI, MARKS, CONTROLS, RARE, SPECIAL_TEXT, CASES_OF_LETTERS]
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


def pack(name, data):
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0, compresslevel=9) as z:
        z.write(data)
    write(name + ".gz", buffer.getvalue())


def write_json(name, value):
    pack(name + ".json", json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode())


def write_vocabulary(name, model, pre, tokens, types, bos=None, eos=None, merges=None, scores=None, more=None):
    """more(writer) adds keys that only one vocabulary has."""
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
    if bos is not None:
        w.add_bos_token_id(bos)
    if eos is not None:
        w.add_eos_token_id(eos)
    if more is not None:
        more(w)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.close()
    with open(path, "rb") as f:
        pack(name + ".gguf", f.read())
    os.remove(path)


def byte_level(name, texts, splits, ignore_merges=False):
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
    for text in texts:
        tok.encode_special_tokens = False
        case = {"ids": tok.encode(text, add_special_tokens=False).ids}
        tok.encode_special_tokens = True  # encode the text of special tokens as text
        plain = tok.encode(text, add_special_tokens=False).ids
        if plain != case["ids"]:
            case["plain"] = plain
        # One character of a byte-level piece is one byte of the text.
        case["words"] = [len(piece) for piece, _ in pre.pre_tokenize_str(text)]
        cases.append(case)
    write_json(name, cases)


def sentence_piece(name, texts, user_defined=(), prefix=True):
    r = random.Random(name)
    trained = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(training_lines(r)), model_writer=trained, model_type="bpe", vocab_size=VOCABULARY,
        byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False, split_digits=True,
        allow_whitespace_only_pieces=True, character_coverage=0.9995, num_threads=1, minloglevel=2,
        user_defined_symbols=list(user_defined), add_dummy_prefix=prefix)
    sp = sentencepiece.SentencePieceProcessor(model_proto=trained.getvalue())
    ids = range(sp.vocab_size())
    pieces = [sp.id_to_piece(i) for i in ids]
    types = [gguf.TokenType.USER_DEFINED if pieces[i] in user_defined else gguf.TokenType.BYTE if sp.is_byte(i) else
             gguf.TokenType.UNKNOWN if sp.is_unknown(i) else gguf.TokenType.CONTROL if sp.is_control(i) else
             gguf.TokenType.NORMAL for i in ids]
    # As in files made from Gemma: a user-defined token is written as the text that it stands for.
    pieces = [p.replace("\u2581", " ") if p in user_defined else p for p in pieces]
    write_vocabulary(name, "llama", "default", pieces, types, sp.bos_id(), sp.eos_id(), scores=[sp.get_score(i) for i in ids],
                     more=None if prefix else lambda w: w.add_add_space_prefix(False))
    # sentencepiece takes U+2581 for a space before it looks for user-defined tokens, llama.cpp behind.
    write_json(name, [{"ids": sp.encode(t), "differs": True} if user_defined and "\u2581" in t else {"ids": sp.encode(t)} for t in texts])


def differs(text):
    """Whether `tokenizers` and llama.cpp, which is the reference for such texts, read a text differently as WordPiece:
    Hangul syllables (llama.cpp keeps their first letter only), marks that take room, controls that are white space,
    characters of no class, and words of more than 100 characters."""
    return any(0xAC00 <= ord(c) < 0xD7A4 or c in "\v\f\x1c\x1d\x1e\x1f\x85" or unicodedata.category(c) in ("Mc", "Me", "Cn")
               for c in unicodedata.normalize("NFD", text) + text) or any(len(w) > 100 for w in text.split())


def word_piece(name, texts):
    r = random.Random(name)
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tok = BertWordPieceTokenizer()
    lines = [line.replace("\u2581", "") for line in training_lines(r)]  # it marks words in the file
    tok.train_from_iterator(lines, vocab_size=VOCABULARY, show_progress=False, special_tokens=special)
    vocabulary = tok.get_vocab()
    tokens = sorted(vocabulary, key=vocabulary.get)
    # As the converters write it: what begins a word has U+2581 in front, what goes on has nothing.
    written = [t if t in special else t[2:] if t.startswith("##") else "\u2581" + t for t in tokens]
    types = [gguf.TokenType.UNKNOWN if t == "[UNK]" else gguf.TokenType.CONTROL if t in special else gguf.TokenType.NORMAL
             for t in tokens]

    def more(w):
        w.add_unk_token_id(1)
        w.add_sep_token_id(3)
        w.add_pad_token_id(0)
        w.add_mask_token_id(4)
    write_vocabulary(name, "bert", "default", written, types, bos=2, more=more)
    tok._tokenizer.encode_special_tokens = True
    write_json(name, [{"ids": tok.encode(t).ids, "differs": True} if differs(t) else {"ids": tok.encode(t).ids} for t in texts])


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
    texts = adversarial(random.Random("texts"))
    write_json("texts", texts)
    byte_level("gpt-2", texts, [GPT2])
    byte_level("default", texts, DEFAULT)
    byte_level("smollm", texts, [r"\p{N}", GPT2])
    byte_level("llama-bpe", texts, [LLAMA3], ignore_merges=True)
    byte_level("dbrx", texts, [LLAMA3])
    byte_level("qwen2", texts, [QWEN2])
    byte_level("qwen35", texts, [QWEN35])
    byte_level("gpt-4o", texts, [GPT4O])
    byte_level("tekken", texts, [TEKKEN], ignore_merges=True)
    byte_level("deepseek-llm", texts, DEEPSEEK)
    sentence_piece("llama", texts)
    sentence_piece("gemma", texts, ["\u2581" * n for n in range(2, 9)] + ["\n" * n for n in range(1, 5)] + [USER_DEFINED, "<b>"], prefix=False)
    word_piece("bert", texts)
    classes()
