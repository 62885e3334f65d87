// Package study reads a study file and says what its author asked for, or what is wrong with it and where.
//
// The pipeline: TOML bytes -> BurntSushi/toml for syntax and values -> a small scanner for the position of every key ->
// validation of every key and value against one schema -> a Study with defaults filled in, or diagnostics, all at once.
// Nothing is asked of models, and of other files only that they exist; a table of scores is read, since it names models and
// benchmarks.
package study

import (
	"cmp"
	"math"
	"slices"

	"sdmap/internal/diag"
	"sdmap/internal/results"
)

// Study is what the author asked for, validated and complete: defaults are filled in and paths are relative to Dir.
type Study struct {
	File string // as it was named on the command line
	Dir  string // the folder that holds it; every path of the study is inside
	Name string // the folder's name, or the file's without ".toml" when it is not study.toml

	Title   string
	Authors []string
	Date    string // of the data, YYYY-MM-DD; the page shows no other
	Seed    uint64

	AllowHosts []string // other machines whose servers may be asked, and from which files may be fetched
	FetchMost  int64    // bytes of a file that is fetched

	Named   []Named // files that are named by address, once each
	Outside Outside // where those of them lie that are here

	Benchmarks []Benchmark
	Models     []Model // globs are expanded, in the order of their names; where none is at hand, the rows of Scores
	Embedders  []Model // embed for the semantic axis and do nothing else; globs are expanded
	Corpus     *Corpus // nil where the study has none
	Scores     *Scores // a table of scores in place of running models; nil where there is none
	Axes       Axes
	Truth      *Truth
	Report     Report
}

// Scored are the models whose scores the study has: the rows of its table of scores, else those that run.
func (s *Study) Scored() []Model {
	if s.Scores != nil && len(s.Scores.Models) > 0 {
		return s.Scores.Models
	}
	return s.Models
}

// Task says how a benchmark is answered.
type Task string

const (
	Choice   Task = "choice"   // by the likeliest of the given answers
	Generate Task = "generate" // in words of the model's own, which a metric compares with the gold answer
)

// Benchmark is one `[[benchmarks]]` table.
type Benchmark struct {
	ID      string
	Label   string   // what readers see; empty where that is the id
	Source  string   // file of rows, or a pattern; empty only for a column of Scores
	Shards  []string // the files that Source stands for, where it is a pattern
	List    string   // of a JSON object: the name of the list of rows, or *.NAME; empty for the only one
	Lines   []string // of text in which a row is a block of lines: what each begins with, and its name in braces
	Header  bool     // CSV and TSV: whether the first line names the columns
	Layout  string   // name of the published form of the rows; empty where the study gives keys
	Task    Task
	Prompt  string // template; "{question}" by default
	Choices string // field path of the list of choices; "choices" by default
	Answer  string // field path of the answer: an index, a letter or the choice's text; for generate the reference
	// ChoiceTemplates stand in place of Choices where choices are fixed or lie in several fields; one a choice.
	ChoiceTemplates []string
	AnswerIs        string // one of Readings; empty for the one that fits
	Blank           string // mark in the prompt in whose place choices are put; empty where they follow it
	// Delimiter stands between prompt and choice; " " by default. With Chat nothing does: it only joins examples.
	Delimiter string
	// choice: acc (default), acc_norm, acc_bytes, acc_mutual_info, acc_token, mc2; generate: exact (default), numeric, regex, f1
	Metric  string
	Pattern string // for metric "regex": its first group is the answer
	Last    bool   // the pattern's last match counts, not its first
	// Unconditional asks for choices without their prompt too, for the sake of another metric from the same replies
	Unconditional bool
	Chance        *float64 // nil: from each item's number of choices (choice) or 0 (generate)
	Fewshot       *Fewshot
	Wording       string // field path of the name of the wording that a row was made from; empty: wordings are found
	Family        string // defaults to the id up to its first dot
	Format        string // defaults to the task
	Limit         int    // items; 0 is all
	Sample        bool   // the items of Limit are drawn, by Seed; else they are the first ones of the file
	Seed          uint64 // the study's
	MaxTokens     int    // generate; 32 by default
	Stop          []string
	OnBadRow      string // "stop" (default) or "skip"
	Chat          bool   // the prompt is one user message in the model's own chat template

	// Of a column of Scores.
	Scale  float64 // the score of a perfect model in the file; 0: as all
	Items  int     // items behind its scores; 0: as all
	Lower  bool    // lower is better: scores are taken from Scale
	StdErr string  // the column of its standard errors

	Outside Outside // where files lie that are not in the study's folder

	At     diag.Range
	Places map[string]diag.Range // where the value of each given key stands ("fewshot.source" too)
}

// Shown is the name that readers see.
func (b Benchmark) Shown() string { return cmp.Or(b.Label, b.ID) }

