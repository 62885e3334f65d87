#!/usr/bin/env bash
# bibtexparser 2.1.0 (PyPI): what do its own middlewares make of names and titles that are written as BibTeX's manual asks?
#
# Guess before running it: decoding LaTeX, separating authors and splitting names are steps that can be put in a row in any order;
# a name in double braces stays one organisation; a command that the decoder does not know stays as it is written, or is reported;
# a macro in `acm # " Press"` is resolved.
#
# Seen: decoded first (the order in which one would list them), {{Barnes and Noble}} becomes two people, Barnes and Noble; separated
# first it is one, and keeps its braces. \LaTeX, \TeX and \copyright leave nothing behind: the title "LaTeX and TeX in (c) 2020"
# is " and  in  2020", and no block has failed. One \href fails its whole entry with "list index out of range". The macro of a
# concatenation stays text, quotes and # included, in the value. Only the \href is told.
#
# What follows for readers of its output: separate before decoding, look for titles that begin or end with a blank, and for "#".
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install -q --no-compile --disable-pip-version-check bibtexparser==2.1.0 pylatexenc==2.11
cat >run.py <<'PY'
import logging, sys
from importlib.metadata import version

logging.disable(logging.CRITICAL)
import bibtexparser
from bibtexparser.middlewares import LatexDecodingMiddleware, SeparateCoAuthors, SplitNameParts

source = r"""
@string{acm = "ACM"}
@book{house, author = {{Barnes and Noble}}, title = {Catalogue}, publisher = acm # " Press"}
@book{tex, author = {Lee, Ann}, title = {{\LaTeX} and {\TeX} in {\copyright} 2020}}
@misc{link, author = {Lee, Ann}, title = {See \href{example.org}{here}}}
"""


def read(*steps):
    library = bibtexparser.parse_string(source, append_middleware=[s() for s in steps])
    fields = {e.key: {f.key: f.value for f in e.fields} for e in library.entries}
    return fields, [str(b.error) for b in library.failed_blocks]


def names(people):
    return [" ".join(p.first + p.von + p.last) for p in people]


decoded, failed = read(LatexDecodingMiddleware, SeparateCoAuthors, SplitNameParts)
separated, failed_too = read(SeparateCoAuthors, SplitNameParts, LatexDecodingMiddleware)
print("bibtexparser", version("bibtexparser"), "with pylatexenc", version("pylatexenc"))
print("authors of house, decoded first:", names(decoded["house"]["author"]))
print("authors of house, separated first:", names(separated["house"]["author"]))
print("title of tex:", repr(decoded["tex"]["title"]))
print("publisher of house:", repr(decoded["house"]["publisher"]))
print("failed:", failed)

as_described = names(decoded["house"]["author"]) == ["Barnes", "Noble"]
as_described = as_described and names(separated["house"]["author"]) == ["{Barnes and Noble}"]
as_described = as_described and decoded["tex"]["title"] == separated["tex"]["title"] == " and  in  2020"
as_described = as_described and decoded["house"]["publisher"] == 'acm # " Press"'
as_described = as_described and len(failed) == len(failed_too) == 1 and "list index out of range" in failed[0]
sys.exit(0 if as_described else "the behaviour has changed")
PY
env/bin/python run.py
