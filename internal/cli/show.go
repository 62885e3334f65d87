package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"sdmap/internal/benchmark"
	"sdmap/internal/diag"
	"sdmap/internal/export"
	"sdmap/internal/wording"
)

func (a *app) showCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "show [-model ID] [-json] STUDY BENCHMARK [ITEM]",
		Short: "Show items and answers in the terminal",
		Long: `Show what the store has of a benchmark: without ITEM every item and how many models answer it right; with
ITEM its prompt, its choices, and what each model made of it: log-probabilities of the choices, the choice,
generated text, score and the beginning of the key of the stored action, which sdmap why takes.

A star marks the right choice, an angle bracket the one that a model takes. Nothing is asked; where the store
lacks models, the exit code is 4. Characters that would steer the terminal are shown by their codes.`,
		Example: "  sdmap show studies/planted sum.eq\n  sdmap show -model m01,m02 studies/planted sum.eq sum.eq-007",
		Args:    cobra.RangeArgs(2, 3),
	}
	models := c.Flags().StringSlice("model", nil, "only these, by id or pattern; may be given again (default all)")
	a.jsonFlag(c.Flags())
	return a.command(c, func(ctx context.Context, args []string) error { return a.show(ctx, args, *models) })
}

func (a *app) show(ctx context.Context, args, models []string) error {
	answers, shut, err := a.answers(ctx, args[0], export.Selection{Models: models, Benchmarks: args[1:2]})
	if err != nil {
		return err
	}
	defer shut()
	if len(answers.To) > 1 {
		return usage("%q fits several benchmarks; name one", args[1])
	}
	s := shown{app: a, Answers: answers, to: answers.To[0]}
	s.b = answers.Benchmarks[s.to]
	for _, i := range answers.Of {
		if !answers.There(i, s.to) {
			continue
		}
		rows, err := answers.Rows(i, s.to, true)
		if err != nil {
			return err
		}
		s.rows = append(s.rows, rows)
	}
	if len(args) == 2 {
		err = s.list()
	} else {
		err = s.one(args[2])
	}
	if err != nil {
		return err
	}
	return s.missing()
}

// shown is one benchmark with the answers to it.
type shown struct {
	*app
	*export.Answers
	to   int
	b    *benchmark.Benchmark
	rows [][]export.Row // by model that is there, and item
}

func (s shown) missing() error {
	lacking := len(s.Of) - len(s.rows)
	if lacking == 0 {
		return nil
	}
	return coded{exitPartial, fmt.Errorf("the answers of %s of %s are not in the store: sdmap run asks for them",
		wording.Group(lacking), wording.Count(len(s.Of), "model"))}
}

// list prints all items.
func (s shown) list() error {
	if s.json {
		return s.printJSON(slices.Concat(s.rows...))
	}
	t := newTable("item", "right", "score", "question")
	for k, item := range s.b.Items {
		right, mean := s.right(k)
		t.add(item.ID, right, mean, oneLine(item.Question))
	}
	t.leftLast()
	t.narrow(s.Width)
	t.print(s.Stdout)
	fmt.Fprintf(s.Stdout, "%s, %s by %s; right is how many models are, score their mean.\n",
		wording.Count(len(s.b.Items), "item"),
		wording.Count(len(s.rows), "model"), s.b.Spec.Metric)
	return nil
}

// right says how many models answer an item right, and their mean score.
func (s shown) right(k int) (share, mean string) {
	right, scored, sum := 0, 0, 0.0
	for _, rows := range s.rows {
		if rows[k].Score == nil {
			continue
		}
		scored++
		sum += *rows[k].Score
		if rows[k].IsRight() {
			right++
		}
	}
	if scored == 0 {
		return "none", "none"
	}
	return fmt.Sprintf("%d of %d", right, scored), wording.Rounded(sum/float64(scored), 2)
}

// one prints an item.
func (s shown) one(id string) error {
	k := slices.IndexFunc(s.b.Items, func(it benchmark.Item) bool { return it.ID == id })
	if k < 0 {
		return usage("benchmark %s has no item %q; sdmap show STUDY %s lists them", s.b.Spec.ID, id, s.b.Spec.ID)
	}
	var rows []export.Row
	for _, all := range s.rows {
		rows = append(rows, all[k])
	}
	if s.json {
		return s.printJSON(rows)
	}
	right, _ := s.right(k)
	s.line("%s %s: item %d of %d, right by %s models, %s", s.b.Spec.ID, diag.Plain(id), k+1, len(s.b.Items), right,
		s.b.Spec.Metric)
	s.line("")
	showItem(s.line, s.b.Items[k])
	s.answersTo(rows)
	return nil
}

func (s shown) line(format string, args ...any) { fmt.Fprintf(s.Stdout, format+"\n", args...) }

// oneLine is a text in which breaks are spaces.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// leftLast aligns the last column to the left.
func (t *table) leftLast() {
	last, width := len(t.rows[0])-1, 0
	for _, r := range t.rows {
		width = max(width, utf8.RuneCountInString(r[last]))
	}
	for _, r := range t.rows {
		r[last] += strings.Repeat(" ", width-utf8.RuneCountInString(r[last]))
	}
}

// narrow cuts the last column so that rows fit a terminal of so many characters; 0 is any.
func (t *table) narrow(width int) {
	if width == 0 {
		return
	}
	last, others := len(t.rows[0])-1, 0
	for c := range last {
		widest := 0
		for _, r := range t.rows {
			widest = max(widest, utf8.RuneCountInString(r[c]))
		}
		others += widest + 2
	}
	for _, r := range t.rows {
		r[last] = cut(strings.TrimRight(r[last], " "), max(width-others, 10))
	}
	t.leftLast()
}
