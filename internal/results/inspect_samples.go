package results

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"sdmap/internal/jsonpull"
)

// items are the samples of a score, in the order of the log: as reduced, else the mean over epochs.
func (l *inspectLog) items(e inspectScore) []Item {
	reduced := l.reduced[reduction(cmp.Or(e.name, e.scorer), cmp.Or(e.reducer, "mean"))]
	var out []Item
	for _, id := range l.order {
		sample := l.samples[id]
		score, there := reduced[id]
		if !there {
			values := sample.scores[cmp.Or(e.name, e.scorer)]
			if len(values) == 0 || reduced == nil && e.reducer != "" && e.reducer != "mean" {
				continue
			}
			score = mean(values)
		}
		if math.IsNaN(score) {
			continue // as the harness does; it counts them
		}
		out = append(out, Item{id, sample.hash, score, sample.choices})
	}
	return out
}

func reduction(scorer, reducer string) string { return scorer + "\x00" + reducer }

// mean is over the values that are numbers.
func mean(values []float64) float64 {
	sum, n := 0.0, 0
	for _, v := range values {
		if !math.IsNaN(v) {
			sum, n = sum+v, n+1
		}
	}
	return sum / float64(n)
}

// meanOfSamples stands in for results that are not there.
func (l *inspectLog) meanOfSamples() {
	names := map[string]bool{}
	for _, id := range l.order {
		for name := range l.samples[id].scores {
			names[name] = true
		}
	}
	for _, name := range sortedKeys(names) {
		e := inspectScore{name: name, reducer: "mean"}
		var all []float64
		for _, item := range l.items(e) {
			all = append(all, item.Score)
		}
		e.scored, e.metrics = len(all), []inspectMetric{{"mean", mean(all)}}
		l.scores = append(l.scores, e)
	}
}

// reductions are the scores of samples over their epochs.
func (l *inspectLog) reductions(r *jsonpull.Reader) error {
	return array(r, func(int) error {
		var scorer, reducer string
		values := map[string]float64{}
		err := object(r, func(name string) (err error) {
			switch name {
			case "scorer":
				scorer, err = r.Text(longestName)
			case "reducer":
				reducer, err = r.Text(longestName)
			case "samples":
				return array(r, func(int) error { return reducedSample(r, values) })
			}
			return err
		})
		l.reduced[reduction(scorer, cmp.Or(reducer, "mean"))] = values
		return err
	})
}

func reducedSample(r *jsonpull.Reader, values map[string]float64) error {
	id, value, single := "", math.NaN(), true
	err := object(r, func(name string) (err error) {
		switch name {
		case "sample_id":
			id, err = r.Text(longestName)
		case "value":
			if single = r.Next() != '{' && r.Next() != '['; single {
				value, err = inspectValue(r)
			}
		}
		return err
	})
	if single && id != "" {
		values[id] = value
	}
	return err
}

// sample reads one sample in one epoch.
func (l *inspectLog) sample(r *jsonpull.Reader) error {
	var id string
	var asked [2][16]byte // input and target
	failed, choices := false, 0
	scores := map[string]float64{}
	err := object(r, func(name string) (err error) {
		switch name {
		case "id":
			id, err = r.Text(longestName)
		case "input":
			asked[0], err = r.Digest()
		case "target":
			asked[1], err = r.Digest()
		case "choices":
			choices, err = choicesIn(r)
		case "scores":
			if r.Next() == '{' {
				return object(r, func(scorer string) error { return sampleScores(r, scorer, scores) })
			}
		case "error":
			failed = r.Next() == '{' || r.Next() == '"'
		}
		return err
	})
	if err != nil || id == "" {
		return err
	}
	if len(scores) == 0 && failed {
		l.failed[id] = true
		return nil
	}
	known := l.samples[id]
	if known == nil {
		known = &inspectSample{hash: hashOf(asked[:]...), choices: choices, scores: map[string][]float64{}}
		l.samples[id], l.order = known, append(l.order, id)
	}
	for name, value := range scores {
		known.scores[name] = append(known.scores[name], value)
	}
	return nil
}

func sampleScores(r *jsonpull.Reader, scorer string, scores map[string]float64) error {
	return object(r, func(name string) error {
		switch {
		case name != "value":
			return nil
		case r.Next() == '{': // one scorer with several scores
			return object(r, func(key string) error {
				v, err := inspectValue(r)
				scores[key] = v
				return err
			})
		case r.Next() == '[':
			return nil
		}
		v, err := inspectValue(r)
		scores[scorer] = v
		return err
	})
}

// inspectValue is a score as Inspect counts it: correct 1, partial 0.5, incorrect and no answer 0, numbers as they are, words
// that
// it does not know 0.
func inspectValue(r *jsonpull.Reader) (float64, error) {
	if r.Next() != '"' {
		x, _, err := r.Number()
		return x, err
	}
	text, err := r.Text(longestText)
	switch strings.ToLower(text) {
	case "c", "yes", "true":
		return 1, err
	case "p":
		return 0.5, err
	}
	var x float64
	if n, _ := fmt.Sscanf(text, "%g", &x); n == 1 {
		return x, err
	}
	return 0, err
}
