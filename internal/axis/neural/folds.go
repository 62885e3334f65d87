package neural

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"strings"

	"sdmap/internal/action"
	"sdmap/internal/benchmark"
	"sdmap/internal/llm"
	"sdmap/internal/llm/imatrix"
	"sdmap/internal/study"
)

// Gathered says where patterns of folds come from.
type Gathered struct {
	Version string // of the llama-imatrix that ran; empty where files were given
	Chunks  []int  // tokens of a chunk, by fold; 0 where a file does not say
	Items   int    // behind all folds; 0 where files were given
	Layout  string // digest of the matrices' names and numbers of channels, by block
	Padding int    // of Layers x Channels, for blocks with fewer channels
}

// separator stands between the prompts of a fold. On the planted models, whose prompts have 8 tokens and more, overlaps from
// folds lie as near to those from traces with it as with an empty line (Spearman .97 each) and nearer than with a space (.93).
const separator = "\n"

// Folds deals the prompts of a benchmark's first items (all, if most is 0) in turn into n texts: item i goes to fold i mod n.
func Folds(b *benchmark.Benchmark, most, n int) (texts []string, items int) {
	prompts := make([][]string, n)
	for i, it := range first(b, most) {
		prompts[i%n] = append(prompts[i%n], it.Prompt)
		items++
	}
	for _, p := range prompts {
		texts = append(texts, strings.Join(p, separator))
	}
	return texts, items
}

func first(b *benchmark.Benchmark, most int) []benchmark.Item {
	if most > 0 && most < len(b.Items) {
		return b.Items[:most]
	}
	return b.Items
}

const (
	longToken    = 6   // bytes, more than texts have on average in any usual vocabulary
	enoughChunks = 4   // of a fold, so that the rest which is dropped is a small part
	largestChunk = 512 // tokens; what llama-imatrix takes by itself
)

// Context is the size of chunks for all folds of a study: the largest power of two of which the shortest text, given in bytes,
// is sure to fill some. All folds must have the same, since the first token of a chunk, which has nothing to attend to, has
// energies of its own that would else be a different share of each benchmark's.
func Context(shortest int) int {
	c := imatrix.LeastContext
	for 2*c <= largestChunk && 2*c*enoughChunks*longToken <= shortest {
		c *= 2
	}
	return c
}

// Weighed is a model whose file llama-imatrix reads.
type Weighed struct {
	*llm.Model
	Weights string // digest of the file
	File    string // its path
}

// Run has llama-imatrix read the folds of one benchmark.
func Run(program imatrix.Program, m Weighed, b *benchmark.Benchmark, o study.Neural, chunk int) *action.Action {
	texts, items := Folds(b, o.Items, o.Imatrix.Folds)
	h := sha256.New()
	length := 0
	for _, text := range texts {
		fmt.Fprintf(h, "%d\n%s", len(text), text)
		length += len(text)
	}
	return &action.Action{
		Kind: "neural/imatrix", Version: 1, Subject: m.ID + " on " + b.Spec.ID,
		Facts: []action.Fact{
			action.F("weights", m.Weights), action.F("program", imatrix.Name+" "+program.Version), action.F("chunk", chunk),
			action.F("model", m.ID), action.F("benchmark", b.Spec.ID), action.F("items", items), action.F("folds", len(texts)),
			action.F("texts", "sha256:"+hex.EncodeToString(h.Sum(nil))),
		},
		Cost: action.Cost{Requests: len(texts), Tokens: length / 4, Bytes: int64(len(texts)) * 1 << 16},
		Pool: action.Pool{Name: imatrix.Name, Width: 1},
		Run: func(ctx context.Context, rt action.Runtime) ([]byte, error) {
			c := folded{p: &Patterns{Model: m.ID, Benchmark: b.Spec.ID,
				Imatrix: &Gathered{Version: program.Version, Items: items}}}
			for k, text := range texts {
				f, err := program.Measure(ctx, m.File, text, imatrix.Settings{Context: chunk, Threads: rt.Workers()})
				if err == nil {
					err = c.add(f)
				}
				if err != nil {
					return nil, fmt.Errorf("model %s on %s, fold %d of %d: %w%s", m.ID, b.Spec.ID, k+1, len(texts), err,
						tooShort(text, chunk))
				}
				rt.Progress(k+1, len(texts))
			}
			return c.p.Encode()
		},
	}
}

