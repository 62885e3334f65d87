package benchmark

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"sdmap/internal/diag"
	"sdmap/internal/study"
)

// References that are numbers are read right, or refused with the reason.
func TestReferencesThatAreNumbers(t *testing.T) {
	for text, want := range map[string]string{
		"7": "7", "-$7": "-7", "$-7": "-7", "1e-05": "1/100000", "1.5e3": "1500", "1E+2": "100", "3/8": "3/8", "-3/8": "-3/8",
		"1{,}250": "1250", "1,250": "1250", "1,234,567.5": "2469135/2", "–7": "-7", "−7": "-7", "-.5": "-1/2", "18%": "18",
		"It is <<2+2=4>>4 eggs.\n#### 4": "4", "the answer is 12.": "12", "$18": "18", "(5)": "5", "51.0": "51", "12 apples": "12",
		"5kg": "5",
	} {
		if err := checkNumber(text); err != nil {
			t.Errorf("%q is refused: %v", text, err)
			continue
		}
		if got := lastNumber(text); got == nil || got.RatString() != want {
			t.Errorf("%q is %v, want %s", text, got, want)
		}
	}
	for text, why := range map[string]string{
		"(3, 4)": "several numbers", "[1; 2]": "several numbers", "{1, 2}": "several numbers", "3, 4": "an expression",
		"2^10": "an expression", "x2": "an expression", `\sqrt{2}`: "an expression", `\frac{3}{8}`: "an expression", "5x": "an expression",
		"3-4": "an expression", "10:30": "an expression", "1.250,5": "an expression", "3 1/2": "an expression", "2 \\times 3": "an expression",
		"1/2/2020": "an expression", "none": "no number", "1/0": "no number", "1e99999": "no number",
	} {
		err := checkNumber(text)
		if err == nil && why != "" || err != nil && !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v, want %q", text, err, why)
		}
	}
}

// Whatever a number is written as, its value comes back.
func FuzzNumbers(f *testing.F) {
	f.Add(int64(-1234567), uint8(3))
	f.Fuzz(func(t *testing.T, n int64, form uint8) {
		digits := new(big.Int).Abs(big.NewInt(n)).String()
		text := digits
		if form%2 == 1 {
			for i := len(digits) - 3; i > 0; i -= 3 {
				text = text[:i] + []string{",", "{,}"}[form/2%2] + text[i:]
			}
		}
		if n < 0 {
			text = []string{"-", "−", "–", "-$"}[form/4%4] + text
		}
		got := lastNumber("so it is " + text + ".")
		if got == nil || got.RatString() != fmt.Sprint(n) {
			t.Fatalf("%q is %v, want %d", text, got, n)
		}
	})
}

func regexSpec(pattern string, last bool) study.Benchmark {
	spec := plain()
	spec.Task, spec.Metric, spec.Pattern, spec.Last = study.Generate, "regex", pattern, last
	return spec
}

func TestPatterns(t *testing.T) {
	rows := `{"question": "q", "answer": "#### 1,250"}` + "\n" + `{"question": "r", "answer": "none"}` + "\n"
	b, list := load(t, regexSpec("#### ([0-9,]+)", false), map[string]string{"rows": rows})
	if len(list) != 1 || list[0].Severity != diag.Warning || list[0].Range.Start.Line != 2 ||
		!strings.Contains(list[0].Summary, "does not match") {
		t.Error(list)
	}
	if b.ScoreText(0, "#### 1250 or #### 9") != 1 || b.ScoreText(0, "#### 9 or #### 1250") != 0 {
		t.Error("the first match counts")
	}
	b, _ = load(t, regexSpec("#### ([0-9,]+)", true), map[string]string{"rows": rows})
	if b.ScoreText(0, "#### 9 or #### 1250") != 1 || b.ScoreText(0, "nothing") != 0 {
		t.Error("the last match counts where the study says so")
	}
	_, list = load(t, regexSpec("is ([0-9]+)", false), map[string]string{"rows": rows})
	if len(list) != 1 || !strings.Contains(list[0].Summary, "matches no reference") {
		t.Error(list)
	}
}

// What is odd is told with its row and a remedy, twenty of a kind and the number of the rest, and nothing is changed.
func TestOddRows(t *testing.T) {
	const good = `{"question": "q", "choices": ["x", "y"], "answer": 0}` + "\n" + `{"question": "q", "choices": ["x", "y"], "answer": 1}` + "\n"
	for row, want := range map[string]string{
		`{"question": "q", "choices": ["x", "y", "x "], "answer": 0}`:        `the right choice "x" stands twice, as choices 1 and 3`,
		`{"question": "q", "choices": ["x", "y", "y"], "answer": 0}`:         `choices 2 and 3 read alike: "y"`,
		`{"question": "q", "choices": ["x", " y"], "answer": 0}`:             "white space stands twice between the prompt and choice 2",
		`{"question": "q ", "choices": ["x", "y"], "answer": 0}`:             "the prompt ends in white space",
		`{"question": "q\ud800", "choices": ["x", "y"], "answer": 0}`:        `"question" holds half of a surrogate pair`,
		`{"question": "q\u0000", "choices": ["x", "y"], "answer": 0}`:        "a NUL stands in",
		`{"question": "q", "choices": ["x", "y"], "answer": 1, "answer": 0}`: `the key "answer" stands twice`,
	} {
		b, list := load(t, plain(), map[string]string{"rows": good + row + "\n"})
		if len(list) != 1 || list[0].Severity != diag.Warning || list[0].Range.Start.Line != 3 || list[0].Detail == "" ||
			!strings.Contains(list[0].Summary, want) {
			t.Errorf("%s: %+v", row, list)
			continue
		}
		if b.Items[2].Answer != 0 || b.Items[2].Choices[0] != "x" {
			t.Errorf("%s: changed to %+v", row, b.Items[2])
		}
	}
	many := strings.Repeat(`{"question": "q", "choices": ["x", "y", "y"], "answer": 0}`+"\n", 33)
	_, list := load(t, plain(), map[string]string{"rows": many})
	if len(list) != 21 || !strings.Contains(list[20].Summary, "13 more such rows") || list[20].Range.Start.Line != 21 {
		t.Errorf("%d are told: %v", len(list), list)
	}
}

// The part of a text that is searched holds what a search of the whole would find last.
func FuzzLastNumber(f *testing.F) {
	for _, seed := range []string{"It is 1,250", "(3, 4) ", "x=1.5e3/8", "−7–8", "e1e2e", "1{,}250{,", "a/b/3", "5,", "3 1/2", ".", "7é8",
		"1 ,  2", "[1,\n 2 ]", "\\frac 3"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		x, before, behind := numberIn(s)
		all := numberPattern.FindAllStringIndex(s, -1)
		if len(all) == 0 {
			if x != nil {
				t.Fatalf("%q: %v, and there is no number", s, x)
			}
			return
		}
		at := all[len(all)-1]
		if !strings.HasPrefix(s[:at[0]], before) || s[at[1]:] != behind || len(s[:at[0]])-len(before) > 3 {
			t.Fatalf("%q: the number stands between %q and %q, not at %v", s, before, behind, at)
		}
		if operator.MatchString(before) != operator.MatchString(lastWord(before)) {
			t.Fatalf("%q: the end %q has another operator than the whole", before, lastWord(before))
		}
	})
}
