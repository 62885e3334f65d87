package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sdmap/internal/analysis"
	"sdmap/internal/axis"
	"sdmap/internal/axis/performance"
	"sdmap/internal/diag"
	"sdmap/internal/plan"
	"sdmap/internal/session"
	"sdmap/internal/study"
	"sdmap/internal/wording"
)

func (a *app) checkCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "check [-json] [-show] [-sizes] STUDY",
		Short: "Say what is wrong with a study, or what it allows",
		Long: `Read the study and every file that it names, and say everything that is wrong at once, each with its
line. Servers are asked what they are; no model is asked anything. Nothing is fetched: of files that the study
names by address check says where each is, or from which host it would be fetched. While some are not here
only the study's own file is checked.`,
		Example: "  sdmap check studies/planted/study.toml\n  sdmap check -json studies/planted/study.toml",
		Args:    cobra.ExactArgs(1),
	}
	a.jsonFlag(c.Flags())
	show := c.Flags().Bool("show", false, "print the first item of every benchmark as a model reads it")
	sizes := c.Flags().Bool("sizes", false, "ask the hosts how large the files are that would be fetched")
	return a.command(c, func(ctx context.Context, args []string) error { return a.check(ctx, args[0], *show, *sizes) })
}

// faultJSON is one diagnostic as data.
type faultJSON struct {
	Severity   string `json:"severity"`
	File       string `json:"file"`
	Line       int    `json:"line,omitempty"`
	Column     int    `json:"column,omitempty"`
	Summary    string `json:"summary"`
	Detail     string `json:"detail,omitempty"`
	Suggestion string `json:"suggestion,omitempty"`
}

func faultsJSON(list diag.List) []faultJSON {
	out := []faultJSON{}
	for _, d := range list {
		out = append(out, faultJSON{d.Severity.String(), d.Range.File, d.Range.Start.Line, d.Range.Start.Column, d.Summary,
			d.Detail, d.Suggestion})
	}
	return out
}

// checked is what check prints as JSON.
type checked struct {
	Valid      bool          `json:"valid"`
	Faults     []faultJSON   `json:"faults"`
	Benchmarks int           `json:"benchmarks"`
	Items      int           `json:"items"`
	Skipped    int           `json:"skipped_rows"`
	Models     int           `json:"models"`
	Pieces     int           `json:"corpus_pieces"`
	Axes       []string      `json:"axes"`
	Absent     []plan.Absent `json:"absent"`
	Scores     *scoresJSON   `json:"scores,omitempty"`

	Complete bool             `json:"complete"` // all files are here, so that all was checked
	Sources  []session.Source `json:"sources,omitempty"`
}

func (a *app) check(ctx context.Context, file string, show, sizes bool) error {
	store, err := a.openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	w := a.world(store)
	s, list, err := w.ReadNamed(file)
	var sources []session.Source
	var l *session.Session
	complete := err == nil && len(s.Missing()) == 0
	if err == nil {
		sources = w.Sources(ctx, s, sizes)
	}
	if complete {
		l, err = w.Open(ctx, s, list, false)
	}
	if a.json {
		r := checked{Valid: err == nil, Faults: faultsJSON(a.faults), Axes: []string{}, Absent: []plan.Absent{},
			Complete: complete, Sources: sources}
		if l != nil {
			r.fill(l)
		}
		err = firstError(a.printJSON(r), err)
	}
	if err != nil {
		return err
	}
	if l != nil {
		defer l.Close()
	}
	if a.json {
		return nil
	}
	if a.saySources(sources); !complete {
		a.sayIncomplete(file, s)
		return nil
	}
	var r checked
	r.fill(l)
	items := " with " + wording.Count(r.Items, "item")
	if r.Items == 0 { // a table of scores has none
		items = ""
	}
	fmt.Fprintf(a.Stdout, "%s is valid: %s%s, %s", diag.Plain(file), wording.Count(r.Benchmarks, "benchmark"), items,
		wording.Count(r.Models, "model"))
	if l.Corpus != nil {
		fmt.Fprintf(a.Stdout, ", a corpus of %s", wording.Count(r.Pieces, "piece"))
	}
	if t := l.Surprisals; t != nil {
		fmt.Fprintf(a.Stdout, ", surprisals of %s under %s", wording.Count(len(t.Corpus.Docs), "text"),
			wording.Count(t.Models(), "model"))
	}
	fmt.Fprintln(a.Stdout, ".")
	if p := l.Study.Axes.Perplexity; p != nil && p.Recipe != "" {
		fmt.Fprintf(a.Stdout, "Recipe %s sets %s.\n", p.Recipe, study.RecipeSets(p.Recipe, p.Import != ""))
	}
	a.sayScores(l.Study)
	if len(r.Axes) > 0 {
		fmt.Fprintf(a.Stdout, "Axes: %s.\n", strings.Join(r.Axes, ", "))
	}
	for _, b := range r.Absent {
		fmt.Fprintf(a.Stdout, "No %s axis: %s.\n", b.Axis, b.Reason)
	}
	a.sayThin(r)
	if r.Skipped > 0 {
		fmt.Fprintf(a.Stdout, "%s will be skipped.\n", wording.Count(r.Skipped, "bad row"))
	}
	if show {
		a.showItems(l)
	}
	return nil
}

func (r *checked) fill(l *session.Session) {
	r.Valid, r.Benchmarks, r.Models = true, len(l.Study.Benchmarks), len(l.Study.Scored())
	for _, b := range l.Benchmarks {
		if b != nil {
			r.Items += len(b.Items)
			r.Skipped += len(b.Skipped)
		}
	}
	if s := l.Study.Scores; s != nil && s.Logs != nil {
		for _, c := range s.Logs.Columns {
			r.Items += c.Items
		}
	}
	if l.Corpus != nil {
		r.Pieces = l.Corpus.PieceCount()
	}
	r.Axes, r.Scores = plannedAxes(l.Plan), scoresOf(l.Study)
	r.Absent = append(r.Absent, l.Plan.Absent...)
}

// sayThin says before a run what its report cannot have, for want of benchmarks or models.
func (a *app) sayThin(r checked) {
	if few := analysis.FewestMapped; len(r.Axes) > 1 && r.Benchmarks < few {
		fmt.Fprintf(a.Stdout, "No map: it takes %s, and the study has %d.\n", wording.Count(few, "benchmark"), r.Benchmarks)
	}
	if few := performance.FewModels; slices.Contains(r.Axes, axis.Performance) && r.Models < few {
		fmt.Fprintf(a.Stdout, "No label that rests on scores: it takes %s, and the study has %d.\n", wording.Count(few, "model"),
			r.Models)
	}
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
