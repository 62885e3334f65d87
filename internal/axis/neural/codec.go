package neural

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
)

// Patterns is what one model does on the prompts of one benchmark.
type Patterns struct {
	Model, Benchmark string
	Items            []string // ids
	Tokens           int      // of all prompts
	// Items that the model could not take are left out; then At are the places of the others among all that were given.
	Refused                     int   `json:",omitempty"`
	At                          []int `json:",omitempty"`
	Layers, Width, Gates, Heads int   // Gates are MLP neurons a layer; Layers is 0 where only final states were traced
	Channels                    int   `json:",omitempty"` // inputs of a layer's matrices, see llm.Trace
	Finals                      bool  `json:",omitempty"` // Final and FinalMean are there
	// Features are numbers of features, by measure, of measures whose size no field above tells.
	Features map[string]int `json:",omitempty"`
	// items x Layers x Width: residual stream after each block at the last prompt token
	Last    []float32          `json:"-"`
	Final   []float32          `json:"-"` // items x Width: state behind the final norm at the last prompt token
	Moments map[string]Moments `json:"-"` // of items' features, by measure

	// Of patterns by llama-imatrix Items are folds, and these and Tokens are all that there is.
	Imatrix *Gathered `json:",omitempty"`
	// folds x Layers x Channels: log of a fold's mean square over its tokens; NaN where there is none
	Folds []float32 `json:"-"`
}

// Moments are the mean and the variance (divided by n) over a benchmark's items of some features. A feature that no item
// has, such as the entropy over a single key, has variance -1.
type Moments struct{ Mean, Variance []float64 }

// AttentionFeatures is the number of features of an attention head, see attend.
const AttentionFeatures = 3

const patternMagic = "sdneural"

// sizes are the measures whose moments are stored, in that order, and the numbers of their features.
func (p *Patterns) sizes() (names []string, sizes []int) {
	for _, m := range table {
		if m.size != nil {
			names, sizes = append(names, m.name), append(sizes, m.size(p))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Features)) {
		names, sizes = append(names, name), append(sizes, p.Features[name])
	}
	return names, sizes
}

// finals is the width of final states, 0 where there are none.
func (p *Patterns) finals() int {
	if p.Finals {
		return p.Width
	}
	return 0
}

// energies is the number of moments of energies, and folds that of a fold's.
func (p *Patterns) energies() int {
	if p.Imatrix != nil {
		return 0
	}
	return p.Layers * p.Channels
}

func (p *Patterns) folds() int { return p.Layers*p.Channels - p.energies() }

// Encode writes: magic, length of the header (uint32), header (JSON), last-token states as float32, the residual
// stream's before the final ones, energies of folds, moments as float64, little endian. Equal patterns give equal bytes.
func (p *Patterns) Encode() ([]byte, error) {
	names, sizes := p.sizes()
	for i, name := range names {
		if m := p.Moments[name]; len(m.Mean) != sizes[i] || len(m.Variance) != sizes[i] {
			return nil, fmt.Errorf("patterns of %s on %s: %d means and %d variances of %s where %d should stand", p.Model,
				p.Benchmark, len(m.Mean), len(m.Variance), name, sizes[i])
		}
	}
	if len(p.Last) != len(p.Items)*p.Layers*p.Width || len(p.Final) != len(p.Items)*p.finals() ||
		len(p.Folds) != len(p.Items)*p.folds() {
		return nil, fmt.Errorf("patterns of %s on %s: %d, %d and %d states of %d items", p.Model, p.Benchmark, len(p.Last),
			len(p.Final), len(p.Folds), len(p.Items))
	}
	header, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	out := binary.LittleEndian.AppendUint32([]byte(patternMagic), uint32(len(header)))
	out = append(out, header...)
	for _, states := range [][]float32{p.Last, p.Final} {
		for i, v := range states {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				return nil, fmt.Errorf("patterns of %s on %s: item %s has a state that is not finite", p.Model, p.Benchmark,
					p.Items[i/(len(states)/len(p.Items))])
			}
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
		}
	}
	for _, v := range p.Folds {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
	}
	for _, name := range names {
		for _, list := range [][]float64{p.Moments[name].Mean, p.Moments[name].Variance} {
			for _, v := range list {
				out = binary.LittleEndian.AppendUint64(out, math.Float64bits(v))
			}
		}
	}
	return out, nil
}

// DecodePatterns reads what Encode wrote.
func DecodePatterns(data []byte) (*Patterns, error) {
	if len(data) < len(patternMagic)+4 || string(data[:len(patternMagic)]) != patternMagic {
		return nil, fmt.Errorf("no patterns: the data do not begin with %q", patternMagic)
	}
	data = data[len(patternMagic):]
	size := int64(binary.LittleEndian.Uint32(data))
	data = data[4:]
	if size > int64(len(data)) {
		return nil, fmt.Errorf("patterns cut short: a header of %d bytes in %d", size, len(data))
	}
	var p Patterns
	if err := json.Unmarshal(data[:size], &p); err != nil {
		return nil, fmt.Errorf("patterns: header: %w", err)
	}
	data = data[size:]
	names, sizes := p.sizes()
	want := 4 * len(p.Items) * (p.Layers*p.Width + p.finals() + p.folds())
	for _, n := range sizes {
		if n < 0 || n > len(data) {
			return nil, fmt.Errorf("patterns of %s on %s are damaged", p.Model, p.Benchmark)
		}
		want += 16 * n
	}
	if p.Layers < 0 || p.Channels < 0 || p.folds() > len(data) || p.Width < 0 || p.Layers+p.finals() < 1 ||
		p.Width+p.folds() < 1 || len(data) != want {
		return nil, fmt.Errorf("patterns of %s on %s: %d bytes where %d should follow", p.Model, p.Benchmark, len(data), want)
	}
	p.Last, data = floats32(data, len(p.Items)*p.Layers*p.Width)
	p.Final, data = floats32(data, len(p.Items)*p.finals())
	p.Folds, data = floats32(data, len(p.Items)*p.folds())
	p.Moments = map[string]Moments{}
	for k, name := range names {
		var m Moments
		m.Mean, data = floats64(data, sizes[k])
		m.Variance, data = floats64(data, sizes[k])
		p.Moments[name] = m
	}
	return &p, nil
}

// floats32 reads n numbers, and returns what follows them.
func floats32(data []byte, n int) ([]float32, []byte) {
	out := make([]float32, n)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return out, data[4*n:]
}

func floats64(data []byte, n int) ([]float64, []byte) {
	out := make([]float64, n)
	for i := range out {
		out[i] = math.Float64frombits(binary.LittleEndian.Uint64(data[8*i:]))
	}
	return out, data[8*n:]
}
