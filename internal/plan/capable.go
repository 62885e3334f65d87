package plan

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"sdmap/internal/axis"
	"sdmap/internal/axis/neural"
	"sdmap/internal/axis/semantic"
	"sdmap/internal/diag"
	"sdmap/internal/llm"
	"sdmap/internal/study"
)

// Settle fills in what a study leaves to its models: which of them are looked into, and which one embeds. The study given
// stays as it is. An axis for which no model can do anything is off in the result, with the reason.
func Settle(in Inputs) *study.Study {
	s := *in.Study
	if len(in.Models) == 0 {
		return &s
	}
	if a := s.Axes.Semantic; a != nil && !a.Chosen && len(s.Embedders) == 0 {
		settled := *a
		settled.Embeddings = append(learned(in.Models), semantic.Words)
		s.Axes.Semantic = &settled
	}
	if a := s.Axes.Neural; a != nil && !a.Chosen && a.Imatrix == nil {
		settled := *a
		settled.Models = nil
		for _, m := range in.Models {
			if llm.CapabilitiesOf(m.Driver).Trace != 0 {
				settled.Models = append(settled.Models, m.ID)
			}
		}
		s.Axes.Neural = &settled
		if len(settled.Models) == 0 && !slices.Contains(s.Axes.Asked, axis.Neural) {
			s.Axes.Neural = nil
			s.Axes.Off = append(slices.Clone(s.Axes.Off), study.AxisOff{Axis: axis.Neural, Reason: "no model of the study " +
				"shows its hidden states"})
		}
	}
	return &s
}

// learned is the embedding by the last model that shows its states, else by the last that embeds, and so on, else none.
func learned(models []Model) []string {
	for _, kind := range study.Embeddings {
		for _, m := range slices.Backward(models) {
			if kind.OfModel() && llm.CapabilitiesOf(m.Driver).Offers(kind.Needs) {
				return []string{kind.Of(m.ID)}
			}
		}
	}
	return nil
}

// capabilities refuses what drivers cannot do, at the line that asks for it.
func (b *builder) capabilities() {
	asked := b.asks() // else a table has the scores, or nobody wants them
	for i, m := range b.Models {
		c := llm.CapabilitiesOf(m.Driver)
		if asked && !b.answers(b.Study.Models[i], m, c) {
			continue
		}
		if asked {
			b.choices(b.Study.Models[i], m, c)
		}
		b.traces(b.Study.Models[i], m, c)
		b.embeddings(m)
		if asked {
			b.chat(b.Study.Models[i].At, m, c)
		}
	}
	for i, m := range b.Embedders {
		b.embeddings(m)
		b.unused(b.Study.Embedders[i])
	}
	b.folded()
	if n := b.Study.Axes.Neural; n != nil && len(b.Models) > 0 && len(n.Models) == 0 {
		b.list = append(b.list, diag.Diagnostic{Summary: "no model of the study shows its hidden states", Range: n.At,
			Detail: "A GGUF file in process does, and so does a llama-server that was started with --embeddings " +
				"--pooling none.",
			Suggestion: "Turn the axis off: on = false in [axes.neural]."})
	}
}

// answers wants a model to answer benchmarks at all, which encoders do not.
func (b *builder) answers(spec study.Model, m Model, c llm.Capabilities) bool {
	if c.Generate || c.Score || c.Choose {
		for _, x := range b.Study.Benchmarks {
			if x.Task == study.Generate && !c.Generate {
				b.refuse(spec.At, m.ID, "writes no texts", fmt.Sprintf("Benchmark %q, whose task is generate, needs them.", x.ID),
					"")
				return false
			}
		}
		return true
	}
	suggestion := ""
	if c.Embed {
		suggestion = "Write [[embedders]] in place of [[models]]: the semantic axis then compares items by its embeddings."
	}
	b.refuse(spec.At, m.ID, "answers no benchmarks", "It neither writes texts nor scores them.", suggestion)
	return false
}

// unused warns of an embedder that nothing asks.
func (b *builder) unused(spec study.Model) {
	s := b.Study.Axes.Semantic
	if s != nil && slices.ContainsFunc(study.Embeddings, func(e study.Measure) bool {
		return e.OfModel() && slices.Contains(s.Embeddings, e.Of(spec.ID))
	}) {
		return
	}
	at, suggestion := spec.At, "Turn the semantic axis on, or take the table out."
	if s != nil {
		at, suggestion = s.At, fmt.Sprintf("Add %q to embeddings in [axes.semantic], or take the table out.", "embed:"+spec.ID)
	}
	b.list = append(b.list, diag.Diagnostic{Severity: diag.Warning, Summary: fmt.Sprintf("embedder %q is asked nothing", spec.ID),
		Range: at, Suggestion: suggestion})
}

