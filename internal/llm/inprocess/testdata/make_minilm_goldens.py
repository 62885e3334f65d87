"""Writes minilm.json.gz: what sentence-transformers makes of 200 texts with all-MiniLM-L6-v2.

    python3 -m venv venv && venv/bin/pip install torch sentence-transformers
    venv/bin/python make_minilm_goldens.py FOLDER_OF_THE_MODEL

The committed file was made by Python 3.11.7, sentence-transformers 6.2.0, transformers 5.24.0, tokenizers 0.23.3 and torch 2.15.0
on CPU, in binary32 and one text at a time. The texts were written for this purpose. It holds the texts, the cosines of all pairs
(the upper triangle, row by row, in millionths) and the vectors of the first three texts; it prints how long the texts take in
batches of 16 on as many threads as there are processors.
"""

import gzip
import json
import os
import sys
import time

from sentence_transformers import SentenceTransformer

SENTENCES = r"""The cat sat on the mat.
A dog chased the postman down the street.
What is the capital of France?
Paris is the largest city of France.
How many legs do three spiders and two birds have?
If a train leaves at noon and travels at 60 miles per hour, when does it arrive?
Water boils at 100 degrees Celsius at sea level.
Which gas do plants take from the air?
Photosynthesis turns light, water and carbon dioxide into sugar and oxygen.
The mitochondrion is the powerhouse of the cell.
She sold seashells by the seashore.
He didn't know whether he'd've gone there, had they asked.
The defendant was acquitted of all charges.
A contract needs an offer and an acceptance.
Interest rates rose by 0.25 % to 5.5 %.
The stock fell from $1,250.75 to $980 (minus 21.6%).
f(x) = x^2 + 3x - 7; find f'(2).
Solve for x: 2x + 3 = 11.
def add(a, b): return a + b
for (int i = 0; i < n; ++i) { sum += a[i]; }
SELECT name FROM users WHERE age >= 18 ORDER BY name;
<p class="note">Hello, <b>world</b>!</p>
https://example.org/path?query=1&other=two#part
user.name+tag@example.org
C:\Users\me\file.txt
Mix the flour, the sugar and the eggs, then bake for forty minutes.
The recipe needs two cups of flour.
It rained all day, so the match was called off.
The game was postponed because of the weather.
Our solar system has eight planets.
Jupiter is the largest planet of the solar system.
The patient presents with fever and a dry cough.
Take one tablet twice daily after meals.
Antibiotics do not help against viruses.
The violin has four strings.
Beethoven wrote nine symphonies.
The treaty was signed in 1648.
The French Revolution began in 1789.
Rome wasn't built in a day.
All men are mortal; Socrates is a man; therefore Socrates is mortal.
If it rains, the street is wet. The street is wet. Does it rain?
A triangle has three sides.
The sum of the angles of a triangle is 180°.
I love this film!
I hated every minute of this movie.
The film was neither good nor bad.
Please close the window.
Could you open the door, please?
To be, or not to be, that is the question
SHOUTING IN CAPITAL LETTERS
sHoUtInG iN mIxEd CaSe
supercalifragilisticexpialidocious
antidisestablishmentarianism
pneumonoultramicroscopicsilicovolcanoconiosis
Ça va? Où est la bibliothèque près du château?
Die Straße ist naß, und der Fußgänger ärgert sich.
El niño comió una piña en la montaña.
Øyvind spiste rødgrød på Ærø.
Příliš žluťoučký kůň úpěl ďábelské ódy.
Zażółć gęślą jaźń.
İstanbul'da ışık ve IŞIK
Árvíztűrő tükörfúrógép
Ξεσκεπάζω την ψυχοφθόρα βδελυγμία. ΟΔΟΣ
Съешь же ещё этих мягких французских булок, да выпей чаю.
Їжак і ґанок
שלום עולם, מה שלומך?
مرحبا بالعالم، كيف حالك؟
नमस्ते दुनिया, आप कैसे हैं?
สวัสดีชาวโลก
你好，世界！今天天气怎么样？
我爱北京天安门
漢字とひらがなとカタカナが混ざっている文。
東京は日本の首都です。
ガギグゲゴ ﾊﾝｶｸ
안녕하세요 세계
서울은 한국의 수도이다.
Tiếng Việt có nhiều dấu thanh.
naïve café résumé coöperate
nai\u0308ve cafe\u0301 re\u0301sume\u0301
ﬁne ﬂow of ligatures and ½ ⅔ fractions
H₂O and E = mc² and 10⁻³
α + β ≤ γ ⇒ ∀x ∈ ℝ: x² ≥ 0
∫₀^∞ e^{-x²} dx = √π/2
“Curly quotes” and ‘single ones’ – with dashes — and an ellipsis…
I am happy 😀
I am sad 😢
👍🏽 👩‍👩‍👧‍👦 🇫🇷 1️⃣
🎉🎉🎉
party time 🎉 at 8 pm
♥ ★ ☂ ✓
zero\u200bwidth\u200bspace and soft\u00adhyphen
tabs\tand\nnew lines\r\nof all kinds
  spaces   at   the   ends  
a non-breaking\u00a0space and an ideographic\u3000one
control\u0001characters\u007fgo
\ufeffa byte order mark in front
the replacement \ufffd character
@#$%^&*()_+-=[]{}|;':",./<>?~`
...
?
.
 
\u3000
0
7
42
3.14159265358979
1,000,000
1e-05
-17
2024-02-29T23:59:59Z
(555) 123-4567
a
I
A B C D
Question: Which is heavier? A. a kilogram of lead B. a kilogram of feathers C. both are equal Answer:
True or false: the earth is flat.
yes
no
Yes.
[PAD
CLS SEP MASK
## hash ##marks
_under_scores_and-hyphens
don't can't won't I'm you're we've they'll she'd
rock 'n' roll
O'Neill's
""".splitlines()

