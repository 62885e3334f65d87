package export

import (
	"math"

	"sdmap/internal/axis"
	"sdmap/internal/axis/performance"
	"sdmap/internal/benchmark"
	"sdmap/internal/study"
)

// Row is the answer of one model to one item. A pointer or a list that is nil is a null in every form. Lists go by the item's
// choices. What the columns mean stands in columns.
type Row struct {
	Benchmark string `json:"benchmark" parquet:"benchmark,dict"`
	Model     string `json:"model" parquet:"model,dict"`
	Item      string `json:"item" parquet:"item,dict"`
	Number    int32  `json:"number" parquet:"number"`
	Digest    string `json:"item_digest" parquet:"item_digest,dict"`
	Asked     string `json:"asked" parquet:"asked,dict"`
	Metric    string `json:"metric" parquet:"metric,dict"`

	Prompt        *string  `json:"prompt" parquet:"prompt,optional,dict"`
	Choices       []string `json:"choices" parquet:"choices,optional,list"`
	Contexts      []string `json:"contexts" parquet:"contexts,optional,list"`
	Continuations []string `json:"continuations" parquet:"continuations,optional,list"`
	Right         []bool   `json:"right" parquet:"right,optional,list"`
	References    []string `json:"references" parquet:"references,optional,list"`

	LogProbs []*float64 `json:"logprobs" parquet:"logprobs,optional,list"`
	Alone    []float64  `json:"logprobs_alone" parquet:"logprobs_alone,optional,list"`
	Tokens   []int32    `json:"tokens" parquet:"tokens,optional,list"`
	Values   []*float64 `json:"values" parquet:"values,optional,list"`
	Chosen   *int32     `json:"chosen" parquet:"chosen,optional"`
	Tied     bool       `json:"tied" parquet:"tied"`

	Text      *string `json:"text" parquet:"text,optional"`
	Extracted *string `json:"extracted" parquet:"extracted,optional"`
	Generated *int32  `json:"generated_tokens" parquet:"generated_tokens,optional"`
	End       *string `json:"end" parquet:"end,optional,dict"`

	Truncated bool     `json:"truncated" parquet:"truncated"`
	Straddled bool     `json:"straddled" parquet:"straddled"`
	Score     *float64 `json:"score" parquet:"score,optional"`
	Counts    bool     `json:"counts" parquet:"counts"`
	Error     *string  `json:"error" parquet:"error,optional,dict"`

	Key    string `json:"key" parquet:"key,dict"`
	Output string `json:"output" parquet:"output,dict"`
}

// columns say what each column of Row means.
var columns = [][2]string{
	{"benchmark", "id of the benchmark in the study"},
	{"model", "id of the model in the study"},
	{"item", "id of the item: the row's own, else row-N"},
	{"number", "of the item in the benchmark, from 0"},
	{"item_digest", "of prompt and choices: equal items have equal digests"},
	{"asked", "log-probability: of every choice; option letters: of the letter that an answer begins with; text: generated"},
	{"metric", "the rule that scores the reply; choices asked by letter are right or wrong, whatever it is"},
	{"prompt", "as the model was asked it; under a chat template, the user's message"},
	{"choices", "the item's choices"},
	{"contexts", "of an item with a blank: what stands before the scored text, by choice"},
	{"continuations", "what is scored behind the prompt, or behind the context, by choice"},
	{"right", "which choices are right"},
	{"references", "what a generated text is compared with"},
	{"logprobs", "sum over the tokens of each continuation, or log-probability of each letter, nats; null: not shown " +
		"by the backend"},
	{"logprobs_alone", "the same sums without the prompt, where they were asked for"},
	{"tokens", "number of tokens of each continuation"},
	{"values", "what the metric compares, by choice"},
	{"chosen", "the choice of greatest value, from 0; of equal ones the first"},
	{"tied", "another choice has the same value"},
	{"text", "generated text"},
	{"extracted", "the part of it that the metric compares; null where the rule finds none"},
	{"generated_tokens", "number of generated tokens"},
	{"end", "why the generation ended"},
	{"truncated", "the prompt lost its beginning, or the generation met the end of the context"},
	{"straddled", "a token lies across the end of the prompt, and counts to the continuation"},
	{"score", "of the reply, from 0 to 1; null where there is none"},
	{"counts", "the item is in the model's score: no model failed to take it, and the model has a score"},
	{"error", "why there is no score"},
	{"key", "of the stored action behind the row; sdmap why shows it"},
	{"output", "digest of that action's result"},
}

