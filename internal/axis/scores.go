package axis

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"sdmap/internal/matrix"
	"sdmap/internal/results"
	"sdmap/internal/stats"
)

// ScoreTable is what m models scored on B benchmarks, with the items behind every score. The performance axis makes it;
// other axes and the report read it. Indices of models and benchmarks are those of the study.
type ScoreTable struct {
	Models, Lineages                       []string // m
	Benchmarks, Families, Formats, Metrics []string // B

	Score *matrix.Labelled // m x B: mean over items
	SE    *matrix.Labelled // m x B: sample SD (n-1) over sqrt(n); missing where items are not known

	Chance     []float64  // B: mean of the items' chances
	Constant   []float64  // B: share of the commonest answer position; 0 where answers have no positions
	Items      [][]string // by benchmark: ids of its n_b items; empty where scores were imported
	ItemChance []Floats   // by benchmark: n_b
	ItemScores []Floats   // by benchmark: m x n_b, row-major; empty where scores were imported

	Ties      [][]int // B x m: items in which more than one choice was best
	Equal     [][]int // B x m: items in which every choice had the same log-probability
	Straddled [][]int // B x m: items whose context is no prefix of context and choice, by tokens
	Truncated [][]int // B x m: items that did not fit the model's context

	// Choices that were read from the first letter of an answer, where a model cannot score given text; nil where there are none.
	ByLetter [][]bool `json:",omitempty"` // B x m
	Unseen   [][]int  `json:",omitempty"` // B x m: items with a letter that the backend did not show

	// Generated replies that say nothing to score: B x m; nil where there are none.
	Empty     [][]int `json:",omitempty"` // without any text
	Unmatched [][]int `json:",omitempty"` // with text in which the benchmark's rule finds no answer

	// Items that a model could not take, too long for it or with bytes that it has no tokens for; nil where there are none. They
	// are
	// in no score, of any model, so that all models are compared on the same items; Dropped counts them.
	Refused [][]int `json:",omitempty"` // B x m
	Dropped []int   `json:",omitempty"` // by benchmark

	// Of scores that were imported.
	Behind     [][]int     `json:",omitempty"` // B x m: items behind each score, 0 where not known; nil where nowhere known
	Covariates []Covariate `json:",omitempty"` // what is known of the models beside their scores
	Labels     *Labels     `json:",omitempty"` // nil where readers see ids

	Logs *results.Account `json:",omitempty"` // the logs that scores come from; nil where they come from elsewhere

	Failed []Lost `json:",omitempty"` // models on benchmarks of which there are no replies, so that they have no score

	Skipped   []int // by benchmark: rows that were skipped as bad
	Shared    []SharedItems
	Identical [][2]int // models whose raw replies are the same everywhere
	Imported  bool     // from a table of scores, or from logs that have no items; nothing was run
}

// Covariate is something that is known of each model, such as its size, in the words of its source; empty where it is not known.
type Covariate struct {
	Name  string
	Texts []string // m
}

// Labels are what readers see in place of ids, by id. What has none is shown by its id.
type Labels struct{ Models, Benchmarks map[string]string }

// Model is what readers see of a model. Labels may be nil.
func (l *Labels) Model(id string) string {
	if l == nil {
		return id
	}
	return cmp.Or(l.Models[id], id)
}

// Benchmark is the same of a benchmark.
func (l *Labels) Benchmark(id string) string {
	if l == nil {
		return id
	}
	return cmp.Or(l.Benchmarks[id], id)
}

// Each is what readers see of some benchmarks.
func (l *Labels) Each(ids []string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = l.Benchmark(id)
	}
	return out
}

// SharedItems counts the items that two benchmarks A < B have in common.
type SharedItems struct{ A, B, Items int }

// Encode gives the table as JSON.
func (t *ScoreTable) Encode() ([]byte, error) {
	if err := t.Validate(); err != nil {
		return nil, err
	}
	return json.Marshal(t)
}

// DecodeScores reads what ScoreTable.Encode wrote.
func DecodeScores(data []byte) (*ScoreTable, error) {
	var t ScoreTable
	if err := json.Unmarshal(data, &t); err != nil {
		return nil, fmt.Errorf("table of scores: %w", err)
	}
	return &t, t.Validate()
}

