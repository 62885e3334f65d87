package report

import (
	"cmp"
	"fmt"
	"slices"

	"sdmap/internal/analysis"
	"sdmap/internal/axis"
)

// mapCard is what the map says of one benchmark on hover or focus.
type mapCard struct {
	a      *analysis.Analysis
	axes   map[string]*axis.Result
	scores *axis.ScoreTable
	names  *axis.Labels
}

func (c mapCard) lines(i int) []string {
	lines := []string{"family " + cmp.Or(c.a.Families[i], "none") + ", format " + cmp.Or(c.a.Formats[i], "none")}
	if t := c.scores; t != nil {
		if col, ok := t.Score.Col(i); ok && len(col) > 0 {
			lines = append(lines, fmt.Sprintf("scores from %s to %s over %s (chance %s)", two(slices.Min(col)),
				two(slices.Max(col)), count(len(col), "model"), two(t.Chance[i])))
		}
		if n := len(t.Items[i]); n > 0 {
			lines = append(lines, count(n, "item"))
		}
	}
	for _, v := range byBenchmark(c.axes[axis.Performance], "reliability") {
		if r, ok := v.Values.At(i, 0); ok {
			lines = append(lines, "reliability "+two(r))
		}
	}
	for _, d := range c.a.Disagreement {
		if d.Benchmark == i && d.Value.OK() {
			lines = append(lines, "disagreement of the axes "+num(d.Value.Value, 3)+", most of it by "+largestShare(d, c.a.Axes))
		}
	}
	for _, a := range c.a.Axes {
		if near, v, ok := c.nearest(a, i); ok {
			lines = append(lines, fmt.Sprintf("nearest by %s: %s (%s)", axisTitle(a), near, two(v)))
		}
	}
	for _, al := range c.a.Alarms {
		if al.Benchmark == c.a.Benchmarks[i] {
			lines = append(lines, "alarm: "+al.Text)
		}
	}
	return lines
}

// nearest is the benchmark of largest primary overlap.
func (c mapCard) nearest(name string, i int) (string, float64, bool) {
	v := c.axes[name].Primary()
	if v == nil {
		return "", 0, false
	}
	best := -1
	var most float64
	for j := range c.a.Benchmarks {
		if x, ok := v.Overlap.At(i, j); ok && j != i && (best < 0 || x > most) {
			best, most = j, x
		}
	}
	if best < 0 {
		return "", 0, false
	}
	return c.names.Benchmark(c.a.Benchmarks[best]), most, true
}