// withoutTexts stands in place of a reason, which may quote an item.
const withoutTexts = "the model could not take the item; the reason is left out with the texts"

// Rows are those of a model and a benchmark; texts of items and replies are left out unless texts is set.
func (a *Answers) Rows(i, j int, texts bool) ([]Row, error) {
	graded, err := a.Graded(i, j)
	if err != nil {
		return nil, err
	}
	return a.rowsOf(i, j, graded, texts), nil
}

func (a *Answers) rowsOf(i, j int, graded []performance.Graded, texts bool) []Row {
	b, at := a.Benchmarks[j], a.cells[i][j].entry
	scored, asked := a.Summary(j, graded).Why == "", performance.Asked(b, graded)
	out := make([]Row, len(graded))
	for k, g := range graded {
		r := Row{Benchmark: b.Spec.ID, Model: a.Study.Models[i].ID, Item: b.Items[k].ID, Number: int32(k),
			Digest: a.digests[j][k], Asked: asked, Metric: b.Spec.Metric, Right: b.Items[k].Right(),
			Truncated: g.Truncated, Counts: scored && !a.dropped[j][k], Key: at.Action.String(), Output: at.Output.String()}
		r.answer(b, g)
		if texts {
			r.texts(b, k, g)
		} else if g.Refused != "" {
			r.Error = new(withoutTexts)
		}
		out[k] = r
	}
	return out
}

// answer fills in what the model answered, but for texts.
func (r *Row) answer(b *benchmark.Benchmark, g performance.Graded) {
	if !math.IsNaN(g.Score) {
		r.Score = new(g.Score)
	}
	if g.Why != "" {
		r.Error = new(g.Why)
	}
	switch {
	case g.Refused != "":
		return
	case b.Spec.Task == study.Generate:
		r.Generated, r.End = new(int32(g.Reply.Tokens)), new(g.Reason)
		return
	case g.Letters != nil:
		r.LogProbs = finite(g.Values)
	default:
		r.LogProbs, r.Alone, r.Straddled = finite(g.Choice.LogProbs), g.Choice.Uncond, g.Choice.Straddled
		for _, n := range g.Choice.Tokens {
			r.Tokens = append(r.Tokens, int32(n))
		}
	}
	r.Values, r.Tied = finite(g.Values), g.Tied
	if g.Chosen >= 0 {
		r.Chosen = new(int32(g.Chosen))
	}
}

// texts fills in what was asked and written.
func (r *Row) texts(b *benchmark.Benchmark, k int, g performance.Graded) {
	item := b.Items[k]
	r.Prompt = new(item.Prompt)
	if r.Asked == axis.Letter {
		r.Prompt = new(item.Lettered)
	}
	if b.Spec.Task == study.Generate {
		if r.References = item.References; len(r.References) == 0 {
			r.References = []string{item.Reference}
		}
		if g.Refused == "" {
			r.Text = new(g.Text)
		}
		if g.Found {
			r.Extracted = new(g.Extracted)
		}
		return
	}
	r.Choices, r.Contexts = item.Choices, item.Contexts
	if r.Asked == axis.Letter {
		return
	}
	for c := range item.Choices {
		scored := item.Scored(c)
		if item.Continuations == nil && !b.Spec.Chat {
			scored = item.Delimiter + scored
		}
		r.Continuations = append(r.Continuations, scored)
	}
}

// finite has null for what is no number.
func finite(values []float64) []*float64 {
	out := make([]*float64, len(values))
	for k, v := range values {
		if !math.IsInf(v, 0) && !math.IsNaN(v) {
			out[k] = new(v)
		}
	}
	return out
}