// Fewshot puts solved examples in front of every prompt.
type Fewshot struct {
	Count   int
	Seed    uint64
	Source  string // defaults to the benchmark's own file; an item is never its own example
	InOrder bool   // the first rows of the file are the examples; else they are drawn
}

// Files are the files of the benchmark's rows, in order.
func (b Benchmark) Files() []string {
	if b.Shards != nil || b.Source == "" {
		return b.Shards
	}
	return []string{b.Source}
}

// Values of Model.Measure.
const (
	Blob   = "blob"   // the in-process engine on the GGUF file behind the model
	Server = "server" // a llama-server with the same weights
	// OptionLetters is nothing: choices are read from the first letter of an answer.
	OptionLetters = "option_letters"
)

// Model is one model of `[[models]]` or `[[embedders]]`, after globs are expanded.
type Model struct {
	ID      string
	Label   string   // what readers see; empty where that is the id
	Backend string   // "scores" for a row of a table
	Path    string   // of the file or folder that is run in process, or its address; of a split model, its first part
	Parts   []string // all files of the model at Path
	URL     []string // of its server, or of several with the same weights; none where none answers for it
	Name    string   // the model's name there, with its tag
	Measure string   // what log-probabilities and traces come from, for backends that give none themselves
	Server  string   // URL of the llama-server behind Measure "server"
	KeyEnv  string   // environment variable with the key of the servers at URL; empty where none is sent

	ServerKeyEnv string // the same for Server

	Lineage string // defaults to the id

	Covariates map[string]string // what is known of the model beside its scores, by name

	At     diag.Range
	Places map[string]diag.Range // where the value of each given key stands
}

// Shown is the name that readers see.
func (m Model) Shown() string { return cmp.Or(m.Label, m.ID) }

// Remote says whether a server answers for the model.
func (m Model) Remote() bool { return len(m.URL) > 0 }

// Files are all files of the model: none for one behind a server, the one at Path, the parts of a split model, or what lies in
// the folder.
func (m Model) Files() []string { return m.Parts }

// Corpus is the in-the-wild text behind signatures.
type Corpus struct {
	Source string // text with `%% id domain` lines, or JSONL with text, id and domain
	Limit  int    // pieces; 0 is all

	Outside Outside // where it lies, if not in the study's folder

	At diag.Range
}

// Scores is a table of models by benchmarks, for leaderboards whose models cannot be run.
type Scores struct {
	Source string
	Items  int     // items behind each score, where known: gives standard errors; 0 is unknown
	Scale  float64 // the score of a perfect model in the file; Values are divided by it

	Models []Model     // its rows: backend "scores", no path; where ids are equal, they are models at hand
	Values [][]float64 // Models x Study.Benchmarks, at most 1; negative where normalised by chance; NaN is missing
	Errors [][]float64 // the same shape: standard errors that the table gives, NaN where it gives none; nil without any
	Counts [][]int     // the same shape: items that the table gives for each score, 0 where it gives none; nil without any

	// Of logs, which stand in place of a table.
	Logs   *results.Account // nil for a table
	Files  []string         // all that were looked at
	ByItem []*ItemScores    // by Study.Benchmarks, nil where items are not known; nil where they are not of half of them

	Covariates   []Covariate
	Perplexities []string // ids of benchmarks whose scores are 1 - ln x / ln(the largest), x a perplexity
	LikeLineage  string   // a column left out whose words repeat and are called as lineages are, where none is named; else empty
	LeftOut      []string // columns that take no part, as the file names them
	RowsLeftOut  int
	At           diag.Range
}

// Covariate is a column that describes models, such as their size, and is no benchmark.
type Covariate struct {
	Name  string
	Texts []string // by model, as the file has them; empty where it has none
}

// ItemsOf is how many items stand behind a score; 0 is unknown.
func (s *Scores) ItemsOf(model, benchmark int, b Benchmark) int {
	if s.Counts != nil && s.Counts[model][benchmark] > 0 {
		return s.Counts[model][benchmark]
	}
	return cmp.Or(b.Items, s.Items)
}

// NoChance names the benchmarks that are not held against chance: the study gives no chance or no items of them, or their scores
// are no shares of right answers. Scores made of perplexities have no chance.
func (s *Scores) NoChance(benchmarks []Benchmark) []string {
	var out []string
	for j, b := range benchmarks {
		if !slices.Contains(s.Perplexities, b.ID) && (b.Chance == nil || !s.counts(j, b)) {
			out = append(out, b.Shown())
		}
	}
	return out
}

// counts says whether all scores of a benchmark are shares of right answers to known numbers of items.
func (s *Scores) counts(benchmark int, b Benchmark) bool {
	for i, row := range s.Values {
		if v := row[benchmark]; v < 0 || !math.IsNaN(v) && s.ItemsOf(i, benchmark, b) == 0 {
			return false
		}
	}
	return true
}

