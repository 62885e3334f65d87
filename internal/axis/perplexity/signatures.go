package perplexity

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/corpus"
	"sdmap/internal/stats"
)

// Report is what a reader sees of the signatures: the pieces in their sentences, where they come from, how stable they are.
type Report struct {
	Selector  string
	K         int // pieces of a signature, as asked for
	Pieces    int // d, scored under every model
	Documents int
	Texts     bool // of a table that was imported: each is a piece and a document
	Models    int
	Of        []Signature // one a benchmark, in the study's order

	Variations []Variation // what becomes of the signatures when one thing is chosen otherwise

	Cleaned *Cleaned `json:",omitempty"` // nil where no questions could be compared with the corpus

	Ties      string     `json:",omitempty"` // in ranks of estimates
	Estimates []Estimate `json:",omitempty"` // of the texts of a table, or of the signatures' pieces
}

// Signature is one benchmark's.
type Signature struct {
	Benchmark string
	Missing   string // why there is none
	Pieces    []Salient
	Domains   []Domain // descending by share
	Stability Stability

	Prediction Prediction
}

// Salient is a piece of a signature.
type Salient struct {
	Piece    int    // position in the corpus, from 0, over all documents
	Document string // id
	Domain   string
	Before   string // the words of its sentence before it
	Text     string
	After    string  // and behind it
	Sign     int     // -1: models that find it easy score high; +1: the opposite
	Gamma    float64 // m(m^2 - 1)/6 at most in size
	Rho      float64 // gamma on the scale of Spearman's correlation
	SignCDF  float64 // 2 gamma/(m^2 (m - 1)), Thrush et al. 2024
	Weight   float64 // in the mean that stands for the benchmark

	Coefficient *float64 `json:",omitempty"` // of a regression on surprisals; nil where there was none
}

// Domain is how much of the signature comes from one domain of the corpus.
type Domain struct {
	Name     string
	Pieces   int
	Share    float64 // of the signature
	Expected float64 // share of the scored corpus
}

// Stability says how much of a signature would be found again. Means over splits.
type Stability struct {
	Jaccard float64 // |A and B|/|A or B| of the signature with the one chosen on half of the models (by lineage)
	Halves  float64 // Spearman correlation over all models of the signatures from two halves of the documents
	Splits  int     // 0: not computed
}

// contextPieces bounds the words shown on each side of a piece.
const contextPieces = 15

// signaturesVersion is that of the description, which changes where the axis does not.
const signaturesVersion = 5

// Signatures is the action that describes the primary selector's signatures for the report (DecodeReport).
// questions are those of the benchmarks, in the study's order.
func Signatures(o Options, c *corpus.Corpus, columns [][]*action.Action, scores *action.Action,
	questions []Questions) *action.Action {
	o.Selectors = o.Selectors[:1]
	a := onFeatures("perplexity/signatures", o, c, columns, scores, true,
		func(ctx context.Context, in *inputs, r action.Runtime) ([]byte, error) {
			s, err := newFit(ctx, o, in.scores, in.f, r.Workers())
			if err != nil {
				return nil, err
			}
			report, err := describe(ctx, s, c)
			if err != nil {
				return nil, err
			}
			report.Cleaned = s.clean(s.selectors[0], c, questions)
			report.Ties, report.Estimates = o.Ties, s.estimates(in, c)
			return json.Marshal(report)
		})
	a.Version = signaturesVersion
	a.Facts = append(a.Facts, action.F("questions", digestOfQuestions(questions)), action.F("before", o.Before),
		action.F("ties", o.Ties))
	return a
}

// DecodeReport reads the output of Signatures.
func DecodeReport(data []byte) (*Report, error) {
	var r Report
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("signatures: %w", err)
	}
	return &r, nil
}

func describe(ctx context.Context, s *fit, c *corpus.Corpus) (*Report, error) {
	sel := s.selectors[0]
	r := &Report{Selector: sel.name, K: sel.k, Pieces: len(s.f.at), Documents: s.f.docs, Texts: s.o.Import != "",
		Models: len(s.models)}
	expected := s.f.domains(c, nil)
	stability, err := s.stability(ctx, sel)
	if err != nil {
		return nil, err
	}
	without, err := s.leaveOut(ctx, sel)
	if err != nil {
		return nil, err
	}
	if r.Variations, err = s.variations(ctx, sel, without); err != nil {
		return nil, err
	}
	predictions := s.predictions(sel, without)
	for b, name := range s.t.Benchmarks {
		sig := s.chosen[sel.name][b]
		out := Signature{Benchmark: name, Missing: sig.missing, Prediction: predictions[b]}
		if sig.missing == "" {
			out.Stability = stability[b]
			out.Domains = shares(s.f.domains(c, sig.pieces), len(sig.pieces), expected, len(s.f.at))
			for k := range sig.pieces {
				out.Pieces = append(out.Pieces, s.salient(c, sig, k))
			}
		}
		r.Of = append(r.Of, out)
	}
	return r, nil
}

