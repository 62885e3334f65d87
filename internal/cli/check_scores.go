package cli

import (
	"fmt"
	"math"
	"strings"

	"sdmap/internal/diag"
	"sdmap/internal/study"
	"sdmap/internal/wording"
)

// scoresJSON is what check says of a table of scores as data.
type scoresJSON struct {
	Cells       int      `json:"cells"`
	Missing     int      `json:"missing"`
	Pairs       int      `json:"pairs"`
	Thinned     int      `json:"pairs_with_gaps"`
	Least       int      `json:"least_models_of_a_pair"`
	Most        int      `json:"most_models_of_a_pair"`
	Covariates  []string `json:"covariates"`
	LeftOut     []string `json:"columns_left_out"`
	RowsLeftOut int      `json:"rows_left_out"`
}

// scoresOf describes a study's table of scores; nil where there is none.
func scoresOf(s *study.Study) *scoresJSON {
	if s.Scores == nil {
		return nil
	}
	g := s.Scores.Gaps()
	out := &scoresJSON{Cells: g.Cells, Missing: g.Missing, Pairs: g.Pairs, Thinned: g.Thinned, Least: g.Least, Most: g.Most,
		Covariates: []string{}, LeftOut: append([]string{}, s.Scores.LeftOut...), RowsLeftOut: s.Scores.RowsLeftOut}
	for _, c := range s.Scores.Covariates {
		out.Covariates = append(out.Covariates, c.Name)
	}
	return out
}

// sayScores says what gaps the table of scores has, and what of it takes no part, before anything runs.
func (a *app) sayScores(s *study.Study) {
	r := scoresOf(s)
	if r == nil {
		return
	}
	a.sayLogs(s)
	if r.Missing > 0 {
		fmt.Fprintf(a.Stdout, "Without a score: %s of %s, on %s. Pairs of benchmarks that lack models: %s of %s; n is %s.\n",
			wording.Group(r.Missing), wording.Count(r.Cells, "cell"), gapsByBenchmark(s), wording.Group(r.Thinned),
			wording.Group(r.Pairs), span(r.Least, r.Most))
	}
	if len(r.Covariates) > 0 {
		fmt.Fprintf(a.Stdout, "Beside the scores: %s.\n", someNames(r.Covariates))
	}
	if p := s.Scores.Perplexities; len(p) > 0 {
		fmt.Fprintf(a.Stdout, "Perplexities, turned so that 1 is best: %s.\n", someNames(p))
	}
	if name := s.Scores.LikeLineage; name != "" {
		fmt.Fprintf(a.Stdout, "%s may say which models are kin: lineage_column = %q in [scores] keeps these together.\n",
			diag.Plain(name), diag.Plain(name))
	}
	if of := s.Scores.NoChance(s.Benchmarks); len(of) > 0 {
		fmt.Fprintf(a.Stdout, "Not held against chance: %s. Write chance (0.25 where one of four is right) and items in "+
			"[[benchmarks]].\n", someNames(of))
	}
	if len(r.LeftOut) > 0 {
		fmt.Fprintf(a.Stdout, "No benchmarks of this study: %s.\n", someNames(r.LeftOut))
	}
	if r.RowsLeftOut > 0 {
		fmt.Fprintf(a.Stdout, "By rows, %s left out.\n", wording.Are(r.RowsLeftOut, "row"))
	}
}

// span says a range of numbers, or the one number that it is.
func span(least, most int) string {
	if least == most {
		return wording.Group(most)
	}
	return "from " + wording.Group(least) + " to " + wording.Group(most)
}

// gapsByBenchmark counts the missing scores of the benchmarks that have any.
func gapsByBenchmark(s *study.Study) string {
	var parts []string
	for _, b := range s.Scores.Gaps().Benchmarks {
		n := 0
		for _, row := range s.Scores.Values {
			if math.IsNaN(row[b]) {
				n++
			}
		}
		parts = append(parts, fmt.Sprintf("%s (%s)", s.Benchmarks[b].Shown(), wording.Group(n)))
	}
	return someNames(parts)
}

// mostNames is how many names a line lists before it only counts.
const mostNames = 8

func someNames(names []string) string {
	shown := make([]string, 0, mostNames)
	for _, n := range names[:min(len(names), mostNames)] {
		shown = append(shown, diag.Plain(n))
	}
	if more := len(names) - len(shown); more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(shown, ", "), more)
	}
	return strings.Join(shown, ", ")
}