// Axes holds the options of the four axes; an axis that is off is nil. Every axis that the study's inputs allow is on
// unless its table says on = false; a table for an axis that they do not allow is a fault.
type Axes struct {
	Performance *Performance
	Perplexity  *Perplexity
	Semantic    *Semantic
	Neural      *Neural
	Off         []AxisOff // the axes that are nil, and why
	Asked       []string  // the axes whose tables the study writes down
}

// turnedOff is the reason of an axis that the author does not want.
const turnedOff = "the study turns it off"

// WhyOff says why an axis that the author did not turn off is off; empty where there is nothing to say.
func (a *Axes) WhyOff(name string) string {
	for _, o := range a.Off {
		if o.Axis == name && o.Reason != turnedOff {
			return o.Reason
		}
	}
	return ""
}

// AxisOff says why an axis is not computed.
type AxisOff struct{ Axis, Reason string }

// Performance is `[axes.performance]`.
type Performance struct {
	Splits       int // random halves of the items for reliability; 100
	Bootstrap    int // half-samples of models for intervals; 1000
	Permutations int // at least, for flags; 9999 (raised to what Benjamini-Yekutieli needs)
	MinModels    int // that a pair of benchmarks must both have scores of, where scores are missing; 8
	At           diag.Range
}

// Values of Perplexity.
const (
	LastToken = "last_token" // Unit: the surprisal of a piece is that of its last token, in nats
	TiesFirst = "first"      // Ties: equal values are ranked in the order of the models
)

// Perplexity is `[axes.perplexity]`.
type Perplexity struct {
	Import      string   // table of surprisals, texts by models, in place of a corpus; empty where there is none
	Recipe      string   // RecipePaper, RecipeCode or empty; the options below are what it sets
	Ties        string   // "average" (default) or TiesFirst
	Unit        string   // "piece" (default) or LastToken
	Context     string   // "stride" (default) or "window"
	Before      int      // pieces of a document that are context only; 30
	Standardise string   // "model" (default) or "none"
	ResidualG   bool     // rank(y) residualised on the general factor; true
	Ratio       float64  // of each tail that goes on to a selector; 0.01
	K           int      // pieces of a signature; 50
	Selectors   []string // good (default), signed, aic, ebic, lasso; the first is primary
	Splits      int      // of models and documents, for disjoint signatures; 30
	Repairings  int      // of models' scores with other models' surprisals, for the null; 199
	Familiarity []string // what is read of items: question (default), answer; empty for none
	Primary     string   // "familiarity" or "signature": which of the two enters the map; the first that can be had
	Asked       bool     // the author turned the axis on; else it is on as far as models allow
	At          diag.Range
}

// Semantic is `[axes.semantic]`.
type Semantic struct {
	Embeddings   []string // of Embeddings, as "tfidf" or "hidden:<id>", the id of a model or an embedder; the first is primary
	Chosen       bool     // the author named the embeddings; else they depend on what models can show
	Text         string   // "question" (default), "choices", "answer"
	Dimensions   int      // of the truncated SVD; 64
	Items        int      // at most a benchmark; 0 is all
	Wu           bool     // Wu et al.'s overlap beside it
	WuDraws      int      // 100
	Permutations int      // half-samples for tests; 9999 at least
	At           diag.Range
}

// Neural is `[axes.neural]`.
type Neural struct {
	Items        int      // at most a benchmark; 0 is all
	Models       []string // ids
	Chosen       bool     // the author named the models; else they are all that can be traced
	Measures     []string // of NeuralMeasures; hidden is primary, or final without it
	Permutations int
	Imatrix      *Imatrix // energies come from llama-imatrix, for all models alike; nil: models are traced
	At           diag.Range
}

// Imatrix is what [axes.neural] says of llama-imatrix.
type Imatrix struct {
	Files map[Cell][]string // given files, each about a part of the items; nil: the program is run
	Folds int               // parts of a benchmark that the program measures; 8
	Chunk int               // tokens that the program reads at once; 0: by the shortest fold
	At    diag.Range        // of the value
}

// Cell is a model on a benchmark, by ids.
type Cell struct{ Model, Benchmark string }

// Truth names the file that says what was planted; only the recovery section reads it.
type Truth struct {
	Source string
	At     diag.Range
}

// Report is `[report]`.
type Report struct {
	Narrative    string  // narrative.md where it exists
	Bibliography string  // references.bib where it exists
	OnlyIDs      bool    // items and pieces of the corpus are named, and their texts are not shown
	Replicates   int     // half-samples behind the map's ellipses; 500
	Scaling      string  // of the axes on the map: "trace" (default) or "mfa"
	Q            float64 // of Benjamini-Yekutieli; 0.1
	At           diag.Range
}
