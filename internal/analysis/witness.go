package analysis

import (
	"strings"

	"sdmap/internal/axis"
)

// Witnesses are the embeddings that say whether two benchmarks are worded alike. One by a model of the study says how that
// model encodes them, which its training shaped as it shaped the scores: it speaks for itself alone, and the lexical baseline or
// an embedder that is no model of the study must agree before two benchmarks are called alike in wording.
type Witnesses struct {
	Encoder string   // the study's model that the primary embedding comes from; empty where that comes from outside
	Beside  []string // further embeddings from outside whose distances were tested, such as "tfidf"
}

// witnesses finds the embeddings of a semantic axis that have tests of their own.
func witnesses(r *axis.Result) Witnesses {
	var w Witnesses
	if v := r.Primary(); v != nil && len(v.Instruments) > 0 {
		w.Encoder = v.Instruments[0]
	}
	if r == nil {
		return w
	}
	for _, t := range r.Tests {
		if name, found := strings.CutSuffix(t.Name, ".high"); found {
			w.Beside = append(w.Beside, name)
		}
	}
	return w
}

// Outside reports whether anything but a model of the study speaks of wording.
func (w Witnesses) Outside() bool { return w.Encoder == "" || len(w.Beside) > 0 }

// beside lists one component of all embeddings beside the primary one.
func (w Witnesses) beside(component string) []string {
	var out []string
	for _, name := range w.Beside {
		out = append(out, axis.Semantic+"."+name+"."+component)
	}
	return out
}

// alike lists what must hold for two benchmarks to be worded alike: all embeddings from outside, or else the primary one.
func (w Witnesses) alike() []string {
	out := w.beside("high")
	if w.Encoder == "" || len(out) == 0 {
		out = append([]string{axis.Semantic + ".high"}, out...)
	}
	return out
}

// method says whose embedding counts; empty where all come from outside.
func (w Witnesses) method() string {
	switch {
	case w.Encoder == "":
		return ""
	case w.Outside():
		return "The primary embedding is by a model of the study: it says how that model encodes questions, which " +
			"does not count " +
			"as likeness of wording."
	}
	return "The only embedding is by a model of the study: likeness is as that model encodes the questions."
}
