"""The hard study's benchmarks: four wordings each, half of them asked in the dialect; and the planted pairs."""

from benchmarks import Asked, Benchmark, Pair, cross

ITEMS = 120
FRAMES = {"desk": ("as", "here"), "tale": ("today", "day"), "quiz": ("ask", "tell"), "open": ("book", "so")}
DIALECT = "dialect"
COLUMN = {"comparison": "market", "translation": "market", "addition": "court", "agreement": "court"}


def _b(id, skill, cores, format, surface, note=""):
    """Two cores, each in the two frames of the suite; an id that ends in ~ is asked in dialect."""
    family = id.rstrip("~").split(".")[1]
    tongue = "~" if id.endswith("~") else ""
    forms = tuple(f"{skill}.{core}/{frame}{tongue}" for frame in FRAMES[family] for core in cores.split())
    columns = (COLUMN.get(skill, skill),) + ((DIALECT,) if tongue else ())
    name = id.replace("~", "-d")
    return Benchmark(name, forms, family, format, surface + tongue, {skill: 1.0}, columns, note)


ADD, MAX = "addition", "comparison"
BENCHMARKS = [
    _b("sum.desk", ADD, "plus sum", "choice-4", "sums"),
    _b("sum.tale", ADD, "got won", "choice-4", "figs-story"),
    _b("sum.open~", ADD, "plus sum", "generate", "sums"),
    _b("max.desk", MAX, "of between", "choice-2", "of-two"),
    _b("max.tale", MAX, "had won", "choice-2", "figs-story"),
    _b("max.quiz~", MAX, "of between", "choice-2", "of-two"),
    _b("age.desk", "age", "of between", "choice-2", "of-two"),
    _b("age.quiz~", "age", "of between", "choice-2", "of-two"),
    _b("age.tale~", "age", "born bows", "choice-2", "born"),
    _b("north.desk", "north", "home from", "choice-4", "home-of"),
    _b("north.tale", "north", "lives where", "choice-4", "lives-in"),
    _b("north.quiz~", "north", "lives where", "choice-4", "lives-in"),
    _b("south.desk", "south", "home from", "choice-4", "home-of"),
    _b("south.tale~", "south", "lives where", "choice-4", "lives-in"),
    _b("south.quiz~", "south", "home from", "choice-4", "home-of"),
    _b("copy.desk", "copying", "gives again", "choice-4", "letters-row"),
    _b("copy.tale~", "copying", "says echo", "choice-4", "letters-says"),
    _b("copy.quiz~", "copying", "gives again", "choice-4", "letters-row"),
    _b("flip.desk", "reversing", "gives back", "choice-4", "letters-row"),
    _b("flip.tale", "reversing", "says turn", "choice-4", "letters-says"),
    _b("flip.quiz~", "reversing", "gives back", "choice-4", "letters-row"),
    _b("logic.desk", "logic", "comes makes", "choice-2", "logic-comes"),
    _b("logic.quiz", "logic", "comes makes", "choice-2", "logic-comes"),
    _b("logic.tale~", "logic", "claim yields", "choice-2", "logic-claim"),
    _b("gram.desk", "agreement", "near by", "choice-2", "noun-phrase"),
    _b("gram.tale~", "agreement", "saw with", "choice-2", "relative-clause"),
    _b("gram.quiz~", "agreement", "near by", "choice-2", "noun-phrase"),
    _b("trans.desk", "translation", "say pair", "choice-4", "say-as"),
    _b("trans.tale~", "translation", "means call", "choice-4", "means"),
    _b("trans.open~", "translation", "say pair", "generate", "say-as"),
    Benchmark("mix.exam", tuple(f"{s}.won/{f}" for f in FRAMES["open"] for s in (ADD, MAX)), "open", "choice-2", "figs-story",
              {ADD: 0.5, MAX: 0.5}, ("court", "market"), "half of its items ask a sum, half the larger number"),
    Benchmark("floor.guess", tuple(f"filler_saw/{f}" for f in FRAMES["open"]), "open", "choice-4", "noun-pairs", {}, (),
              "the answer is drawn at random"),
]


def _of(skill: str) -> list:
    return [b.id for b in BENCHMARKS if list(b.skills) == [skill]]


def pairs() -> list:
    """The planted contrasts, by kind; what is not listed follows from the skills."""
    out = cross(["gram.desk"], ["gram.quiz-d"], 1, "same skill, same wordings, one in dialect", "none", True)
    out += cross(["logic.desk"], ["logic.quiz"], 1, "same skill, same surface", "none", True)
    out += cross(["sum.desk"], ["sum.tale"], 2, "same skill, other surface", "none", True)
    out += cross(["max.desk"], ["max.tale"], 2, "same skill, other surface", "none", True)
    out += cross(["flip.desk"], ["flip.tale"], 2, "same skill, other surface", "none", True)
    out += cross(["sum.tale"], ["max.tale"], 3, "other skill, same story", "likeness-without-kinship", True)
    out += cross(["max.desk"], ["age.desk"], 3, "other skill, same question", "likeness-without-kinship", True)
    out += cross(["max.quiz-d"], ["age.quiz-d"], 3, "other skill, same question", "likeness-without-kinship", True)
    out += cross(_of("copying"), _of("reversing"), 3, "copying against reversing", "unknown", False)
    out += cross(_of("north"), _of("south"), 5, "two tables asked in the same words", "kinship-without-overlap", False)
    aliased = "two skills that share one exposure column"
    out += cross(_of(MAX), _of("translation"), 4, aliased, "overlap-without-kinship", False)
    out += cross(_of(ADD), _of("agreement"), 4, aliased, "overlap-without-kinship", False)
    related = "two skills whose exposures correlate at 0.49"
    out += cross(_of("logic"), _of("copying"), 4, related, "unknown", True)
    out += cross(_of("reversing"), _of("age"), 4, related, "unknown", True)
    out += cross(["mix.exam"], ["sum.tale", "max.tale"], 6, "mixture of two skills", "none", False)
    return out


ASKED = Asked(BENCHMARKS, pairs(), ITEMS, wordings=True)
