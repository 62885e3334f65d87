package study

import (
	"fmt"

	"sdmap/internal/llm"
	"sdmap/internal/wording"
)

// Measure describes one way to compare benchmarks, as a study names it. How it is computed stands in the table of its axis'
// package, under the same name.
type Measure struct {
	Name    string
	Doc     string           // what it is, in a few words
	Needs   llm.Capabilities // what a model must offer for it; nothing where it is made without a model
	Default bool             // it is measured where a study names none
}

// OfModel says whether a model makes it.
func (m Measure) OfModel() bool { return m.Needs != llm.Capabilities{} }

// Of is how a study names the embedding of a model, or one without a model.
func (m Measure) Of(id string) string {
	if m.OfModel() {
		return m.Name + ":" + id
	}
	return m.Name
}

// NeuralMeasures are what "measures" of [axes.neural] may name, in the order of the documentation.
var NeuralMeasures = []Measure{
	{Name: "hidden", Doc: "residual stream at the last prompt token", Needs: traces(llm.WantResidual), Default: true},
	{Name: "hidden_mean", Doc: "residual stream, mean over the prompt's tokens", Needs: traces(llm.WantResidual), Default: true},
	{Name: "activation", Doc: "how often a neuron's gate is open", Needs: traces(llm.WantResidual | llm.WantGate), Default: true},
	{Name: "attention", Doc: "entropy and distance of attention", Needs: traces(llm.WantResidual | llm.WantAttention),
		Default: true},
	{Name: "final", Doc: "state behind the last norm at the last prompt token", Needs: traces(llm.WantFinal)},
	{Name: "final_mean", Doc: "state behind the last norm, mean over the prompt's tokens", Needs: traces(llm.WantFinal)},
	{Name: energy, Doc: "mean square of what goes into each channel of the matrices, as llama-imatrix sums it",
		Needs: traces(llm.WantResidual | llm.WantInputs)},
}

// energy is the only measure of llama-imatrix.
const energy = "energy"

// Embeddings are what "embeddings" of [axes.semantic] may name, those of a model with ":" and its id.
var Embeddings = []Measure{
	{Name: "tfidf", Doc: "bag of words"},
	{Name: "hidden", Doc: "mean-pooled last hidden state", Needs: traces(llm.WantResidual)},
	{Name: "embed", Doc: "the backend's own embedding", Needs: llm.Capabilities{Embed: true}},
}

// Embedding is the description of a kind; the zero Measure if there is none.
func Embedding(kind string) Measure {
	for _, m := range Embeddings {
		if m.Name == kind {
			return m
		}
	}
	return Measure{}
}

// Offered are the names of measures that a model with these capabilities can have.
func Offered(list []Measure, c llm.Capabilities) []string {
	return namesOf(list, func(m Measure) bool { return m.OfModel() && c.Offers(m.Needs) })
}

func traces(want llm.Want) llm.Capabilities { return llm.Capabilities{Tokenize: true, Trace: want} }

// withMeasures fills an option in whose values are measures.
func withMeasures(o Option) Option {
	switch o.Key {
	case "axes.semantic.embeddings":
		o.Doc = fmt.Sprintf(o.Doc, explained(Embeddings, ":MODEL"))
	case "axes.neural.measures":
		o.Allowed = namesOf(NeuralMeasures, func(Measure) bool { return true })
		o.Default = namesOf(NeuralMeasures, func(m Measure) bool { return m.Default })
		shown := Offered(NeuralMeasures, traces(llm.WantFinal))
		o.Doc = fmt.Sprintf(o.Doc, explained(NeuralMeasures, ""), wording.And(shown))
	}
	return o
}

// embeddingsOf are all embeddings that a study with these models can name.
func embeddingsOf(ids []string) []string {
	known := namesOf(Embeddings, withoutModel)
	for _, id := range ids {
		for _, kind := range namesOf(Embeddings, Measure.OfModel) {
			known = append(known, kind+":"+id)
		}
	}
	return known
}

// embeddingForms says how embeddings are written.
func embeddingForms() string {
	of := namesOf(Embeddings, Measure.OfModel)
	for i := range of {
		of[i] += ":"
	}
	return quoted(namesOf(Embeddings, withoutModel)) + ", or " + quoted(of) + " and a model's id."
}

// explained lists measures with what they are; those of models are followed by model.
func explained(list []Measure, model string) string {
	var words []string
	for _, m := range list {
		name := m.Name
		if m.OfModel() {
			name += model
		}
		words = append(words, fmt.Sprintf("%s (%s)", name, m.Doc))
	}
	return wording.Or(words)
}

func withoutModel(m Measure) bool { return !m.OfModel() }

// namesOf lists the measures that are wanted.
func namesOf(list []Measure, wanted func(Measure) bool) []string {
	var out []string
	for _, m := range list {
		if wanted(m) {
			out = append(out, m.Name)
		}
	}
	return out
}
