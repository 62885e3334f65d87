package results

import (
	"bufio"
	"encoding/hex"
	"math"
	"slices"
	"strings"

	"sdmap/internal/jsonpull"
)

// lmEvalItems reads files of samples, each once: a line has the scores of one question under one filter.
func lmEvalItems(s *scan, runs []*Run) error {
	byFile := map[string][]*Run{}
	for _, r := range runs {
		if at, there := r.at.(string); there {
			byFile[at] = append(byFile[at], r)
		}
	}
	for _, file := range sortedKeys(byFile) {
		s.reading(file, func(in *bufio.Reader) error {
			samples := &lmEvalSamples{lines: newLines(s, file, in), runs: byFile[file]}
			return samples.lines.each(samples.line)
		})
	}
	return nil
}

// lmEvalSamples is a file of samples.
type lmEvalSamples struct {
	*lines
	runs []*Run // that want items of it

	item   Item
	filter string
	id     []byte // of the last line
	last   string
	values []float64 // by run
}

// line reads one sample.
func (l *lmEvalSamples) line(r *jsonpull.Reader) error {
	l.item, l.filter = Item{}, "none"
	l.values = l.values[:0]
	for range l.runs {
		l.values = append(l.values, math.NaN())
	}
	if err := object(r, func(name string) error { return l.member(r, name) }); err != nil {
		return err
	}
	for i, run := range l.runs {
		metric, filter, _ := strings.Cut(run.Metric, ",")
		if filter == "" {
			filter = "none"
		}
		if filter == l.filter {
			item := l.item
			if item.Score = l.values[i]; metric != "acc" && metric != "acc_norm" {
				item.Choices = 0
			}
			run.Scored = append(run.Scored, item)
		}
	}
	return nil
}

func (l *lmEvalSamples) member(r *jsonpull.Reader, name string) (err error) {
	switch name {
	case "doc_id":
		raw, err := r.Raw(longestName)
		if string(raw) != string(l.id) {
			l.id = append(l.id[:0], raw...)
			l.last = strings.Trim(string(raw), `"`)
		}
		l.item.ID = l.last
		return err
	case "filter":
		if l.filter, err = r.Text(longestName); l.filter == "" {
			l.filter = "none"
		}
	case "doc_hash":
		raw, err := r.Raw(longestName)
		if len(raw) >= 34 {
			_, _ = hex.Decode(l.item.Hash[:], raw[1:33])
		}
		return err
	case "arguments":
		l.item.Choices, err = choicesIn(r)
	case "doc", "resps", "filtered_resps", "target", "metrics", "prompt_hash", "target_hash":
	default:
		return l.score(r, name)
	}
	return err
}

// score takes a metric's value, where a run wants it.
func (l *lmEvalSamples) score(r *jsonpull.Reader, metric string) error {
	wanted := func(run *Run) bool { m, _, _ := strings.Cut(run.Metric, ","); return m == metric }
	if !slices.ContainsFunc(l.runs, wanted) {
		return nil
	}
	x, _, err := r.Number()
	for i, run := range l.runs {
		if wanted(run) {
			l.values[i] = x
		}
	}
	return err
}

// choicesIn counts the requests of a sample: of one whose choices were scored there is one for each.
func choicesIn(r *jsonpull.Reader) (n int, err error) {
	switch r.Next() {
	case '{':
		err = object(r, func(string) error { n++; return nil })
	case '[':
		err = array(r, func(int) error { n++; return nil })
	}
	if n < 2 {
		n = 0
	}
	return n, err
}

// lines is a file of JSON Lines.
type lines struct {
	s    *scan
	file string
	r    *jsonpull.Reader
}

func newLines(s *scan, file string, in *bufio.Reader) *lines {
	return &lines{s, file, jsonpull.NewLines(in)}
}

// each reads every line; those that are broken are counted.
func (l *lines) each(read func(*jsonpull.Reader) error) error {
	for l.r.Next() != 0 {
		line := l.r.Line()
		err := read(l.r)
		if err == nil && l.r.Next() != 0 && l.r.Line() == line {
			err = &jsonpull.Broken{Line: line, Reason: "something follows the object"}
		}
		if err != nil {
			l.s.counts.add("lines that are broken: "+err.Error(), l.file, line, true)
			l.r.NextLine()
		}
	}
	return l.r.Err()
}
