package perplexity

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/axis"
	"sdmap/internal/corpus"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
	"sdmap/internal/study"
)

func options(splits, replicates int) Options {
	return Options{Perplexity: study.Perplexity{Unit: "piece", Context: "stride", Before: 2, Standardise: "model",
		ResidualG: true, Ratio: 0.01,
		K: 50, Selectors: []string{Good, Signed, AIC, EBIC}, Splits: splits, Repairings: 19}, Seed: 1, Replicates: replicates}
}

// planted is a study whose models have skills; each document needs one skill, and models with the skill find it easy. Three
// benchmarks a skill. General ability lowers all surprisals.
func planted(m, skills, docs, perDoc int, seed uint64) (*corpus.Corpus, *inputs) {
	rng := rand.New(rand.NewPCG(seed, 3))
	ability := make([][]float64, m)
	t := &axis.ScoreTable{}
	for i := range ability {
		ability[i] = gauss(rng, skills+1) // the last is general
		t.Models = append(t.Models, fmt.Sprintf("m%02d", i))
	}
	t.Lineages = t.Models
	for s := range skills {
		for k := range 3 {
			t.Benchmarks = append(t.Benchmarks, fmt.Sprintf("s%d.%d", s, k))
		}
	}
	t.Score = matrix.New("score", "1", t.Models, t.Benchmarks)
	t.Items = make([][]string, len(t.Benchmarks))
	for i := range t.Models {
		for b := range t.Benchmarks {
			t.Score.Set(i, b, ability[i][b/3]+1.5*ability[i][skills]+0.5*rng.NormFloat64())
		}
	}
	c := &corpus.Corpus{Digest: "d"}
	for d := range docs {
		text := strings.TrimSpace(strings.Repeat("word", 1) + strings.Repeat(" and", perDoc-1))
		c.Docs = append(c.Docs, corpus.Document{ID: fmt.Sprintf("d%d", d), Domain: fmt.Sprintf("skill%d", d%skills), Text: text,
			Pieces: corpus.Cut(text)})
	}
	columns := make([][]float32, m)
	for i := range columns {
		for d := range docs {
			for p := range perDoc {
				v := float32(math.NaN())
				if p >= 2 {
					v = float32(5 + float64(p%7) - 0.6*ability[i][d%skills] - ability[i][skills] + rng.NormFloat64())
				}
				columns[i] = append(columns[i], v)
			}
		}
	}
	f, err := newFeatures(c, columns, true)
	if err != nil {
		panic(err)
	}
	return c, &inputs{scores: t, f: f, column: Column{Tokens: 100, Straddled: 7}}
}

