package llm

import (
	"math"
	"strings"
	"testing"
)

func TestJudge(t *testing.T) {
	good := []float64{-1, -2.5, 0}
	near := []float64{-1.0004, -2.5, 0}
	for what, test := range map[string]struct {
		a, b []float64
		want string // in the error; "" for none
	}{
		"equal":         {good, good, ""},
		"near":          {good, near, ""},
		"far":           {good, []float64{-1.01, -2.5, 0}, "differ by 0.01"},
		"none":          {nil, nil, "0 tokens"},
		"one missing":   {good, good[:2], "scores 2"},
		"not a number":  {good, []float64{-1, math.NaN(), 0}, "token 1"},
		"infinite":      {[]float64{-1, math.Inf(-1), 0}, good, "token 1"},
		"positive":      {[]float64{-1, -2, 0.5}, good, "token 2"},
		"constant":      {[]float64{-1, -1, -1}, []float64{-1, -1, -1}, "does not score"},
		"zeros":         {make([]float64, 3), make([]float64, 3), "does not score"},
		"zeros in only": {[]float64{0, 0, 0}, []float64{-1, 0, 0}, "does not score"},
	} {
		r := ProbeReport{RouteA: "route a", RouteB: "route b", Floor: 1e-3}
		err := r.Judge(test.a, test.b)
		if (err == nil) != (test.want == "") || (err != nil && !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v; want %q", what, err, test.want)
		}
		if test.want == "" && (r.Tokens != 3 || r.MaxDiff > 1e-3) {
			t.Errorf("%s: %+v", what, r)
		}
	}
}
