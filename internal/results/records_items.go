package results

import (
	"bufio"
	"cmp"
	"encoding/hex"
	"math"
	"strings"

	"sdmap/internal/jsonpull"
)

// recordItems reads files of instances, each once.
func recordItems(s *scan, runs []*Run) error {
	byFile := map[string]map[string][]*Run{}
	for _, run := range runs {
		at, there := run.at.(recordPlace)
		if !there {
			continue
		}
		for _, file := range at.files {
			if byFile[file] == nil {
				byFile[file] = map[string][]*Run{}
			}
			key := at.evaluation + "\x00" + cmp.Or(at.result, at.name)
			byFile[file][key] = append(byFile[file][key], run)
		}
	}
	for _, file := range sortedKeys(byFile) {
		s.reading(file, func(in *bufio.Reader) error {
			instances := &recordInstances{lines: newLines(s, file, in), wanted: byFile[file], at: map[*Run]map[string]place{}}
			return instances.each(instances.line)
		})
	}
	return nil
}

// recordInstances is a file of instances.
type recordInstances struct {
	*lines
	wanted map[string][]*Run
	at     map[*Run]map[string]place // of each sample among the run's items
}

// place is where an item is, and how often it was asked so far.
type place struct{ at, times int }

func (l *recordInstances) line(r *jsonpull.Reader) error {
	var evaluation, result, name string
	var item Item
	item.Score = math.NaN()
	err := object(r, func(member string) (err error) {
		switch member {
		case "evaluation_id":
			evaluation, err = r.Text(longestName)
		case "evaluation_result_id":
			result, err = r.Text(longestName)
		case "evaluation_name":
			name, err = r.Text(longestName)
		case "sample_id":
			item.ID, err = r.Text(longestName)
		case "sample_hash":
			raw, err := r.Raw(longestName)
			if len(raw) >= 34 && raw[0] == '"' {
				_, _ = hex.Decode(item.Hash[:], raw[1:33])
			}
			return err
		case "input":
			return object(r, func(name string) (err error) {
				if name == "choices" {
					item.Choices, err = choicesIn(r)
				}
				return err
			})
		case "evaluation":
			return object(r, func(name string) (err error) {
				if name == "score" {
					item.Score, _, err = r.Number()
				}
				return err
			})
		}
		return err
	})
	if err != nil {
		return err
	}
	of := l.wanted[evaluation+"\x00"+cmp.Or(result, name)]
	if of == nil && result != "" { // of a record that does not name its results
		of = l.wanted[evaluation+"\x00"+name]
	}
	for _, run := range of {
		l.put(run, item)
	}
	return nil
}

// put adds an item, or one more answer to it: its score is the mean of them.
func (l *recordInstances) put(run *Run, item Item) {
	if strings.Contains(run.Metric, "mutual_info") {
		item.Choices = 0 // converters count its requests, of which it has two a choice
	}
	if l.at[run] == nil {
		l.at[run] = map[string]place{}
	}
	p, again := l.at[run][item.ID]
	if !again {
		l.at[run][item.ID] = place{len(run.Scored), 1}
		run.Scored = append(run.Scored, item)
		return
	}
	old := &run.Scored[p.at]
	old.Score += (item.Score - old.Score) / float64(p.times+1)
	l.at[run][item.ID] = place{p.at, p.times + 1}
}
