package neural

import "math"

// attend summarises one head's attention on one sequence, T x T row-major, row t the weights of query t. Visible keys are
// those between the first and the last weight that is not zero: sliding windows, and causality, hide the others, and the
// weight of a visible key is small at worst.
//   - the entropy of the weights over ln(number of visible keys), mean over queries; the first query sees one key only, so
//     it has none;
//   - the same without the first key, weights scaled to sum 1 again: heads park what they do not need on the first token
//     (attention sinks), which makes entropies of all benchmarks alike; queries need two further keys for it;
//   - the mean distance from query to key in tokens, mean over queries.
//
// A feature that no query has is NaN.
func attend(weights []float32, tokens int) [AttentionFeatures]float64 {
	var sum [AttentionFeatures]float64
	var n [AttentionFeatures]int
	for t := range tokens {
		row, first := visible(weights[t*tokens : (t+1)*tokens])
		var distance float64
		for k, w := range row {
			distance += float64(w) * math.Abs(float64(t-first-k))
		}
		rest := row
		if first == 0 && len(row) > 0 {
			rest = row[1:]
		}
		for i, e := range [2]float64{entropyShare(row), entropyShare(rest)} {
			if !math.IsNaN(e) {
				sum[i] += e
				n[i]++
			}
		}
		sum[2] += distance
		n[2]++
	}
	for i := range sum {
		if n[i] == 0 {
			sum[i] = math.NaN()
		} else {
			sum[i] /= float64(n[i])
		}
	}
	return sum
}

// visible cuts the zeros off both ends of a row and says how many stood in front.
func visible(row []float32) (seen []float32, first int) {
	for first < len(row) && row[first] == 0 {
		first++
	}
	end := len(row)
	for end > first && row[end-1] == 0 {
		end--
	}
	return row[first:end], first
}

// entropyShare is the entropy of weights scaled to sum 1, over its maximum ln(len); NaN for fewer than two keys or no weight.
func entropyShare(weights []float32) float64 {
	var total float64
	for _, w := range weights {
		total += float64(w)
	}
	if len(weights) < 2 || !(total > 0) {
		return math.NaN()
	}
	var h float64
	for _, w := range weights {
		if p := float64(w) / total; p > 0 {
			h -= p * math.Log(p)
		}
	}
	return h / math.Log(float64(len(weights)))
}

// gather accumulates features of items; a NaN feature of an item is left out.
type gather struct {
	n          []int
	mean, sums []float64 // running mean, and sum of squares around it (Welford 1962)
}

func (g *gather) add(features []float64) {
	if g.n == nil {
		g.n, g.mean, g.sums = make([]int, len(features)), make([]float64, len(features)), make([]float64, len(features))
	}
	for i, v := range features {
		if math.IsNaN(v) {
			continue
		}
		g.n[i]++
		d := v - g.mean[i]
		g.mean[i] += d / float64(g.n[i])
		g.sums[i] += d * (v - g.mean[i])
	}
}

func (g *gather) moments() Moments {
	m := Moments{Mean: make([]float64, len(g.n)), Variance: make([]float64, len(g.n))}
	for i, n := range g.n {
		m.Mean[i], m.Variance[i] = g.mean[i], -1
		if n > 0 {
			m.Variance[i] = g.sums[i] / float64(n)
		}
	}
	return m
}