// Validate checks that all parts of the table have the same shape.
func (t *ScoreTable) Validate() error {
	m, b := len(t.Models), len(t.Benchmarks)
	if t.Score == nil || t.SE == nil || len(t.Score.Data) != m*b || len(t.SE.Data) != m*b {
		return fmt.Errorf("table of scores: the matrices are not %d x %d", m, b)
	}
	if len(t.Lineages) != m {
		return fmt.Errorf("table of scores: %d lineages for %d models", len(t.Lineages), m)
	}
	for _, n := range []int{len(t.Families), len(t.Formats), len(t.Metrics), len(t.Chance), len(t.Constant), len(t.Items),
		len(t.ItemChance), len(t.ItemScores), len(t.Ties), len(t.Equal), len(t.Straddled), len(t.Truncated), len(t.Skipped)} {
		if n != b {
			return fmt.Errorf("table of scores: a column of %d values for %d benchmarks", n, b)
		}
	}
	if t.ByLetter != nil && (len(t.ByLetter) != b || len(t.Unseen) != b) {
		return fmt.Errorf("table of scores: choices by letter of %d and %d benchmarks, not %d", len(t.ByLetter), len(t.Unseen), b)
	}
	for i := range t.ByLetter {
		if len(t.ByLetter[i]) != m || len(t.Unseen[i]) != m {
			return fmt.Errorf("table of scores: choices by letter of %d models, not %d", len(t.ByLetter[i]), m)
		}
	}
	if t.Refused != nil && (len(t.Refused) != b || len(t.Dropped) != b) {
		return fmt.Errorf("table of scores: refused items of %d and %d benchmarks, not %d", len(t.Refused), len(t.Dropped), b)
	}
	if t.Behind != nil && len(t.Behind) != b {
		return fmt.Errorf("table of scores: items behind the scores of %d benchmarks, not %d", len(t.Behind), b)
	}
	for i := range t.Behind {
		if len(t.Behind[i]) != m {
			return fmt.Errorf("table of scores: items behind the scores of %d models, not %d", len(t.Behind[i]), m)
		}
	}
	for _, c := range t.Covariates {
		if len(c.Texts) != m {
			return fmt.Errorf("table of scores: %q of %d models, not %d", c.Name, len(c.Texts), m)
		}
	}
	for i, s := range t.ItemScores {
		if len(s) != m*len(t.Items[i]) || len(t.ItemChance[i]) != len(t.Items[i]) {
			return fmt.Errorf("table of scores: %s has %d item scores for %d models and %d items",
				t.Benchmarks[i], len(s), m, len(t.Items[i]))
		}
	}
	return nil
}

// FromPerplexity is the metric of scores that a table gives as perplexities x: 1 - ln x / ln(the largest of the benchmark).
const FromPerplexity = "1 - ln(perplexity)/ln(largest)"

// Letter is the metric of choices that are read from the first letter of an answer.
const Letter = "letter"

// Metric is the rule by which a model's score on a benchmark came about.
func (t *ScoreTable) Metric(model, benchmark int) string {
	if t.ByLetter != nil && t.ByLetter[benchmark][model] {
		return Letter
	}
	return t.Metrics[benchmark]
}

// LetterModels lists the models with choices by letter, and those with choices by the log-probability of their words.
func (t *ScoreTable) LetterModels() (letters, words []int) {
	if t.ByLetter == nil {
		return nil, nil
	}
	for m := range t.Models {
		if slices.ContainsFunc(t.ByLetter, func(column []bool) bool { return column[m] }) {
			letters = append(letters, m)
		} else {
			words = append(words, m)
		}
	}
	return letters, words
}

// Scored lists the models that have a score on some benchmark.
func (t *ScoreTable) Scored() []int {
	out := []int{}
	for i := range t.Models {
		for b := range t.Benchmarks {
			if _, ok := t.Score.At(i, b); ok {
				out = append(out, i)
				break
			}
		}
	}
	return out
}

// Of is the table of some models alone, in the given order.
func (t *ScoreTable) Of(models []int) *ScoreTable {
	out := *t
	out.Models, out.Lineages, out.Identical = choose(t.Models, models), choose(t.Lineages, models), nil
	out.Score, out.SE = rows(t.Score, models), rows(t.SE, models)
	out.ItemScores = slices.Clone(t.ItemScores)
	for b, scores := range t.ItemScores {
		n := len(t.Items[b])
		out.ItemScores[b] = nil
		for _, m := range models {
			if len(scores) > 0 {
				out.ItemScores[b] = append(out.ItemScores[b], scores[m*n:(m+1)*n]...)
			}
		}
	}
	for _, counts := range []*[][]int{&out.Ties, &out.Equal, &out.Straddled, &out.Truncated, &out.Unseen, &out.Refused,
		&out.Empty, &out.Unmatched, &out.Behind} {
		*counts = chooseEach(*counts, models)
	}
	out.ByLetter = chooseEach(t.ByLetter, models)
	out.Covariates = nil
	for _, c := range t.Covariates {
		out.Covariates = append(out.Covariates, Covariate{c.Name, choose(c.Texts, models)})
	}
	return &out
}

