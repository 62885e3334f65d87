package axis

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"sdmap/internal/stats"
)

// FewestForSpread is the least number of half-samples from which a spread is taken: fewer give no interval.
const FewestForSpread = 20

// HalfSample is one draw of half of the lineages and half of each benchmark's items, without replacement. Every axis uses
// the same draw for the same replicate, so that their recomputed overlaps belong together.
type HalfSample struct {
	Models []int   // indices into the study's models, ascending
	Items  [][]int // for each benchmark, indices into its items, ascending
}

// Draw makes the half-sample of one replicate. lineages has one entry a model; items[b] is the number of items of
// benchmark b. Halves are rounded up. The draw depends on its arguments alone.
func Draw(seed uint64, replicate int, lineages []string, items []int) HalfSample {
	rng := stats.Stream(seed, "half-sample models", replicate)
	names := slices.Compact(slices.Sorted(slices.Values(lineages)))
	rng.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	kept := names[:(len(names)+1)/2]
	var s HalfSample
	for i, l := range lineages {
		if slices.Contains(kept, l) {
			s.Models = append(s.Models, i)
		}
	}
	rng = stats.Stream(seed, "half-sample items", replicate)
	for _, n := range items {
		p := rng.Perm(n)[:(n+1)/2]
		slices.Sort(p)
		s.Items = append(s.Items, p)
	}
	return s
}

// Among brings a draw of the study's models down to those that an axis has, given by their indices in the study; the draw then
// holds indices into these.
func (s HalfSample) Among(kept []int) HalfSample {
	var models []int
	for k, m := range kept {
		if slices.Contains(s.Models, m) {
			models = append(models, k)
		}
	}
	s.Models = models
	return s
}

// Floats is a long run of numbers that keeps its exact bits, NaN included, in JSON (base64 of little-endian float64).
type Floats []float64

// MarshalJSON implements json.Marshaler.
func (f Floats) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, 8*len(f))
	for _, v := range f {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	}
	return json.Marshal(base64.StdEncoding.EncodeToString(b))
}

// UnmarshalJSON implements json.Unmarshaler.
func (f *Floats) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(b)%8 != 0 {
		return fmt.Errorf("numbers are not base64 of float64 values")
	}
	*f = make(Floats, len(b)/8)
	for i := range *f {
		(*f)[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
	}
	return nil
}
