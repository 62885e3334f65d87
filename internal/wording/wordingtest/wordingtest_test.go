package wordingtest

import (
	"slices"
	"strings"
	"testing"
)

// Each of these is what a package must not do, and what is found in it.
func TestFaultsAreFound(t *testing.T) {
	for name, c := range map[string]struct {
		code   string
		exempt Exempt
		want   []string
	}{
		"said": {code: `const few = 8; func f(n int) string { if n < few { return fmt.Sprintf("fewer than %d", few) ` +
			`}; return "" }`},
		"said by wording": {code: `const half = 0.5; var s = wording.Share(half)`},
		"derived":         {code: `const level = 0.95; var s = fmt.Sprintf("at %.3f SE", quantile(level))`},
		"not said": {code: `const few = 8; func f(n int) bool { return n < few }`,
			want: []string{"constant few is said in no text"}},
		"other const": {code: `const few = 8; func f() string { few := 9; return fmt.Sprint(few) }`,
			want: []string{"constant few is said in no text"}},
		"local const": {code: `func f(n int) bool { const few = 8; return n < few }`,
			want: []string{"constant few is said in no text"}},
		"rounded": {code: `const few = 0.35; var s = fmt.Sprintf("%d below "+"%.1f", 1, few)`,
			want: []string{"constant few is rounded by %.1f"}},
		"rounded per cent": {code: `const few = 0.355; var s = fmt.Sprintf("%.0f %%", 100*few)`,
			want: []string{"constant few is rounded by %.0f"}},
		"no name":        {code: `func f(n int) bool { return n+1 >= 4 }`, want: []string{"number 4 in f has no name"}},
		"no name in max": {code: `func f(n int) int { return max(n, 50) }`, want: []string{"number 50 in f has no name"}},
		"fraction":       {code: `func f(p float64) bool { return g(p, 0.05) }`, want: []string{"number 0.05 in f has no name"}},
		"plain numbers": {code: `func f(n int, x []float64) bool { y := x[3:]; return n > 2 && y[7] > 1e-9 && ` +
			`len(y) == g(12) }`},
		"digits":   {code: `var s = "lies below 0.3 here"`, want: []string{`states "0.3"`}},
		"words":    {code: `var s = "of at least four benchmarks"`, want: []string{`states "four"`}},
		"a share":  {code: `var s = "compares it with half of the median"`, want: []string{`states "half of"`}},
		"formulas": {code: "var s = \"where `r = 2r/(1+r)` of %d %.2f, 1/(k+1) (Wu et al. 2025) [@chen2008]\""},
		"exempt": {code: `const few = 8; var s = "half of the models" + f(g < 5)`,
			exempt: Exempt{map[string]string{"few": "r"}, map[string]string{"5 in a declaration": "r"},
				map[string]string{"half of the models": "r"}}},
		"idle exemptions": {code: `const few = 8; var s = fmt.Sprint(few)`,
			exempt: Exempt{map[string]string{"few": "r"}, map[string]string{"5 in f": "r"}, map[string]string{"half of it": "r"}},
			want: []string{"constant few needs no exemption", "number 5 in f needs no exemption",
				`phrase "half of it" needs no exemption`}},
		"no reason": {code: `const few = 8`, exempt: Exempt{Constants: map[string]string{"few": ""}},
			want: []string{"constant few is said in no text"}},
		"kinds": {code: `type kind int; const (one kind = iota + 5; two)`},
	} {
		p, err := parse(map[string]any{"a.go": "package a\nimport (\"fmt\"; \"x/wording\")\n" + c.code})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := check(p, c.exempt)
		matched := len(got) == len(c.want)
		for _, w := range c.want {
			matched = matched && slices.ContainsFunc(got, func(g string) bool { return strings.Contains(g, w) })
		}
		if !matched {
			t.Errorf("%s: found %q, want %q", name, got, c.want)
		}
	}
}

func TestOptionsThatAreNotSaidAreFound(t *testing.T) {
	o := struct {
		Said, Silent int
		Rounded      float64
		On           bool
		Names        []string
	}{1, 2, 0.25, true, nil}
	say := func() string { return strings.Repeat("x", o.Said) + map[bool]string{true: "on"}[o.On] }
	got := checkOptions(&o, say, map[string]any{"Names": []string{"a"}}, map[string]string{"Rounded": "r"})
	if len(got) != 2 || !strings.Contains(got[0], "Silent may be 2 or 3") || !strings.Contains(got[1], "Names may be [] or [a]") {
		t.Errorf("found %q", got)
	}
	if o.Said != 1 || o.Rounded != 0.25 || !o.On || o.Names != nil {
		t.Errorf("the options were left as %+v", o)
	}
}