func (s *fit) salient(c *corpus.Corpus, sig signature, k int) Salient {
	t, gamma, weight, m := sig.pieces[k], sig.gamma[k], sig.weights[k], len(s.models)
	doc := c.Docs[s.f.doc[t]]
	p := s.f.at[t] - s.f.firstOf(c, s.f.doc[t])
	before, text, after := sentence(doc, p)
	out := Salient{Piece: s.f.at[t], Document: doc.ID, Domain: doc.Domain, Before: before, Text: text, After: after,
		Sign: 1, Gamma: gamma, Rho: rho(gamma, m), SignCDF: signCDF(gamma, m), Weight: weight}
	if sig.coefficients != nil {
		out.Coefficient = new(sig.coefficients[k])
		weight = *out.Coefficient
	}
	if math.Signbit(weight) {
		out.Sign = -1
	}
	return out
}

// firstOf is the position in the corpus of a document's first piece.
func (f *features) firstOf(c *corpus.Corpus, doc int) int {
	n := 0
	for _, d := range c.Docs[:doc] {
		n += len(d.Pieces)
	}
	return n
}

// sentence returns a piece and what stands around it up to the sentence's ends (or contextPieces away).
func sentence(d corpus.Document, p int) (before, text, after string) {
	ends := func(i int) bool {
		word := d.Text[d.Pieces[i].Start:d.Pieces[i].End]
		return strings.HasSuffix(word, ".") || strings.HasSuffix(word, "?") || strings.HasSuffix(word, "!") ||
			strings.HasSuffix(word, "。")
	}
	first, last := p, p
	for first > 0 && p-first < contextPieces && !ends(first-1) {
		first--
	}
	for last+1 < len(d.Pieces) && last-p < contextPieces && !ends(last) {
		last++
	}
	before = strings.TrimSpace(d.Text[d.Pieces[first].Start:d.Pieces[p].Start])
	text = strings.TrimSpace(d.Text[d.Pieces[p].Start:d.Pieces[p].End])
	after = strings.TrimSpace(d.Text[d.Pieces[p].End:d.Pieces[last].End])
	return before, text, after
}

// domains counts pieces (nil: all scored ones) by domain.
func (f *features) domains(c *corpus.Corpus, pieces []int) map[string]int {
	out := map[string]int{}
	if pieces == nil {
		for _, d := range f.doc {
			out[c.Docs[d].Domain]++
		}
	}
	for _, t := range pieces {
		out[c.Docs[f.doc[t]].Domain]++
	}
	return out
}

func shares(found map[string]int, n int, expected map[string]int, all int) []Domain {
	var out []Domain
	for name, k := range found {
		out = append(out, Domain{Name: name, Pieces: k, Share: float64(k) / float64(n),
			Expected: float64(expected[name]) / float64(all)})
	}
	slices.SortFunc(out, func(a, b Domain) int { return cmp.Or(cmp.Compare(b.Pieces, a.Pieces), cmp.Compare(a.Name, b.Name)) })
	return out
}

// stability compares each signature with those from halves of the models, and those from halves of the documents with each
// other.
func (s *fit) stability(ctx context.Context, sel selector) ([]Stability, error) {
	type one struct {
		jaccard, halves float64
		okJ, okH        bool
	}
	splits := make([][]one, s.o.Splits)
	err := axis.Parallel(ctx, s.workers, s.o.Splits, func(split int) {
		rng := stats.Stream(s.o.Seed, "perplexity/stability", split)
		half := stats.HalfSampleGroups(rng, s.t.Lineages)
		targets, _ := targetsOf(columnsOf(s.scores, half), s.o.ResidualG)
		byModels := s.screen(half, s.pieces, targets, sel)
		var byDocuments [2]screening
		for k, pieces := range s.f.deal(rng.Perm(s.f.docs), 2) {
			byDocuments[k] = s.screen(s.models, pieces, s.targets, sel)
		}
		splits[split] = make([]one, len(s.t.Benchmarks))
		for b := range splits[split] {
			o := &splits[split][b]
			if sig := sel.choose(s.f, byModels, half, b); sig.missing == "" {
				o.jaccard, o.okJ = jaccard(s.chosen[sel.name][b].pieces, sig.pieces), true
			}
			u := s.f.activations(sel.choose(s.f, byDocuments[0], s.models, b), s.models)
			v := s.f.activations(sel.choose(s.f, byDocuments[1], s.models, b), s.models)
			if u != nil && v != nil {
				r, err := stats.Spearman(u, v)
				o.halves, o.okH = r, err == nil
			}
		}
	})
	if err != nil {
		return nil, err
	}
	out := make([]Stability, len(s.t.Benchmarks))
	for b := range out {
		var n int
		for _, split := range splits {
			if o := split[b]; o.okJ && o.okH {
				out[b].Jaccard += o.jaccard
				out[b].Halves += o.halves
				n++
			}
		}
		if out[b].Splits = n; n > 0 {
			out[b].Jaccard /= float64(n)
			out[b].Halves /= float64(n)
		}
	}
	return out, nil
}

func jaccard(a, b []int) float64 {
	both := 0
	for _, t := range a {
		if slices.Contains(b, t) {
			both++
		}
	}
	if len(a)+len(b) == 0 {
		return 0
	}
	return float64(both) / float64(len(a)+len(b)-both)
}
