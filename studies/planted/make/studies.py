"""The two studies that this folder makes: one that shows whether the program counts right, and one that ranks measures."""

import os
from typing import NamedTuple

import benchmarks
import design
import hard_benchmarks
import hard_design
import hard_language
import language

HERE = os.path.dirname(os.path.abspath(__file__))


class Study(NamedTuple):
    name: str
    language: language.Language
    asked: benchmarks.Asked
    design: object  # a module with run(number)
    exposures: dict  # by column: strength and sources; empty where columns have two levels

    @property
    def folder(self) -> str:
        return os.path.abspath(f"{HERE}/../../{self.name}")

    @property
    def digests(self) -> str:
        return f"{HERE}/SHA256SUMS" + self.name.removeprefix("planted")

    def items(self) -> dict:
        return benchmarks.all_items(self.asked, self.language.forms)


STUDIES = {s.name: s for s in (
    Study("planted", language.LANGUAGE, benchmarks.ASKED, design, {}),
    Study("planted-hard", hard_language.LANGUAGE, hard_benchmarks.ASKED, hard_design, hard_design.EXPOSURES),
)}
