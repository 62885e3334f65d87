package analysis

import (
	"slices"
	"testing"
)

// What the truth does not say of a pair follows from its skills, exposures and surfaces, where these settle it; a pair that the
// file names is judged by what it expects.
func TestWhatTheTruthAllows(t *testing.T) {
	text := ""
	for id, of := range map[string]string{
		"sum":   "surface = \"s\"\nskills = { add = 1.0 }\ncolumns = [\"court\"]",
		"sum.2": "surface = \"t\"\nskills = { add = 1.0 }\ncolumns = [\"court\"]",
		"gram":  "surface = \"g\"\nskills = { agree = 1.0 }\ncolumns = [\"court\"]",
		"copy":  "surface = \"s\"\nskills = { copy = 1.0 }\ncolumns = [\"echo\"]",
		"flip":  "surface = \"f\"\nskills = { turn = 1.0 }\ncolumns = [\"echo\"]",
		"mix":   "surface = \"m\"\nskills = { add = 0.5, turn = 0.5 }\ncolumns = [\"court\"]",
		"floor": "surface = \"n\"",
	} {
		text += "[[benchmark]]\nid = \"" + id + "\"\n" + of + "\n"
	}
	for _, p := range []string{"a = \"flip\"\nb = \"gram\"\nexpect = \"kinship-without-overlap\"",
		"a = \"floor\"\nb = \"flip\"\nexpect = \"unknown\"", "a = \"mix\"\nb = \"sum\"\nexpect = \"none\""} {
		text += "[[pair]]\nkind = 6\n" + p + "\n"
	}
	truth, found := readTruth("truth.toml", []byte(text), nil)
	if truth == nil {
		t.Fatal(found)
	}
	for _, c := range []struct {
		x, y   string
		judged bool
		want   []string
	}{
		{"sum", "sum.2", true, nil}, // one skill: kin, and exposure is not what drives it
		{"sum", "gram", true, []string{OverlapWithoutKinship, ExposureDriven}},  // one exposure of two skills
		{"sum", "copy", true, []string{LikenessWithoutKinship}},                 // one surface, and nothing else
		{"sum", "flip", true, nil},                                              // nothing in common
		{"mix", "gram", true, []string{OverlapWithoutKinship, ExposureDriven}},  // of two skills neither is the other's
		{"mix", "flip", false, nil},                                             // some of the skills
		{"floor", "sum", true, nil},                                             // no skill and no exposure
		{"copy", "flip", true, []string{OverlapWithoutKinship, ExposureDriven}}, // as the first, of another exposure
		{"flip", "gram", true, []string{KinshipWithoutOverlap}},                 // as the file says
		{"floor", "flip", false, nil},                                           // nobody knows
		{"mix", "sum", true, nil},                                               // the file says so, though they share a skill
	} {
		for _, ends := range [][2]string{{c.x, c.y}, {c.y, c.x}} {
			got, judged := truth.allowed(truth.byID[ends[0]], truth.byID[ends[1]])
			if judged != c.judged || !slices.Equal(got, c.want) {
				t.Errorf("%s and %s: %q, judged %v", ends[0], ends[1], got, judged)
			}
		}
	}
}

// A label that sets exposure against skill is wrong where two benchmarks are of one skill, whatever trained it.
func TestExposureOfOneSkillIsWrong(t *testing.T) {
	truth, found := readTruth("truth.toml", []byte(`
[[benchmark]]
id = "a.1"
skills = { add = 1.0 }
columns = ["court"]
[[benchmark]]
id = "a.2"
skills = { add = 1.0 }
columns = ["court"]
[[benchmark]]
id = "b.1"
skills = { agree = 1.0 }
columns = ["court"]
`), nil)
	if truth == nil {
		t.Fatal(found)
	}
	flagged := []Flag{{Label: ExposureDriven, Flagged: true}}
	a := &Analysis{Benchmarks: []string{"a.1", "a.2", "b.1"},
		Pairs: []Pair{{A: 0, B: 1, Flags: flagged}, {A: 0, B: 2, Flags: flagged}, {A: 1, B: 2}}}
	rec := &Recovery{}
	a.wrong(truth, rec)
	if want := []WrongFlag{{"a.1", "a.2", ExposureDriven, "none"}}; !slices.Equal(rec.Wrong, want) || rec.Implied != 3 ||
		rec.Listed != 0 {
		t.Errorf("%+v, want %+v", rec, want)
	}
}

// Exposures that one source made go together, or against each other, and so may scores; of such pairs nothing is said to be wrong
// that the file does not name. Weak ties, and those that cancel, leave a pair as it was.
func TestExposuresOfOneSourceAreNotJudged(t *testing.T) {
	text := ""
	for id, sources := range map[string]string{"logic": "web = 0.7, logic = 0.7141", "copy": "web = 0.7, copy = 0.7141",
		"south": "web = -0.7, south = 0.7141", "faint": "web = 0.1, faint = 0.995", "even": "web = 0.5, copy = -0.5, even = 0.7",
		"own": "own = 1.0"} {
		text += "[[benchmark]]\nid = \"" + id + "\"\nsurface = \"" + id + "\"\nskills = { " + id + " = 1.0 }\ncolumns = [\"" + id +
			"\"]\n[[column]]\nid = \"" + id + "\"\nstrength = 2.0\nsources = { " + sources + " }\n"
	}
	truth, found := readTruth("truth.toml", []byte(text), nil)
	if truth == nil {
		t.Fatal(found)
	}
	for _, c := range []struct {
		x, y   string
		judged bool
	}{{"logic", "copy", false}, {"south", "copy", false}, {"faint", "logic", true}, {"even", "copy", true}, {"own", "logic", true}} {
		for _, ends := range [][2]string{{c.x, c.y}, {c.y, c.x}} {
			got, judged := truth.allowed(truth.byID[ends[0]], truth.byID[ends[1]])
			if judged != c.judged || len(got) > 0 {
				t.Errorf("%s and %s: %q, judged %v", ends[0], ends[1], got, judged)
			}
		}
	}
}