func choose[T any](all []T, indices []int) []T {
	out := make([]T, len(indices))
	for k, i := range indices {
		out[k] = all[i]
	}
	return out
}

func chooseEach[T any](lists [][]T, indices []int) [][]T {
	if lists == nil {
		return nil
	}
	out := make([][]T, len(lists))
	for i, l := range lists {
		out[i] = choose(l, indices)
	}
	return out
}

func rows(m *matrix.Labelled, indices []int) *matrix.Labelled {
	if m == nil {
		return nil
	}
	out := matrix.New(m.Name, m.Unit, choose(m.Rows, indices), m.Cols)
	for k, i := range indices {
		for j := range m.Cols {
			if v, ok := m.At(i, j); ok {
				out.Set(k, j, v)
			} else {
				out.SetMissing(k, j, m.Reason(i, j))
			}
		}
	}
	return out
}

// Columns returns the scores benchmark by benchmark: B columns of m. A benchmark that lacks a score is nil.
func (t *ScoreTable) Columns() [][]float64 {
	out := make([][]float64, len(t.Benchmarks))
	for b := range out {
		if column, ok := t.Score.Col(b); ok {
			out[b] = column
		}
	}
	return out
}

// ItemCounts returns the number of items of each benchmark, 0 where scores were imported: what Draw asks for.
func (t *ScoreTable) ItemCounts() []int {
	out := make([]int, len(t.Items))
	for b, items := range t.Items {
		out[b] = len(items)
	}
	return out
}

// ItemsOf is how many items stand behind a score; 0 where that is not known.
func (t *ScoreTable) ItemsOf(model, benchmark int) int {
	if t.Behind != nil {
		return t.Behind[benchmark][model]
	}
	return len(t.Items[benchmark])
}

// ItemsBehind is the range of ItemsOf over the models with a score of a benchmark.
func (t *ScoreTable) ItemsBehind(benchmark int) (least, most int) {
	for m := range t.Models {
		if _, ok := t.Score.At(m, benchmark); !ok {
			continue
		}
		n := t.ItemsOf(m, benchmark)
		if most == 0 || n < least {
			least = n
		}
		most = max(most, n)
	}
	return least, most
}

// On returns the scores of some models on some items of each benchmark, B columns of len(models). Where items are not
// known the whole score stands.
func (t *ScoreTable) On(models []int, items [][]int) [][]float64 {
	return t.on(t.Columns(), models, items)
}

func (t *ScoreTable) on(out [][]float64, models []int, items [][]int) [][]float64 {
	for b, column := range out {
		if column == nil {
			continue
		}
		out[b] = make([]float64, len(models))
		n := len(t.Items[b])
		for k, i := range models {
			if n == 0 || len(items[b]) == 0 {
				out[b][k] = column[i]
				continue
			}
			row := t.ItemScores[b][i*n : (i+1)*n]
			var sum float64
			for _, item := range items[b] {
				sum += row[item]
			}
			out[b][k] = sum / float64(len(items[b]))
		}
	}
	return out
}

// ScoreLevel is the level of the intervals of scores.
const ScoreLevel = 0.95

// Interval is the interval of a score at ScoreLevel: the mean and as many SE as that takes to both sides, and Wilson's where
// every item has the same score 0 or 1, for there the standard error says nothing. False where items are not known.
func (t *ScoreTable) Interval(model, benchmark int) (lo, hi float64, ok bool) {
	v, okV := t.Score.At(model, benchmark)
	se, okSE := t.SE.At(model, benchmark)
	if !okV || !okSE {
		return 0, 0, false
	}
	n := len(t.Items[benchmark])
	if n > 0 && (v == 0 || v == 1) {
		lo, hi, err := stats.Wilson(int(v)*n, n, ScoreLevel)
		return lo, hi, err == nil
	}
	half, least := stats.NormalQuantile((1+ScoreLevel)/2)*se, 0.0
	if v < 0 { // normalised by chance
		least = -1
	}
	return max(least, v-half), min(1, v+half), true
}
