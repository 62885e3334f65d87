package performance

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"sdmap/internal/axis"
	"sdmap/internal/stats"
)

const (
	spanForLogs     = 10  // largest over smallest value from which on a covariate's logarithm counts
	shareOfKnown    = 0.5 // of the models that a covariate must be known of
	yearInDays      = 365.25
	mostCovariates  = 4 // that are held constant, the first
	fewestDifferent = 3 // different values that a covariate must have
)

// covariate is something known of models, as a number.
type covariate struct {
	name   string
	logged bool
	values []float64 // by model; NaN where it is not known
	texts  []string  // as its source has them
}

// covariates are those of a table that are numbers or dates, the first mostCovariates.
func covariates(t *ScoreTable) (out []covariate) {
	for _, c := range t.Covariates {
		if v, ok := numbers(c); ok && len(out) < mostCovariates {
			out = append(out, v)
		}
	}
	return out
}

// numbers reads a covariate; of numbers that span a power of ten the logarithm counts, as of sizes and compute. It is false where
// too few models have one, or all have the same.
func numbers(c axis.Covariate) (covariate, bool) {
	out := covariate{name: c.Name, values: make([]float64, len(c.Texts)), texts: c.Texts}
	var known []float64
	for i, text := range c.Texts {
		v, ok := quantity(text)
		if out.values[i] = v; !ok {
			out.values[i] = math.NaN()
			continue
		}
		known = append(known, v)
	}
	different := slices.Compact(slices.Sorted(slices.Values(known)))
	if float64(len(known)) < shareOfKnown*float64(len(c.Texts)) || len(different) < fewestDifferent {
		return out, false
	}
	if least, most := different[0], different[len(different)-1]; least > 0 && most/least >= spanForLogs {
		out.logged = true
		for i := range out.values {
			out.values[i] = math.Log(out.values[i])
		}
	}
	return out, true
}

// magnitudes are what letters behind a number stand for.
var magnitudes = map[byte]float64{'k': 1e3, 'm': 1e6, 'b': 1e9, 't': 1e12}

// quantity reads "7B", "1,300", "2.1e22" or a date such as "2024-05-13" (in years).
func quantity(text string) (float64, bool) {
	s := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(text)), ",", "")
	for _, layout := range []string{time.DateOnly, "2006-01", "2006/01/02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return float64(t.Unix()) / (24 * 3600) / yearInDays, true
		}
	}
	factor := 1.0
	if s != "" {
		if f, known := magnitudes[s[len(s)-1]]; known {
			s, factor = strings.TrimSpace(s[:len(s)-1]), f
		}
	}
	v, err := strconv.ParseFloat(s, 64)
	return v * factor, err == nil && !math.IsNaN(v) && !math.IsInf(v, 0)
}

// choice holds the covariate constant in place of anything made of scores, under a name.
func (c covariate) choice(name string) choice {
	title := c.name
	if c.logged {
		title = "log " + c.name
	}
	return choice{name: name, title: "given " + title, isG: true,
		method: fmt.Sprintf("partial Pearson correlation of normal scores given %s of the models", title),
		given:  func(int, int) ([][]float64, error) { return [][]float64{c.values}, nil }}
}

// shareOfG is the share of the first component of some models' scores; an error where it cannot be had.
func shareOfG(t *ScoreTable, models []int) (float64, error) {
	var columns [][]float64
	for _, y := range t.Of(models).Observed() {
		if y != nil && len(y) >= fewestScores && !slices.ContainsFunc(y, math.IsNaN) && !stats.Constant(y) {
			columns = append(columns, stats.NormalScores(y))
		}
	}
	f, err := stats.GeneralFactor(columns)
	return f.Share, err
}