// tooShort is a remedy, where a text may be too short for two chunks.
func tooShort(text string, chunk int) string {
	if len(text) >= 2*chunk*longToken {
		return ""
	}
	return fmt.Sprintf("\nThe fold has %d bytes of text, and a chunk takes %d tokens: try fewer folds, a smaller chunk "+
		"or more items.", len(text), chunk)
}

// Given reads files of llama-imatrix about one model and benchmark, each about a part of its items. paths lead to the files
// named; digests are of their contents.
func Given(m *llm.Model, b *benchmark.Benchmark, paths, digests []string) *action.Action {
	return &action.Action{
		Kind: "neural/imatrix.files", Version: 1, Subject: m.ID + " on " + b.Spec.ID,
		Facts: []action.Fact{action.F("model", m.ID), action.F("benchmark", b.Spec.ID),
			action.F("files", fmt.Sprintf("%q", digests))},
		Cost: action.Cost{Bytes: int64(len(paths)) * 1 << 16},
		Run: func(ctx context.Context, rt action.Runtime) ([]byte, error) {
			c := folded{p: &Patterns{Model: m.ID, Benchmark: b.Spec.ID, Imatrix: &Gathered{}}}
			for k, path := range paths {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				f, err := imatrix.Read(path)
				if err == nil {
					err = c.add(f)
				}
				if err != nil {
					return nil, fmt.Errorf("%s on %s: %w", m.ID, b.Spec.ID, err)
				}
				rt.Progress(k+1, len(paths))
			}
			return c.p.Encode()
		},
	}
}

// folded gathers the folds of a benchmark.
type folded struct{ p *Patterns }

// add takes the next fold in: the log of each channel's mean square over the fold's tokens. A channel that met nothing but
// zeros, or that its block does not have, is NaN.
func (c *folded) add(f *imatrix.File) error {
	p, blocks := c.p, f.Blocks()
	layers, channels, own := len(blocks), 0, 0
	layout := sha256.New()
	for _, b := range blocks {
		channels, own = max(channels, len(b.Energy)), own+len(b.Energy)
		fmt.Fprintf(layout, "%q %d\n", b.Names, b.Channels)
	}
	digest := hex.EncodeToString(layout.Sum(nil)[:16])
	if len(p.Items) == 0 {
		p.Layers, p.Channels = layers, channels
		p.Imatrix.Layout, p.Imatrix.Padding = digest, layers*channels-own
	}
	if digest != p.Imatrix.Layout {
		return fmt.Errorf("this fold holds sums of other matrices than the first: are all of one model?")
	}
	for _, b := range blocks {
		for k := range channels {
			v := math.NaN()
			if k < len(b.Energy) && b.Energy[k] > 0 {
				v = math.Log(b.Energy[k])
			}
			p.Folds = append(p.Folds, float32(v))
		}
	}
	p.Tokens += f.Tokens
	p.Imatrix.Chunks = append(p.Imatrix.Chunks, f.Chunk)
	p.Items = append(p.Items, fmt.Sprintf("fold %d", len(p.Items)+1))
	return nil
}

// gather keeps where a benchmark's folds come from; all must hold the same matrices. Folds and traces are never mixed.
func (m *model) gather(t *Patterns, byFolds bool) error {
	if byFolds != (t.Imatrix != nil) {
		return fmt.Errorf("model %s on %s was measured in another way than the axis asks for", m.id, t.Benchmark)
	}
	if byFolds && len(m.gathered) > 0 && m.gathered[0].Layout != t.Imatrix.Layout {
		return fmt.Errorf("the folds of model %s on %s hold sums of other matrices than those on other benchmarks: are all "+
			"of one model?", m.id, t.Benchmark)
	}
	m.gathered = append(m.gathered, t.Imatrix)
	return nil
}

// dropLost sets cells that some fold lacks to 0 in all, so that they vary nowhere and count nowhere.
func (m *model) dropLost() {
	p := m.layers * m.width
	lost := make([]bool, p)
	for _, folds := range m.states {
		for k, v := range folds {
			lost[k%p] = lost[k%p] || math.IsNaN(float64(v))
		}
	}
	for _, is := range lost {
		if is {
			m.lost++
		}
	}
	for b, folds := range m.states {
		for k := range folds {
			if lost[k%p] {
				folds[k] = 0
			}
		}
		m.last[b] = momentsOf(folds, p)
	}
}