SUBJECTS = ["The teacher", "A young scientist", "My grandmother", "The old sailor", "Nobody", "Each of the twelve jurors",
            "The robot"]
VERBS = ["explains", "forgets", "buys", "paints", "measures", "counts"]
OBJECTS = ["the distance to the moon", "seven green bottles", "a theorem about prime numbers", "the price of bread",
           "an unwritten law", "the colour of the sea", "a map of the city"]


def texts():
    escaped = lambda s: s.encode("ascii", "backslashreplace").decode("unicode_escape")
    sentences = [escaped(s) if "\\u" in s or "\\n" in s else s for s in SENTENCES]
    out = list(dict.fromkeys(sentences))
    while len(out) < 190:
        i = len(out)
        out.append("%s %s %s." % (SUBJECTS[i % 7], VERBS[i // 7 % 6], OBJECTS[(i * 3 + i // 7) % 7]))
    out += [" ".join(out[k * 6:k * 6 + n]) for k, n in enumerate((4, 5, 6, 7, 8))]
    out += ["word " * 250, "the " + "very " * 200 + "long road", "x" * 100, "x" * 101 + " y", "日" * 120 + "ab"]
    assert len(out) == len(set(out)) == 200, (len(out), len(set(out)))
    return out


def main():
    model = SentenceTransformer(sys.argv[1], device="cpu")
    list_ = texts()
    for t in list_:
        assert len(model.tokenizer(t)["input_ids"]) <= model.max_seq_length, t
    vectors = model.encode(list_, batch_size=1).astype("float64")
    began = time.time()
    model.encode(list_, batch_size=16)
    print("%.2f s for %d texts" % (time.time() - began, len(list_)))
    cosines = [round(float(vectors[i] @ vectors[j]) * 1e6) for i in range(200) for j in range(i + 1, 200)]
    data = json.dumps({"texts": list_, "cosines": cosines, "vectors": [[round(float(x), 8) for x in v] for v in vectors[:3]]},
                      ensure_ascii=False, separators=(",", ":"))
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "minilm.json.gz"), "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as f:
        f.write(data.encode())


if __name__ == "__main__":
    main()
