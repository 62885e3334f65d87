package transformer

import (
	"math"
	"sync"
)

// Rotary is how positions turn queries and keys: pair i at position p by the angle
//
//	p f Scale,  f = Base^(-2i/Dims) / factor_i
//
// where the factors are 1 unless the file has a tensor of them. With Yarn, pairs that turn often within Original tokens
// keep the angle p f, and those between mix both [Peng et al. 2023, arXiv 2309.00071, section 3.2]:
//
//	p f (Scale (1 - r) + r),  r = 1 - clamp((i - low) / max(0.001, high - low)),
//
// low and high being the pairs that turn Fast and Slow times in Original tokens, rounded outwards. Turned dimensions are
// multiplied by Gain.
type Rotary struct {
	Dims  int // leading dimensions of a head that are turned; even; 0 for none
	Base  float64
	Scale float64 // 1/factor of linear scaling and of YaRN
	Gain  float64

	Yarn       bool
	Original   int     // tokens of the context before it was extended
	Fast, Slow float64 // turns
}

// rotary reads Rope as llama.cpp does: a factor counts as linear scaling unless the type says otherwise.
func (in *inspector) rotary(c *Config) {
	r := Rotary{Dims: in.count("rope.dimension_count", c.HeadDim), Base: in.float("rope.freq_base", 10000),
		Gain: in.float("rope.scaling.attn_factor", 1)}
	if r.Dims%2 != 0 || r.Dims > c.HeadDim {
		in.problem("rotary positions on %d of %d dimensions are not supported; supported: an even number of them", r.Dims,
			c.HeadDim)
	}
	kind, err := in.file.StringOr(in.key("rope.scaling.type"), "linear")
	in.note(err)
	r.Scale = in.ropeScale()
	original := in.count("rope.scaling.original_context_length", c.Context)
	if _, long := in.file.Tensor(in.unread); long {
		c.Context = min(c.Context, original)
	}
	switch kind {
	case "linear":
	case "none":
		r.Scale = 1
	case "yarn":
		r.Yarn, r.Original, r.Fast, r.Slow = true, original, 32, 1
		r.Gain *= 1 + 0.1*max(0, -math.Log(r.Scale)) // llama.cpp: 1 + 0.1 ln factor, where the context grows
		if r.Base <= 1 {
			in.problem("rotary scaling \"yarn\" of base %v is not supported; supported: above 1", r.Base)
		}
	case "longrope":
		if in.unread == "" {
			in.problem("rotary scaling \"longrope\" is not supported in architecture %q", in.name)
		}
	default:
		in.problem("rotary scaling %q is not supported; supported: none, linear, yarn, longrope", kind)
	}
	c.Rope = r
}

func (in *inspector) ropeScale() float64 {
	key := "rope.scaling.factor"
	if !in.file.Has(in.key(key)) {
		key = "rope.scale_linear"
	}
	if factor, err := in.file.FloatOr(in.key(key), 0); err == nil && factor == 0 {
		return 1 // llama.cpp takes 0 for "not given"
	}
	return 1 / in.float(key, 1)
}

// steps are the angles of all pairs per position.
func (r Rotary) steps(factors []float32) []float64 {
	steps := make([]float64, r.Dims/2)
	for i := range steps {
		f := math.Pow(r.Base, -2*float64(i)/float64(r.Dims))
		if factors != nil {
			f /= float64(factors[i])
		}
		keep := 0.0
		if r.Yarn {
			keep = r.keep(i)
		}
		steps[i] = f * (r.Scale*(1-keep) + keep)
	}
	return steps
}

// keep is the share r of the angle that YaRN leaves unscaled.
func (r Rotary) keep(pair int) float64 {
	at := func(turns float64) float64 {
		return float64(r.Dims) * math.Log(float64(r.Original)/(turns*2*math.Pi)) / (2 * math.Log(r.Base))
	}
	low, high := max(0, math.Floor(at(r.Fast))), min(float64(r.Dims-1), math.Ceil(at(r.Slow)))
	return 1 - min(1, max(0, (float64(pair)-low)/max(0.001, high-low)))
}

// rotations caches cosines and sines of rotary angles, times Gain; it grows with the longest sequence seen.
type rotations struct {
	steps []float64
	gain  float64

	mu       sync.Mutex
	sin, cos []float32 // positions x len(steps)
}

// tables gives cosines and sines for positions below n, len(steps) a position; most is the longest sequence that may come.
func (r *rotations) tables(n, most int) (cos, sin []float32) {
	half := len(r.steps)
	if half == 0 {
		return nil, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if have := len(r.cos) / half; have < n {
		n = max(n, min(2*have, most))
		c, s := make([]float32, n*half), make([]float32, n*half)
		for i, step := range r.steps {
			for p := range n {
				angle := float64(p) * step
				c[p*half+i], s[p*half+i] = float32(r.gain*math.Cos(angle)), float32(r.gain*math.Sin(angle))
			}
		}
		r.cos, r.sin = c, s
	}
	return r.cos, r.sin
}

// rotate turns the pairs of one head's vector: (2i, 2i+1), or with halves (i, i+len(cos)).
func rotate(x, cos, sin []float32, halves bool) {
	sin = sin[:len(cos)]
	if halves {
		low, high := x[:len(cos)], x[len(cos):2*len(cos)]
		for i, c := range cos {
			a, b, s := low[i], high[i], sin[i]
			low[i] = float32(a*c) - float32(b*s)
			high[i] = float32(a*s) + float32(b*c)
		}
		return
	}
	for i, c := range cos {
		a, b, s := x[2*i], x[2*i+1], sin[i]
		x[2*i] = float32(a*c) - float32(b*s)
		x[2*i+1] = float32(a*s) + float32(b*c)
	}
}
