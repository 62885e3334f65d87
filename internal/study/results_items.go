package study

// ItemScores are a benchmark's scores item by item.
type ItemScores struct {
	IDs    []string
	Hashes [][16]byte  // of the questions; zero where the log does not tell
	Chance []float64   // of a guess; 0 where answers are written
	Scores [][]float64 // by model, by item; nil for a model without a score
}

// Shared counts the questions that two benchmarks have in common.
func (s *ItemScores) Shared(o *ItemScores) (n int) {
	theirs := map[[16]byte]bool{}
	for _, h := range o.Hashes {
		theirs[h] = h != [16]byte{}
	}
	for _, h := range s.Hashes {
		if theirs[h] {
			n++
		}
	}
	return n
}