// choices wants log-probabilities where choices or the perplexity axis need them, or the author's word that letters will do.
func (b *builder) choices(spec study.Model, m Model, c llm.Capabilities) {
	choice := slices.IndexFunc(b.Study.Benchmarks, func(x study.Benchmark) bool { return x.Task == study.Choice })
	if p := b.Study.Axes.Perplexity; m.scores() || choice < 0 && (p == nil || !p.Asked) {
		return
	}
	const needs = "Benchmarks with task choice and the perplexity axis need log-probabilities of given text."
	switch {
	case spec.Measure != "" && spec.Measure != study.OptionLetters: // the author has a choice, and chose something else
		b.refuse(spec.At, m.ID, "cannot score given text", strings.TrimSuffix(strings.TrimSpace(needs+" "+m.Inexact), ".")+".",
			`Run sdmap on a machine that can read the file; or name a llama-server that runs the same weights: server = `+
				`"http://127.0.0.1:8080"; `+
				`or write measure = "option_letters": choices are then read from the first letter of an answer, and the `+
				`perplexity and neural axes leave the model out.`)
	case spec.Measure != study.OptionLetters && (choice < 0 || !c.Choose):
		b.refuse(spec.At, m.ID, "cannot score given text", strings.TrimSpace(needs+" "+m.Inexact), "")
	case choice >= 0 && !c.Choose:
		b.refuse(spec.At, m.ID, "can neither score given text nor choose by letter", needs, "")
	case choice >= 0:
		b.lettered(m)
	}
}

// lettered refuses benchmarks with more choices than there are letters.
func (b *builder) lettered(m Model) {
	for _, bench := range b.Benchmarks {
		if bench == nil || bench.Unlettered() == "" {
			continue
		}
		b.list = append(b.list, diag.Diagnostic{Range: bench.Spec.At,
			Summary: fmt.Sprintf("benchmark %q has more choices than letters", bench.Spec.ID),
			Detail:  fmt.Sprintf("Model %q answers by letter, and item %s has more than 26 choices.", m.ID, bench.Unlettered())})
	}
}

// traces wants what the neural axis measures of the models that it looks into.
func (b *builder) traces(spec study.Model, m Model, c llm.Capabilities) {
	n := b.Study.Axes.Neural
	if n == nil || !slices.Contains(n.Models, m.ID) {
		return
	}
	if n.Imatrix != nil {
		b.weights(spec, m)
		return
	}
	want := neural.Wanted(n.Measures)
	switch {
	case c.Offers(llm.Capabilities{Trace: want, Tokenize: true}):
	case c.Trace == 0:
		b.refuse(spec.At, m.ID, "cannot be looked into", "The neural axis needs traces.",
			`Name the models that have them under models in [axes.neural]; or have llama-imatrix measure all of them by their `+
				`files: imatrix = "run"; or turn the axis off.`)
	case c.Trace == llm.WantFinal:
		at := n.At
		if !slices.Contains(b.Study.Axes.Asked, axis.Neural) {
			at = spec.At
		}
		b.refuse(at, m.ID, "shows its final states and nothing else", fmt.Sprintf("The neural axis is to measure %s, and all "+
			"models must be measured alike.", strings.Join(n.Measures, ", ")),
			fmt.Sprintf("Write measures = %s in [axes.neural], or name there the models that show more: models = [...].",
				study.List(study.Offered(study.NeuralMeasures, c))))
	default:
		b.refuse(spec.At, m.ID, "does not show all that the neural axis measures", "Measures: "+strings.Join(n.Measures, ", ")+
			".", "Name fewer measures in [axes.neural].")
	}
}

// embeddings wants the models that the semantic axis names to embed.
func (b *builder) embeddings(m Model) {
	s := b.Study.Axes.Semantic
	if s == nil {
		return
	}
	c := llm.CapabilitiesOf(m.Driver)
	for _, e := range study.Embeddings {
		switch {
		case !e.OfModel() || !slices.Contains(s.Embeddings, e.Of(m.ID)) || c.Offers(e.Needs):
		case e.Needs.Trace != 0:
			b.refuse(s.At, m.ID, "cannot be looked into", "Embeddings from hidden states need traces of its layers.",
				fmt.Sprintf("Write %q, or another model.", "embed:"+m.ID))
		default:
			b.refuse(s.At, m.ID, "does not embed texts", "A llama-server does where it was started with --embeddings.", "")
		}
	}
}

// chat refuses a model that cannot be asked in its chat template, or whose choices cannot be scored in it.
func (b *builder) chat(at diag.Range, m Model, c llm.Capabilities) {
	if !slices.ContainsFunc(b.Study.Benchmarks, func(x study.Benchmark) bool { return x.Chat }) {
		return
	}
	choices := slices.ContainsFunc(b.Study.Benchmarks, func(x study.Benchmark) bool { return x.Chat && x.Task == study.Choice })
	if chatter, ok := m.Driver.(llm.Chatter); ok {
		if _, err := chatter.RenderChat(context.Background(), "?"); err != nil { // asks the model nothing
			b.refuse(at, m.ID, "cannot be asked in a chat template", err.Error(), "")
			return
		}
	}
	switch {
	case !c.Chat:
		b.refuse(at, m.ID, "cannot be asked in a chat template", "Its backend does not apply one.", "Ask without chat = true.")
	case choices && !c.ChatChoices:
		b.refuse(at, m.ID, "cannot score choices in a chat template",
			"Choices are scored behind the tokens of the template that the model is asked in, which its backend does not tell; "+
				"the template "+
				"in the model's file may be another, and so may that of a server that measures for it.",
			"Use task generate; or let the model's file, or a llama-server alone, answer for the model.")
	}
}

func (b *builder) refuse(at diag.Range, id, what, detail, suggestion string) {
	b.list = append(b.list, diag.Diagnostic{Severity: diag.Error, Summary: fmt.Sprintf("model %q %s", id, what), Detail: detail,
		Suggestion: suggestion, Range: at})
}