func run(t *testing.T, o Options, in *inputs, workers int) *axis.Result {
	t.Helper()
	r, err := compute(context.Background(), o, in, workers, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func report(t *testing.T, o Options, in *inputs, c *corpus.Corpus, workers int) *Report {
	t.Helper()
	s, err := newFit(context.Background(), o, in.scores, in.f, workers)
	if err != nil {
		t.Fatal(err)
	}
	r, err := describe(context.Background(), s, c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func skillAUC(t *testing.T, m *matrix.Labelled) float64 {
	t.Helper()
	var same, other []float64
	for a := range m.Rows {
		for b := range a {
			v, ok := m.At(a, b)
			switch {
			case !ok:
			case a/3 == b/3:
				same = append(same, v)
			default:
				other = append(other, v)
			}
		}
	}
	v, err := stats.AUC(same, other)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func fact(r *axis.Result, name string) float64 {
	for _, f := range r.Facts {
		if f.Name == name {
			return f.Value
		}
	}
	return math.NaN()
}

func TestSignaturesFindSkills(t *testing.T) {
	_, in := planted(24, 6, 60, 50, 1)
	r := run(t, options(10, 40), in, 2)
	var names []string
	for i, v := range r.Variants {
		names = append(names, v.Name)
		if i > 0 && v.Lo != nil {
			t.Error("only the primary variant has half-samples, but", v.Name, "has an interval")
		}
		if inSample := slices.Contains(options(0, 0).Selectors, v.Name); inSample != strings.Contains(v.Title,
			"copies performance") {
			t.Errorf("%s is titled %q", v.Name, v.Title)
		}
	}
	want := []string{"disjoint.good", "disjoint.signed", "disjoint.aic", "disjoint.ebic", Good, Signed, AIC, EBIC}
	if !slices.Equal(names, want) || r.Primary().Lo == nil {
		t.Errorf("variants %v, want %v, the first with an interval", names, want)
	}
	for _, v := range r.Variants {
		if v.Null == nil || v.Null.N != 19 {
			t.Errorf("%s has the null %+v; every selector has one", v.Name, v.Null)
		}
	}
	for _, name := range []string{Good, "disjoint." + Good} {
		if auc := skillAUC(t, r.Variant(name).Overlap); auc < 0.85 {
			t.Errorf("%s tells benchmarks of one skill from others with an AUC of %.3f only", name, auc)
		}
	}
	near(t, "share of straddling tokens", fact(r, "straddled"), 0.07, 1e-12)
}

func TestDeterminism(t *testing.T) {
	c, in := planted(12, 3, 12, 40, 5)
	o := options(4, 10)
	one, err := run(t, o, in, 1).Encode()
	if err != nil {
		t.Fatal(err)
	}
	three, err := run(t, o, in, 3).Encode()
	if err != nil || !bytes.Equal(one, three) {
		t.Error("the number of workers changes the result", err)
	}
	a, err := json.Marshal(report(t, o, in, c, 1))
	if err != nil {
		t.Fatal(err)
	}
	if b, err := json.Marshal(report(t, o, in, c, 3)); err != nil || !bytes.Equal(a, b) {
		t.Error("the number of workers changes the signatures")
	}
}

func TestSignaturesSayWhatTheyAre(t *testing.T) {
	c, in := planted(24, 6, 60, 50, 1)
	r := report(t, options(4, 10), in, c, 2)
	for b, sig := range r.Of {
		if sig.Missing != "" || len(sig.Pieces) == 0 {
			t.Fatalf("%s: %s", sig.Benchmark, sig.Missing)
		}
		if want := fmt.Sprintf("skill%d", b/3); sig.Domains[0].Name != want || sig.Domains[0].Share < 0.5 {
			t.Errorf("%s: most pieces come from %v, not from %s", sig.Benchmark, sig.Domains[0], want)
		}
		p := sig.Pieces[0]
		if p.Sign != -1 || p.Gamma >= 0 || p.Rho < -1 || p.Weight >= 0 || p.Document == "" || p.Text != "and" {
			t.Errorf("%s: %+v", sig.Benchmark, p)
		}
		if s := sig.Stability; s.Splits != 4 || s.Jaccard <= 0 || s.Jaccard > 1 || s.Halves < 0.3 {
			t.Errorf("%s: %+v", sig.Benchmark, s)
		}
	}
}

// Too little of anything is said, not computed and not a crash.
func TestTooLittle(t *testing.T) {
	for _, m := range []int{1, 2, 3, 4, 8} {
		c, in := planted(m, 2, 4, 10, 1)
		r := run(t, options(3, 5), in, 2)
		if _, err := r.Encode(); err != nil {
			t.Errorf("%d models: %v", m, err)
		}
		if why := r.Primary().Overlap.Reason(0, 1); m > 2 && !strings.Contains(why, fmt.Sprintf(
			"%d models of %d lineages give none, 9 models of 3 lineages or more would", m, m)) {
			t.Errorf("%d models: %q", m, why)
		}
		report(t, options(3, 5), in, c, 2)
	}
	c, in := planted(6, 2, 3, 2, 1) // documents of context only
	r := run(t, options(3, 5), in, 2)
	if reason := r.Primary().Overlap.Reason(0, 1); !strings.Contains(reason, "too few scored pieces") {
		t.Errorf("without scored pieces the reason is %q", reason)
	}
	if rep := report(t, options(3, 5), in, c, 2); rep.Of[0].Missing == "" {
		t.Error("a signature without pieces")
	}
}

func TestSentence(t *testing.T) {
	text := "First one here. Then a cat  sat down! Last."
	d := corpus.Document{Text: text, Pieces: corpus.Cut(text)}
	for p, want := range map[int][3]string{
		5: {"Then a", "cat", "sat down!"}, 2: {"First one", "here.", ""}, 8: {"", "Last.", ""},
		3: {"", "Then", "a cat  sat down!"},
	} {
		before, piece, after := sentence(d, p)
		if got := [3]string{before, piece, after}; got != want {
			t.Errorf("piece %d: %q, want %q", p, got, want)
		}
	}
}

func TestCancelled(t *testing.T) {
	c, in := planted(6, 2, 4, 10, 1)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := compute(ctx, options(3, 5), in, 2, func(int, int) {}); err != context.Canceled {
		t.Error("a cancelled axis ends with", err)
	}
	s, err := newFit(context.Background(), options(3, 5), in.scores, in.f, 2)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := describe(ctx, s, c); err != context.Canceled {
		t.Error("cancelled signatures end with", err)
	}
}
