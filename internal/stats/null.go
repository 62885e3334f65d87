package stats

// NullLevel is the share of a null distribution that the range printed beside an estimate holds: its upper end is what a
// one-sided test at half of the rest asks for.
const NullLevel = 0.9

// Against returns a copy with what a simulated null distribution says of it: the median in Null, the range that holds NullLevel,
// and the one-sided p = (1 + #{null >= value})/(1 + N). With fewer than two values it stays as it is.
func (e Estimate) Against(null []float64) Estimate {
	median, err := Median(null)
	lo, hi, failed := PercentileInterval(null, NullLevel)
	if !e.OK() || err != nil || failed != nil {
		return e
	}
	exceeding := 0
	for _, v := range null {
		if v >= e.Value-nullTolerance {
			exceeding++
		}
	}
	e.NullRange = &[2]float64{lo, hi}
	return e.WithNull(median).WithP(PermutationP(exceeding, len(null)))
}

// nullTolerance covers the rounding of null distributions that are kept as float32.
const nullTolerance = 1e-6
