package perplexity

import (
	"context"
	"fmt"
	"math"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/stats"
	"sdmap/internal/wording"
)

// mostUnread is the share of a benchmark's items that a model may be unable to read and still be compared on the rest: beyond
// it, what is left for all models would be up to one of them.
const mostUnread = 0.1

// readings are what m models make of B benchmarks.
type readings struct {
	t       *axis.ScoreTable // of familiarity: minus the bits per byte, by item and as their mean
	bits    [][]float64      // B x m: the mean bits per byte; NaN where there is none
	failed  []axis.Lost
	long    int // items too long for a model, over all models
	refused int // items that a model could not take for another reason, likewise
	dropped int // items that are left out for every model, since some could not read them
	read    int // items that are left, over all benchmarks
}

// collect reads the inputs of FamiliarityAxis and joins them.
func collect(p FamiliarityParams, from [][]*action.Action, r action.Runtime) (*readings, error) {
	out := &readings{t: axis.NewScoreTable(p.Models, p.Benchmarks), bits: make([][]float64, len(p.Benchmarks))}
	for b := range p.Benchmarks {
		column, why := make([]*Reading, len(p.Models)), make([]string, len(p.Models))
		for i := range p.Models {
			var err error
			if column[i], why[i], err = out.one(p, from, r, i, b); err != nil {
				return nil, err
			}
		}
		out.join(b, p.Items[b], column, why)
	}
	return out, nil
}

// one is a model's reading of a benchmark, or why there is none.
func (s *readings) one(p FamiliarityParams, from [][]*action.Action, r action.Runtime, i, b int) (*Reading, string, error) {
	switch {
	case p.Items[b] == nil:
		return nil, "the benchmark has scores alone, and no questions", nil
	case from[i] == nil:
		return nil, "the model was not run, or cannot score given text", nil
	}
	name := readingName(p.Models[i].ID, p.Benchmarks[b].ID)
	data, lost, err := axis.Optional(r, name)
	if err != nil {
		return nil, "", err
	}
	if lost != nil {
		s.failed = append(s.failed, axis.Lost{What: name, Why: lost.Why})
		return nil, "it failed: " + lost.Why, nil
	}
	one, err := DecodeReading(data)
	if err == nil && len(one.Bits) != len(p.Items[b]) {
		err = fmt.Errorf("%s: bits per byte of %d items, not %d", name, len(one.Bits), len(p.Items[b]))
	}
	if err != nil {
		return nil, "", err
	}
	s.long, s.refused = s.long+one.Long, s.refused+one.Refused
	if n := one.unread(); n > 1 && float64(n) > mostUnread*float64(len(one.Bits)) {
		return nil, fmt.Sprintf("the model could not read %d of %d items, which is more than %s", n, len(one.Bits),
			wording.Percent(mostUnread)), nil
	}
	return one, "", nil
}

// join puts a benchmark's readings into the table: of the items that every model has read.
func (s *readings) join(b int, ids []string, column []*Reading, why []string) {
	kept := readByAll(column, len(ids))
	s.dropped, s.read = s.dropped+len(ids)-len(kept), s.read+len(kept)
	s.bits[b] = make([]float64, len(column))
	for _, k := range kept {
		s.t.Items[b] = append(s.t.Items[b], ids[k])
	}
	s.t.ItemChance[b] = make(axis.Floats, len(kept))
	for i, one := range column {
		row := make(axis.Floats, len(kept))
		for at, k := range kept {
			if row[at] = math.NaN(); one != nil {
				row[at] = -one.Bits[k]
			}
		}
		s.t.ItemScores[b] = append(s.t.ItemScores[b], row...)
		s.bits[b][i] = s.set(i, b, row, why[i])
	}
}

// set fills a cell of the table and returns its bits per byte.
func (s *readings) set(i, b int, row axis.Floats, why string) float64 {
	mean, se, err := stats.MeanSE(row)
	switch {
	case why == "" && len(row) == 0:
		why = "no item was read by every model"
	case why == "" && err != nil && len(row) == 1:
		mean, err = row[0], nil
		s.t.SE.SetMissing(i, b, "one item has no standard error")
	case why == "" && err != nil:
		why = err.Error()
	case why == "":
		s.t.SE.Set(i, b, se)
	}
	if why != "" {
		s.t.Score.SetMissing(i, b, why)
		s.t.SE.SetMissing(i, b, why)
		return math.NaN()
	}
	s.t.Score.Set(i, b, mean)
	return -mean
}

