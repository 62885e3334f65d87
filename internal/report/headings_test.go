package report

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// Files name every column once: behind what it is of, or by number.
func TestHeadings(t *testing.T) {
	for _, c := range []struct{ titles, want []string }{
		{[]string{"axis", "axis", "RV", "re-paired", "p", "Mantel r", "re-paired", "p"},
			[]string{"axis", "axis 2", "RV", "re-paired", "p", "Mantel r", "re-paired of Mantel r", "p of Mantel r"}},
		{[]string{"label", "benchmark", "benchmark", "p"}, []string{"label", "benchmark", "benchmark 2", "p"}},
		{[]string{"p", "q", "p", "p of q", "p"}, []string{"p", "q", "p 2", "p of q", "p of p of q"}},
		{[]string{"p", "p 2", "q", "p", "p"}, []string{"p", "p 2", "q", "p of q", "p 3"}},
	} {
		if got := (&Table{Columns: words(c.titles...)}).headings(); !slices.Equal(got, c.want) {
			t.Errorf("%q become %q, want %q", c.titles, got, c.want)
		}
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		var titles []string
		for range 1 + rng.IntN(8) {
			titles = append(titles, []string{"p", "q", "p of q", "p 2", "q 2", "q of p"}[rng.IntN(6)])
		}
		got := (&Table{Columns: words(titles...)}).headings()
		if slices.Sort(got); len(got) != len(titles) || len(slices.Compact(got)) != len(titles) {
			t.Fatalf("%q become %q", titles, got)
		}
	}
	table := (fileSet{}).csv(&Table{ID: "t", Columns: words("p", "p")})
	if got := fmt.Sprint(table.Columns[0].File, "|", table.Columns[1].File); got != "|p 2" {
		t.Errorf("the page is told %q", got)
	}
}
