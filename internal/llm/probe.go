package llm

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"
)

// ProbeText is what drivers score to check themselves. Its tokens are of very unequal probability to any model.
const ProbeText = "The capital of France is Paris, and 7 plus 5 is 12. Zebras, however, wrote 31 of the letters."

// ProbeReport is a driver's check of itself: ProbeText scored by two routes that must agree.
type ProbeReport struct {
	RouteA, RouteB string

	MaxDiff float64 // nats, between the routes on one token
	Floor   float64 // nats, the most that is no fault
	Tokens  int     // scored by each route

	TokensPerSecond float64 // by route A; 0 if it took no time that the clock shows
}

// Prober is implemented by drivers that can score by two routes. now tells the time, for the speed only. An error means
// that the driver's scores cannot be trusted, or that it could not be asked; the report is as far as it came.
type Prober interface {
	Probe(ctx context.Context, now func() time.Time) (ProbeReport, error)
}

// Judge compares the log-probabilities of two routes and puts what it finds into r. Scores that no model gives are
// errors: missing, not finite, positive, all equal, or exactly zero everywhere.
func (r *ProbeReport) Judge(a, b []float64) error {
	if len(a) == 0 || len(a) != len(b) {
		return fmt.Errorf("%s scores %d tokens, %s scores %d", r.RouteA, len(a), r.RouteB, len(b))
	}
	r.Tokens = len(a)
	for i := range a {
		for route, lp := range map[string]float64{r.RouteA: a[i], r.RouteB: b[i]} {
			if math.IsNaN(lp) || math.IsInf(lp, 0) || lp > 0 {
				return fmt.Errorf("%s gives token %d the log-probability %v", route, i, lp)
			}
		}
		r.MaxDiff = max(r.MaxDiff, math.Abs(a[i]-b[i]))
	}
	for route, scores := range map[string][]float64{r.RouteA: a, r.RouteB: b} {
		if len(scores) > 1 && slices.Max(scores)-slices.Min(scores) < 1e-6 {
			return fmt.Errorf("%s gives every token the log-probability %v: it does not score", route, scores[0])
		}
	}
	if r.MaxDiff > r.Floor {
		return fmt.Errorf("%s and %s differ by %.3g nats on one token; up to %.3g is no fault", r.RouteA, r.RouteB, r.MaxDiff,
			r.Floor)
	}
	return nil
}
