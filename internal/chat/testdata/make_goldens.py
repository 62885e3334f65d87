"""Makes the goldens of chat templates: what Python's jinja2 renders.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install jinja2==3.1.6
    /tmp/venv/bin/python make_goldens.py

The environment is that of Hugging Face transformers' apply_chat_template. It writes goldens.json.gz: for each template in
this folder and each conversation below, with and without generation prompt, the text or the error; and for 1,500 random
templates of statements, blanks, line ends and white-space signs the text. The same versions write the same bytes.
"""

import datetime
import glob
import gzip
import io
import json
import os
import random

import jinja2
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

HERE = os.path.dirname(os.path.abspath(__file__))
NOW = datetime.datetime(2024, 7, 26, 15, 4, 5)
CONVERSATIONS = {
    "question": [("user", " Hi <b> there \n")],
    "system": [("system", "Be kind. "), ("user", "Q|im_end|>")],
    "turns": [("system", "S"), ("user", "A"), ("assistant", "<think>\nhm\n</think>\n\nB "), ("user", "C\n\n")],
    "answered": [("user", "A"), ("assistant", "<think>\n\n</think>B"), ("user", "<tool_response>x</tool_response>"), ("assistant", "D")],
    "empty": [("user", "")],
    "wrong": [("assistant", "x")],
}


class Generation(Extension):
    """transformers' {% generation %}, which marks what is trained on and changes no text."""
    tags = {"generation"}

    def parse(self, parser):
        next(parser.stream)
        return parser.parse_statements(["name:endgeneration"], drop_needle=True)


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def to_json(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
environment.filters["tojson"] = to_json
environment.globals["raise_exception"] = raise_exception
environment.globals["strftime_now"] = NOW.strftime


def render(source, messages, prompt):
    return environment.from_string(source).render(
        messages=[{"role": r, "content": c} for r, c in messages], tools=None, documents=None, bos_token="<s>", eos_token="</s>",
        add_generation_prompt=prompt)


def golden(source, messages, prompt):
    try:
        return {"text": render(source, messages, prompt)}
    except jinja2.exceptions.TemplateError as e:
        return {"error": str(e)}


def random_template(r, depth=0):
    """Blanks, text and tags in any order, blocks nested to depth 3."""
    out = ""
    for _ in range(r.randint(1, 5)):
        sign, close = r.choice(["", "", "-", "+"]), r.choice(["", "", "-", "+"])
        print_sign, print_close = r.choice(["", "", "-"]), r.choice(["", "", "-"])

        def block(s):
            return "{%" + r.choice(["", "", "-", "+"]) + " " + s + " " + r.choice(["", "", "-", "+"]) + "%}"
        kind = r.random()
        if kind < 0.45 or depth == 3:
            out += r.choice(["a", " ", "  ", "\n", "\n\n", "\t", "b \n", " c", "\r\n", "{", "%}", "#", "\u00a0", "}} "])
        elif kind < 0.6:
            out += "{{" + print_sign + r.choice([" 'p' ", " 'a\nb' ", "1", " '}}' ", " {'x': {}}['x'] "]) + print_close + "}}"
        elif kind < 0.7:
            out += "{#" + sign + r.choice([" n ", "", " {{ x }} \n "]) + close + "#}"
        elif kind < 0.75:
            out += block("raw").replace("+%}", "%}") + r.choice([" {{ r }} ", "\n r \n", "{% x %}"]) + block("endraw")
        elif kind < 0.8:
            out += block("set x = 1")
        elif kind < 0.9:
            out += block("if " + r.choice(["true", "false"])) + random_template(r, depth + 1)
            out += r.choice(["", block("else") + random_template(r, depth + 1)]) + block("endif")
        else:
            out += block("for i in [1, 2]") + random_template(r, depth + 1) + block("endfor")
    return out


if __name__ == "__main__":
    templates = []
    for path in sorted(glob.glob(os.path.join(HERE, "*.jinja"))):
        with open(path, encoding="utf-8", newline="") as f:
            source = f.read()
        for conversation, messages in CONVERSATIONS.items():
            for prompt in (True, False):
                templates.append({"template": os.path.basename(path), "conversation": conversation, "messages": messages,
                                  "prompt": prompt} | golden(source, messages, prompt))
    r = random.Random(1)
    blanks = []
    for _ in range(1500):
        source = random_template(r)
        blanks.append({"source": source} | golden(source, [], False))
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0, compresslevel=9) as z:
        z.write(json.dumps({"templates": templates, "blanks": blanks}, ensure_ascii=True, separators=(",", ":")).encode())
    with open(os.path.join(HERE, "goldens.json.gz"), "wb") as f:
        f.write(buffer.getvalue())
    print(len(templates), "templates,", len(blanks), "random ones,", sum("error" in g for g in templates + blanks), "errors")