// readByAll lists the items that every model with a reading has read.
func readByAll(column []*Reading, items int) (kept []int) {
	for k := range items {
		all := false
		for _, one := range column {
			if one == nil {
				continue
			}
			if all = !math.IsNaN(one.Bits[k]); !all {
				break
			}
		}
		if all {
			kept = append(kept, k)
		}
	}
	return kept
}

// FamiliarityTable is the action that joins readings to the table that the overlaps of familiarity are computed from
// (axis.DecodeScores): minus the bits per byte, item by item.
func FamiliarityTable(p FamiliarityParams, from [][]*action.Action) *action.Action {
	a := &action.Action{Kind: "perplexity/familiar.table", Version: 1, Subject: "familiarity of each " + p.Text,
		Facts: p.facts(), Inputs: readingInputs(p, from)}
	a.Run = func(_ context.Context, r action.Runtime) ([]byte, error) {
		s, err := collect(p, from, r)
		if err != nil {
			return nil, err
		}
		return s.t.Encode()
	}
	return a
}

// facts are the models and benchmarks of a table.
func (p FamiliarityParams) facts() (out []action.Fact) {
	for _, m := range p.Models {
		out = append(out, action.F("model", m.ID), action.F("lineage", m.Lineage))
	}
	for b, of := range p.Benchmarks {
		out = append(out, action.F("benchmark", of.ID), action.F("family", of.Family), action.F("items", digestOf(p.Items[b])))
	}
	return out
}

// readingInputs are the readings by name; one that failed costs itself.
func readingInputs(p FamiliarityParams, from [][]*action.Action) (out []action.Input) {
	for i, row := range from {
		for b, one := range row {
			if one != nil {
				out = append(out, action.Input{Name: readingName(p.Models[i].ID, p.Benchmarks[b].ID), From: one, Optional: true})
			}
		}
	}
	return out
}

func readingName(model, benchmark string) string { return model + " on " + benchmark }

// FactLineages counts the independent units behind familiarity.
const FactLineages = "familiarity.lineages"

// facts count what was read.
func (s *readings) facts(p FamiliarityParams) []axis.Value {
	out := []axis.Value{{Name: prefix(p.Text) + ".items", Title: "items read by every model", Value: float64(s.read), N: s.read,
		Method: "items of all benchmarks, of which " + whatIsRead(p.Text) + " was read"}}
	lineages := map[string]bool{}
	for _, i := range s.t.Scored() {
		lineages[s.t.Lineages[i]] = true
	}
	if p.Text == Question {
		out = append(out, axis.Value{Name: FactLineages, Title: "lineages behind familiarity", Value: float64(len(lineages)),
			N: len(lineages), Method: "lineages of the models that were read to"})
	}
	if s.long > 0 {
		out = append(out, axis.Value{Name: prefix(p.Text) + ".long", Title: "items too long for a model", Value: float64(s.long),
			N: s.read + s.dropped, Method: "counted over all models"})
	}
	return out
}

// warnings say what is left out.
func (s *readings) warnings(p FamiliarityParams) (out []string) {
	if s.long+s.refused > 0 {
		out = append(out, fmt.Sprintf("%s: %s (over all models) longer than the model's context, and %d hold what a "+
			"model cannot "+
			"take; %s left out for every model", title(p.Text), wording.Are(s.long, "item"), s.refused,
			wording.Are(s.dropped, "item")))
	}
	mute := 0
	for i := range s.t.Models {
		if !s.hasRow(i) {
			mute++
		}
	}
	if mute > 0 {
		out = append(out, fmt.Sprintf("%s: %d of %d models are left out: they were not run, or cannot score given text",
			title(p.Text),
			mute, len(s.t.Models)))
	}
	return out
}

func (s *readings) hasRow(i int) bool {
	for b := range s.t.Benchmarks {
		if _, ok := s.t.Score.At(i, b); ok {
			return true
		}
	}
	return false
}
