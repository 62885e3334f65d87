package semantic

import (
	"fmt"
	"math"
	"slices"
)

// sparse is a matrix of n rows, each with ascending columns and their values.
type sparse struct {
	columns int
	index   [][]int32
	value   [][]float64
}

// dense wraps an n x dim row-major matrix.
func dense(x []float64, n, dim int) sparse {
	all := make([]int32, dim)
	for j := range all {
		all[j] = int32(j)
	}
	s := sparse{columns: dim}
	for i := range n {
		s.index = append(s.index, all)
		s.value = append(s.value, x[i*dim:(i+1)*dim])
	}
	return s
}

// times is X v, into out.
func (s sparse) times(v, out []float64) {
	for i, columns := range s.index {
		var sum float64
		for k, j := range columns {
			sum += s.value[i][k] * v[j]
		}
		out[i] = sum
	}
}

// transposedTimes is X'u, into out.
func (s sparse) transposedTimes(u, out []float64) {
	clear(out)
	for i, columns := range s.index {
		for k, j := range columns {
			out[j] += s.value[i][k] * u[i]
		}
	}
}

// squaredNorm is the sum of all squared entries, the inertia.
func (s sparse) squaredNorm() float64 {
	var sum float64
	for _, row := range s.value {
		for _, v := range row {
			sum += v * v
		}
	}
	return sum
}

// tfidf is the term weighting (1 + ln tf) * (ln((1 + n)/(1 + df)) + 1), rows scaled to length 1: Salton & Buckley 1988 with
// the smooth idf of scikit-learn's TfidfVectorizer(sublinear_tf=True). Terms are words, in lexical order; n is the number of
// texts.
func tfidf(texts []string) (sparse, []string, error) {
	df := map[string]int{}
	counts := make([]map[string]int, len(texts))
	for i, t := range texts {
		counts[i] = map[string]int{}
		for _, w := range words(t) {
			counts[i][w]++
			if counts[i][w] == 1 {
				df[w]++
			}
		}
	}
	vocabulary := make([]string, 0, len(df))
	for w := range df {
		vocabulary = append(vocabulary, w)
	}
	slices.Sort(vocabulary)
	if len(vocabulary) == 0 {
		return sparse{}, nil, fmt.Errorf("no words in %d texts", len(texts))
	}
	x := sparse{columns: len(vocabulary), index: make([][]int32, len(texts)), value: make([][]float64, len(texts))}
	for i := range texts {
		var norm float64
		for j, w := range vocabulary {
			tf := counts[i][w]
			if tf == 0 {
				continue
			}
			v := (1 + math.Log(float64(tf))) * (math.Log(float64(1+len(texts))/float64(1+df[w])) + 1)
			x.index[i] = append(x.index[i], int32(j))
			x.value[i] = append(x.value[i], v)
			norm += v * v
		}
		for k := range x.value[i] {
			x.value[i][k] /= math.Sqrt(norm)
		}
	}
	return x, vocabulary, nil
}
