#!/usr/bin/env bash
# pybtex 0.26.1 with latexcodec 3.0.1 (PyPI): does its plain text say what BibTeX would print?
#
# Guess before running it: an address is left alone, in \url and as the field url; a dollar that is escaped is a dollar; an accent is
# found wherever its letter stands in braces, since that is the form that BibTeX's manual asks for; what is not known is an error.
#
# Seen: two hyphens in an address become a dash, in \url and without it, so that the link leads elsewhere. \$3 keeps its backslash,
# where \% and \& lose theirs. {\"o}, \v{c} and {\'\i} are read; {\'{\i}} and {\d a} are not, and stay half: \'i without its dot,
# \d a. \url, \href and \emph leave their name and lose their braces: \href{A}{B} is "\href AB". "and others" is a person called
# others. Nothing is told.
#
# What follows for readers of its output: look for backslashes in the result, and compare addresses with the source.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install -q --no-compile --disable-pip-version-check pybtex==0.26.1 latexcodec==3.0.1
cat >run.py <<'PY'
import sys
from importlib.metadata import version

from pybtex.backends.plaintext import Backend
from pybtex.database import parse_string
from pybtex.richtext import Text

want = {
    r"example.org/a--b": "example.org/a\u2013b",
    r"\url{example.org/a--b}": "\\url example.org/a\u2013b",
    r"5\% \& \$3": "5% & \\$3",
    r"G{\"o}del, Ku\v{c}era, {\'\i}": "G\u00f6del, Ku\u010dera, \u00ed",
    r"{\'{\i}}lvarez": "\\'\u0131lvarez",
    r"Ph{\d a}m": "Ph\\d am",
    r"\href{A}{B} \emph{x}": "\\href AB \\emph x",
}
got = {source: Text.from_latex(source).render(Backend()) for source in want}
print("pybtex", version("pybtex"), "with latexcodec", version("latexcodec"))
for source, text in got.items():
    print(f"{source:35} {text}")
entry = parse_string("@misc{a, author = {Lee, Ann and others}, title = {x}}", "bibtex").entries["a"]
people = [str(p) for p in entry.persons["author"]]
print("Lee, Ann and others:", people)
sys.exit(0 if got == want and people == ["Lee, Ann", "others"] else "the behaviour has changed")
PY
env/bin/python run.py
