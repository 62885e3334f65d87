package study

import (
	"fmt"
	"strings"
)

// Kind is what a key's value may be.
type Kind string

// The kinds are named as messages and the documentation of the format name them.
const (
	Text        Kind = "text"
	Texts       Kind = "list of texts"
	TextOrTexts Kind = "text or list of texts"
	Integer     Kind = "integer"
	Number      Kind = "number"
	Boolean     Kind = "true or false"
	Date        Kind = "date"
	Names       Kind = "table of texts"
	TextOrNames Kind = "text or table of texts"
	Table       Kind = "table"
	Tables      Kind = "array of tables"
)

// Option is one key of a study: what it may hold, what it is when left out, and what it means. The list of options is
// the only description of the format: it validates studies and it prints the documentation.
type Option struct {
	Key      string // dotted, without indexes: "benchmarks.fewshot.count"
	Kind     Kind
	Required bool
	Default  any    // of the Go type that Kind decodes to; nil where Unset says what happens
	Unset    string // the default in words, where it is not a constant
	Allowed  []string
	Former   map[string]string // what some of Allowed were called in earlier releases
	Min, Max float64           // inclusive; both 0 where there is no range
	Shown    bool              // readers meet the text: it is a line that can be shown
	Doc      string
}

// DefaultText is the default as the documentation shows it; empty where there is none.
func (o Option) DefaultText() string {
	switch v := o.Default.(type) {
	case nil:
		return o.Unset
	case string:
		return fmt.Sprintf("%q", v)
	case []string:
		return List(v)
	default:
		return fmt.Sprint(v)
	}
}

// List is a list of texts as a study writes it.
func List(texts []string) string {
	out := make([]string, len(texts))
	for i, s := range texts {
		out[i] = fmt.Sprintf("%q", s)
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// Table is the dotted path of the table that holds the key; empty at the top.
func (o Option) Table() string {
	table, _, _ := cutLast(o.Key)
	return table
}

// Name is the key without its table.
func (o Option) Name() string {
	_, name, _ := cutLast(o.Key)
	return name
}

func cutLast(key string) (table, name string, found bool) {
	i := strings.LastIndexByte(key, '.')
	if i < 0 {
		return "", key, false
	}
	return key[:i], key[i+1:], true
}

// Values of items in [report].
const (
	ItemTexts = "texts"
	ItemIDs   = "ids"
)

// Metrics lists the scoring rules of a task; the first is the default.
func Metrics(t Task) []string {
	if t == Generate {
		return []string{"exact", "numeric", "regex", "f1"}
	}
	return []string{"acc", "acc_norm", "acc_bytes", "acc_mutual_info", "acc_token", MC2}
}

// MC2 is the one metric of choices that takes several true ones: the probability that they have among all.
const MC2 = "mc2"

// Readings are what the answers of a choice can be.
var Readings = []string{"index0", "index1", "letter", "label", "text"}

// Of files that are named by address.
const (
	addressForms = "https://HOST/PATH, hf://datasets/OWNER/NAME@REVISION/PATH, hf://OWNER/NAME@REVISION/PATH"
	digestUnset  = "none; an address needs it"
	digestDoc    = "SHA-256 of the file behind the address; sdmap fetch prints it."
)

const whatInputsAllow = "on where the study's inputs allow it"

// FileOrder is the order of few-shot examples as they stand in their file.
const FileOrder = "file"

// many is an upper bound for counts: far above sense, far below overflow.
const many = 1e9

var schema = []Option{ // FormatOf fills in what depends on backends and measures
	{Key: "title", Kind: Text, Shown: true, Unset: "the study's name", Doc: "Title of the report."},
	{Key: "authors", Kind: Texts, Shown: true, Unset: "none", Doc: "Authors of the report, for citing it."},
	{Key: "date", Kind: Date, Unset: "undated", Doc: "Date of the data, YYYY-MM-DD; the report shows no other."},
	{Key: "seed", Kind: Integer, Default: 1, Max: 1 << 62, Doc: "Seed of everything random. Each step has its own stream."},
	{Key: "allow_hosts", Kind: Texts, Unset: "none: servers on this machine only",
		Doc: "Names or addresses of other machines whose servers may be asked, and from which files named by address may be " +
			"fetched; what servers are sent leaves this machine."},
	{Key: "fetch_gb", Kind: Number, Default: 8.0, Min: 1e-6, Max: 1e4,
		Doc: "The largest file that is fetched, in GB (1e9 bytes)."},

	{Key: "benchmarks", Kind: Tables, Doc: "One [[benchmarks]] table for each benchmark."},
	{Key: "benchmarks.id", Kind: Text, Required: true, Doc: "Name: lower-case letters, digits, '.', '_', '-'."},
	{Key: "benchmarks.source", Kind: Text, Unset: "none; needed unless [scores] stands for running models",
		Doc: "File of rows: JSON Lines, a JSON array, a list inside one JSON object, CSV, TSV or Parquet, packed by gzip or " +
			"zstd or not, told by its content. * ? and [a-z] stand for many files, read in the order of their names. Or its " +
			"address: " + addressForms + "."},
	{Key: "benchmarks.sha256", Kind: Text, Unset: digestUnset, Doc: digestDoc},
	{Key: "benchmarks.layout", Kind: Text, Unset: "none", Allowed: LayoutNames(), Doc: "Name for a published form of rows: " +
		"keys and values that count where the table does not give them; `sdmap help layouts` writes them out."},
	{Key: "benchmarks.rows", Kind: Text, Unset: "the only list of the object", Doc: "Name of the list of rows, in a file that " +
		"is one JSON object; \"*.NAME\" where every member of the object has a list, whose rows have the member's other " +
		"fields, too."},
	{Key: "benchmarks.lines", Kind: Texts, Unset: "none",
		Doc: "For text in which a row is a block of lines between blank ones: " +
			"what each line begins with and, in braces, its name: [\"{answer}\", \"{question}\", \"A.{a}\", \"B.{b}\"]."},
	{Key: "benchmarks.header", Kind: Boolean, Default: true, Doc: "Whether the first line of CSV or TSV names the columns; " +
		"else they are c1, c2, and so on."},
	{Key: "benchmarks.task", Kind: Text, Default: string(Choice), Allowed: []string{string(Choice), string(Generate)},
		Doc: "choice: the model ranks given answers; generate: it writes one."},
	{Key: "benchmarks.prompt", Kind: Text, Default: "{question}", Doc: "Template of what the model reads: {field}, {a.b}, " +
		"{list[0]}; {{ is a brace."},
	{Key: "benchmarks.choices", Kind: TextOrTexts, Default: "choices", Doc: "Field that holds the choices: a list of texts " +
		"or of tables of text and label, a table of both lists, or a table of options by label; or a list of templates, one " +
		"a choice."},
	{Key: "benchmarks.answer", Kind: Text, Default: "answer", Doc: "Field of the answer. choice: an index, a letter, a " +
		"label, the choice's text, or true/false for index 1/0; generate: the reference, or a list of them, of which the " +
		"best counts."},
	{Key: "benchmarks.answer_is", Kind: Text, Unset: "what fits all rows; a fault where two readings do and differ",
		Allowed: Readings, Doc: "How the answers of the file are read: indexes from 0 or 1, letters, labels or texts of " +
			"choices."},
	{Key: "benchmarks.blank", Kind: Text, Unset: "none: choices follow the prompt", Doc: "Mark in the prompt in whose place " +
		"each choice is put; what stands behind it is scored."},
	{Key: "benchmarks.delimiter", Kind: Text, Default: " ", Doc: "Between prompt and choice, or prompt and example answer."},
	{Key: "benchmarks.metric", Kind: Text, Unset: `"acc" for choice, "exact" for generate`,
		Allowed: append(Metrics(Choice), Metrics(Generate)...), Doc: "Scoring rule. choice: acc, acc_norm, acc_bytes, " +
			"acc_mutual_info, acc_token, mc2; generate: exact, numeric, regex, f1."},
	{Key: "benchmarks.metrics", Kind: Texts, Unset: "none", Allowed: append(Metrics(Choice), Metrics(Generate)...),
		Doc: "Several rules in place of one: a benchmark ID.METRIC for each, from the same replies."},
	{Key: "benchmarks.pattern", Kind: Text, Unset: "none; metric regex needs one",
		Doc: "Regular expression (RE2) whose first group is the answer in a reply."},
	{Key: "benchmarks.which", Kind: Text, Default: "first", Allowed: []string{"first", "last"},
		Doc: "Which match of the pattern counts."},
	{Key: "benchmarks.chance", Kind: Number, Unset: "1/choices of each item, or 0 for generate", Max: 1,
		Doc: "Score of guessing."},
	{Key: "benchmarks.fewshot", Kind: Table, Unset: "none", Doc: "Solved examples in front of every prompt."},
	{Key: "benchmarks.fewshot.count", Kind: Integer, Required: true, Min: 1, Max: 1000, Doc: "Number of examples."},
	{Key: "benchmarks.fewshot.order", Kind: Text, Default: "drawn", Allowed: []string{"drawn", FileOrder},
		Doc: "Which rows are examples: drawn by the seed, or the first of the file."},
	{Key: "benchmarks.fewshot.seed", Kind: Integer, Unset: "the study's seed", Max: 1 << 62,
		Doc: "Seed of the draw of examples."},
	{Key: "benchmarks.fewshot.source", Kind: Text, Unset: "the benchmark's own rows; no item is its own example",
		Doc: "File to draw examples from, with the same fields, or its address."},
	{Key: "benchmarks.fewshot.sha256", Kind: Text, Unset: digestUnset, Doc: digestDoc},
	{Key: "benchmarks.family", Kind: Text, Shown: true, Unset: "the id up to its first dot",
		Doc: "Benchmarks of one origin share a family."},
	{Key: "benchmarks.format", Kind: Text, Shown: true, Unset: "the task", Doc: "Benchmarks of one surface form share a format."},
	{Key: "benchmarks.wording", Kind: Text, Unset: "found: items that differ in numbers, names and the like share one",
		Doc: "Field that names the wording (template) that a row was made from. Intervals of the semantic axis " +
			"redraw wordings, " +
			"since items of one are no independent witnesses."},
	{Key: "benchmarks.limit", Kind: Integer, Default: 0, Max: many, Doc: "Use only so many items, the first; 0 is all."},
	{Key: "benchmarks.sample", Kind: Boolean, Default: false, Doc: "The items of limit are drawn by the study's seed from the " +
		"whole file."},
	{Key: "benchmarks.max_tokens", Kind: Integer, Default: 32, Min: 1, Max: 1 << 20,
		Doc: "Longest reply of task generate, in tokens."},
	{Key: "benchmarks.stop", Kind: Texts, Default: []string{"\n\n"},
		Doc: "A reply of task generate ends before the first of these."},
	{Key: "benchmarks.chat", Kind: Boolean, Default: false, Doc: "Ask in the model's own chat template, the prompt as one user " +
		"message; for models tuned to instructions. A choice follows the template at once, without delimiter."},
	{Key: "benchmarks.on_bad_row", Kind: Text, Default: "stop", Allowed: []string{"stop", "skip"},
		Doc: "A row that cannot be used stops the study, or is skipped and counted."},

	{Key: "benchmarks.items", Kind: Integer, Unset: "items of [scores]", Min: 1, Max: many,
		Doc: "Items behind the benchmark's scores in the table of [scores]."},
	{Key: "benchmarks.scale", Kind: Number, Unset: "scale of [scores]", Min: 1e-9, Max: many,
		Doc: "The score of a perfect model in the table of [scores]; with lower_is_better that of the worst."},
	{Key: "benchmarks.lower_is_better", Kind: Boolean, Default: false,
		Doc: "The table of [scores] counts errors: what counts is scale less the score."},
	{Key: "benchmarks.stderr", Kind: Text, Unset: "stderr of [scores]",
		Doc: "Column of the table of [scores] with the standard errors of the benchmark's scores."},

	{Key: "models", Kind: Tables, Doc: "One [[models]] table for each model, or for many by a glob."},
	{Key: "models.lineage", Kind: Text, Shown: true, Unset: "the model's id", Doc: "Checkpoints and sizes of one training " +
		"effort share a lineage; resampling keeps them together."},
	{Key: "models.covariates", Kind: Names, Unset: "none",
		Doc: "What is known of the model beside its scores, as texts: { size = " +
			"\"7B\", flops = \"1e22\", released = \"2024-05\" }. Overlaps are also given with each held constant."},

	{Key: "embedders", Kind: Tables, Doc: "One [[embedders]] table for each model that embeds texts for the semantic axis and " +
		"takes no part otherwise, such as a BERT."},

	{Key: "corpus", Kind: Table, Unset: "none", Doc: "In-the-wild text for perplexity signatures; without it the perplexity " +
		"axis is familiarity alone."},
	{Key: "corpus.source", Kind: Text, Required: true, Doc: "Text whose documents begin with a line '%% id domain', or JSON " +
		"Lines with text, id, domain; or its address."},
	{Key: "corpus.sha256", Kind: Text, Unset: digestUnset, Doc: digestDoc},
	{Key: "corpus.limit", Kind: Integer, Default: 0, Max: many,
		Doc: "Use only the first documents, up to so many pieces; 0 is all."},

	{Key: "scores", Kind: Table, Unset: "none", Doc: "A table of scores, such as a leaderboard. Models that run beside it " +
		"serve the other axes."},
	{Key: "scores.source", Kind: Text, Required: true,
		Doc: "Text as downloaded, separated by comma, semicolon or tab: one row a " +
			"model and one column a benchmark, or one row a score, or one column a model where the first is called benchmark; " +
			"an empty cell is missing. Or the text's address."},
	{Key: "scores.sha256", Kind: Text, Unset: digestUnset, Doc: digestDoc},
	{Key: "scores.models_column", Kind: Text, Unset: `the column called "model", in any capitals`,
		Doc: "Column with the models' names. Ids are made of names; readers see the names."},
	{Key: "scores.lineage_column", Kind: Text, Unset: `the column called "lineage", where there is one`,
		Doc: "Column with the training effort that models share."},
	{Key: "scores.columns", Kind: Texts, Unset: "all that hold numbers and do not describe models, as size and date do",
		Doc: "The columns that are benchmarks, or the benchmarks of a table with one row a score, by their names " +
			"in the file; * " +
			"stands for any characters, and \"!\" in front leaves out what fits: [\"*\", \"!Average\"]."},
	{Key: "scores.rows", Kind: Texts, Unset: "all", Doc: "The models that take part, written likewise: [\"meta-llama/*\"]."},
	{Key: "scores.rename", Kind: Names, Unset: "none", Doc: "What models and columns shall be called, by their names in the " +
		"file: { \"ARC-C\" = \"ARC\", \"bbh_*_3_shot\" = \"BBH *\" }."},
	{Key: "scores.missing", Kind: Texts, Unset: "none", Doc: "What stands for a missing score beside an empty cell: " +
		"[\"-\", \"N/A\", \"nan\"]."},
	{Key: "scores.scale", Kind: Number, Default: 1.0, Min: 1e-9, Max: many, Doc: "The score of a perfect model: 100 where the " +
		"table holds per cent. A cell with a % sign is per cent in any case. One column's own: scale in [[benchmarks]]."},
	{Key: "scores.lower_is_better", Kind: Boolean, Default: false, Doc: "The table holds errors, and scores are taken from " +
		"scale. One column's own: lower_is_better in [[benchmarks]]."},
	{Key: "scores.perplexities", Kind: Texts, Unset: "none",
		Doc: "Benchmarks whose cells are perplexities, named as in columns: " +
			"[\"lambada_*\"]. They are read as 1 - ln x / ln(the column's largest), so that 1 is best."},
	{Key: "scores.items", Kind: Integer, Default: 0, Max: many, Doc: "Items behind each score, for standard errors; 0 is " +
		"unknown. One column's own: items in [[benchmarks]]; one score's own, in a table with one row a score: its column n or " +
		"items."},
	{Key: "scores.stderr", Kind: Text, Unset: `none; "stderr" in a table with one row a score`,
		Doc: "Columns of standard errors, * standing for the heading of the scores: \"*_stderr\"."},
	{Key: "scores.covariates", Kind: Texts, Unset: "columns such as size, params, flops, tokens and released",
		Doc: "Columns that describe models; they stand beside the scores and are no benchmarks."},
	{Key: "scores.benchmarks_column", Kind: Text, Unset: `"benchmark", where there is a column "score" too`,
		Doc: "In a table with one row a score: the column with the benchmark's name."},
	{Key: "scores.scores_column", Kind: Text, Unset: `"score"`, Doc: "In such a table: the column with the score."},

	{Key: "results", Kind: Tables, Doc: "Logs of evaluations in place of a table of scores: of " +
		"lm-evaluation-harness, Inspect and " +
		"HELM, and records of Every Eval Ever, known by their content. Each [[results]] table adds to them."},
	{Key: "results.source", Kind: Text, Required: true,
		Doc: "Files of logs, or folders with all that lies in them: * ? and [a-z] " +
			"as in names of files, ** for folders of any depth: \"logs/**\"; links to folders are not followed. Items " +
			"beside them (samples_*.jsonl, per_instance_stats.json) are found among them."},
	{Key: "results.models", Kind: Texts, Unset: "all",
		Doc: "The models that take part, by their names in the logs; * stands for any " +
			"characters, and \"!\" in front leaves out what fits: [\"meta-llama/*\"]. In logs of lm-evaluation-harness a " +
			"revision stands behind @, and adapters and load_in_4bit behind +: \"EleutherAI/pythia-70m@step1000\"."},
	{Key: "results.benchmarks", Kind: Texts, Unset: "all tasks, but for groups of others",
		Doc: "The tasks that are benchmarks, written " +
			"likewise. A group of tasks takes part where it is named."},
	{Key: "results.metrics", Kind: Texts, Unset: "the first of each task", Doc: "Metrics as the logs name them, written " +
		"likewise, with " +
		"their filter: [\"acc_norm\", \"exact_match,strict-match\"]. Each makes a column of its own."},
	{Key: "results.dates", Kind: Texts, Unset: "all; of a model's runs the latest counts", Doc: "Dates of runs in UTC, written " +
		"likewise, to count another than the latest: [\"2026-01-21*\"]."},
	{Key: "results.rename", Kind: Names, Unset: "none",
		Doc: "What models and tasks shall be called, by their names in the logs, so " +
			"that sources meet: { \"inspect_evals/arc_easy\" = \"arc_easy\", \"openai/*\" = \"*\" }."},
	{Key: "results.lineages", Kind: Names, Unset: "each model its own",
		Doc: "Models that share a training effort, by their names in " +
			"the logs: { \"EleutherAI/pythia-*\" = \"pythia\" }."},

	{Key: "axes", Kind: Table, Unset: "every axis that the study's inputs allow", Doc: "Options of the four axes."},
	{Key: "axes.performance", Kind: Table, Unset: whatInputsAllow, Doc: "Do the same models do well on both benchmarks?"},
	{Key: "axes.performance.on", Kind: Boolean, Default: true, Doc: "Whether the axis is computed. Off, models answer " +
		"benchmarks only where signatures are chosen with their scores; on, also where they are too few for the axis."},
	{Key: "axes.performance.splits", Kind: Integer, Default: 100, Min: 2, Max: 1e6,
		Doc: "Random halves of the items behind reliabilities."},
	{Key: "axes.performance.bootstrap", Kind: Integer, Default: 1000, Min: 10, Max: 1e6,
		Doc: "Half-samples of models behind intervals."},
	{Key: "axes.performance.permutations", Kind: Integer, Default: 9999, Min: 99, Max: 1e7,
		Doc: "Permutations behind tests, at least; more where multiplicity asks for them. Fewer than 9999 are just so many."},
	{Key: "axes.performance.min_models", Kind: Integer, Default: 8, Min: 5, Max: many,
		Doc: "Where scores are missing: models that must have both scores of a pair, else the pair has no overlap."},
	{Key: "axes.perplexity", Kind: Table, Unset: whatInputsAllow, Doc: "Does the same text predict who does well on both?"},
	{Key: "axes.perplexity.on", Kind: Boolean, Default: true, Doc: "Whether the axis is computed."},
	{Key: "axes.perplexity.import", Kind: Text, Unset: "none: surprisals are measured on [corpus]", Doc: "Bits per byte that " +
		"others measured, CSV or Parquet: one row a text, one column a model under the name that [scores] has for it, or " +
		"('family', 'owner/model')."},
	{Key: "axes.perplexity.recipe", Kind: Text, Unset: "none", Allowed: []string{RecipePaper, RecipeCode}, Doc: "Signatures as " +
		"published by Wu et al.: paper is what their text describes, code what their released script does. A recipe sets unit, " +
		"context, before, standardise, residual_g, ratio, selectors and ties; check shows to what."},
	{Key: "axes.perplexity.ties", Kind: Text, Default: "average", Allowed: []string{"average", TiesFirst},
		Doc: "Ranks of equal " +
			"surprisals in the file of estimates: their average, or first: in the order of the models, as " +
			"perplexity-correlations " +
			"0.1.2 has them where its sort is stable."},
	{Key: "axes.perplexity.unit", Kind: Text, Default: "piece", Allowed: []string{"piece", LastToken},
		Doc: "What a surprisal belongs to: piece is bits per byte of a word with the space before it, last_token nats of the " +
			"word's last token."},
	{Key: "axes.perplexity.context", Kind: Text, Default: "stride", Allowed: []string{"stride", "window"},
		Doc: "stride: one pass scores every piece of a window; window: exactly the pieces before (faithful, slow)."},
	{Key: "axes.perplexity.before", Kind: Integer, Default: 30, Max: many, Doc: "Pieces at the start of a document that are " +
		"context only."},
	{Key: "axes.perplexity.standardise", Kind: Text, Default: "model", Allowed: []string{"model", "none"},
		Doc: "z-score surprisals within each model, or not."},
	{Key: "axes.perplexity.residual_g", Kind: Boolean, Default: true,
		Doc: "Take the general factor out of the scores before screening."},
	{Key: "axes.perplexity.ratio", Kind: Number, Default: 0.01, Min: 1e-9, Max: 0.5,
		Doc: "Share of pieces of each tail that goes on to a selector."},
	{Key: "axes.perplexity.k", Kind: Integer, Default: 50, Min: 1, Max: many, Doc: "Pieces of a signature, fewer than there " +
		"are in the corpus or table."},
	{Key: "axes.perplexity.selectors", Kind: Texts, Default: []string{"good", "signed", "aic", "ebic"},
		Allowed: []string{"good", "signed", "aic", "ebic", "lasso"}, Doc: "How signatures are chosen; the first is primary."},
	{Key: "axes.perplexity.splits", Kind: Integer, Default: 30, Min: 2, Max: 1e6,
		Doc: "Splits in thirds of models and documents, over which overlaps of disjoint signatures are averaged."},
	{Key: "axes.perplexity.repairings", Kind: Integer, Default: 199, Max: 1e6, Doc: "Times that models get each other's scores " +
		"and signatures are chosen again, for the null; 0: none."},
	{Key: "axes.perplexity.familiarity", Kind: Texts, Default: []string{"question"},
		Allowed: []string{"question", "answer", "none"}, Doc: "What of each item is read to the models: question takes nothing " +
			"from the key, answer puts the right answer behind it; none alone turns it off."},
	{Key: "axes.perplexity.primary", Kind: Text, Unset: "familiarity where questions are read, else signature",
		Allowed: []string{"familiarity", "signature"}, Doc: "Which of the two enters the map; the other stands beside it."},
	{Key: "axes.semantic", Kind: Table, Unset: whatInputsAllow, Doc: "Do the items read alike?"},
	{Key: "axes.semantic.on", Kind: Boolean, Default: true, Doc: "Whether the axis is computed."},
	{Key: "axes.semantic.embeddings", Kind: Texts, Unset: "embed:<each of [[embedders]]>, else hidden:<the last model that " +
		"shows its states>, else embed:<the last that embeds>; then tfidf", Doc: "Providers: %s, MODEL one of [[models]] or " +
		"[[embedders]]; the first is primary."},
	{Key: "axes.semantic.text", Kind: Text, Default: "question", Allowed: []string{"question", "choices", "answer"},
		Doc: "question alone, with its choices, or with its answer."},
	{Key: "axes.semantic.dimensions", Kind: Integer, Default: 64, Min: 2, Max: 4096,
		Doc: "Dimensions of the truncated SVD behind tfidf."},
	{Key: "axes.semantic.items", Kind: Integer, Default: 0, Max: many, Doc: "Items of a benchmark, at most; 0 is all."},
	{Key: "axes.semantic.wu", Kind: Boolean, Default: false, Doc: "Also the overlap of Wu et al. (2025)."},
	{Key: "axes.semantic.wu_draws", Kind: Integer, Default: 100, Min: 2, Max: 1e6, Doc: "Draws behind the overlap of Wu et al."},
	{Key: "axes.semantic.permutations", Kind: Integer, Default: 9999, Min: 99, Max: 1e7,
		Doc: "Half-samples behind tests, at least; more where multiplicity asks for them. Fewer than 9999 are just so many."},
	{Key: "axes.neural", Kind: Table, Unset: whatInputsAllow, Doc: "Do models process the items alike?"},
	{Key: "axes.neural.on", Kind: Boolean, Default: true, Doc: "Whether the axis is computed."},
	{Key: "axes.neural.items", Kind: Integer, Default: 0, Max: many, Doc: "Items of a benchmark, at most; 0 is all."},
	{Key: "axes.neural.models", Kind: Texts, Unset: "every model that can be traced", Doc: "Ids of the models to trace."},
	{Key: "axes.neural.imatrix", Kind: Text, Unset: "none: models are traced", Doc: "Have llama-imatrix measure energy in " +
		"place of traces, for all models of the axis alike. \"run\": sdmap runs the program on this machine with each model's " +
		"file. A path with {benchmark}, and {model} where there are many: files that it wrote, GGUF, inside the study's " +
		"folder; * ? and [a-z] stand for many files, each about a part of the benchmark's items."},
	{Key: "axes.neural.folds", Kind: Integer, Default: 8, Min: 4, Max: 64, Doc: "imatrix = \"run\": parts into which a " +
		"benchmark's items are dealt in turn, measured one by one; intervals and tests rest on how they differ."},
	{Key: "axes.neural.chunk", Kind: Integer, Unset: "the largest power of two, from 16 to 512, of which the study's shortest " +
		"fold fills some", Min: 16, Max: 1 << 20, Doc: "imatrix = \"run\": tokens that llama-imatrix reads at once."},
	{Key: "axes.neural.measures", Kind: Texts, Doc: "What is compared: %s. hidden is primary; without it final, where it is " +
		"named. Servers show %s alone; with imatrix " + energy + " is the only one."},
	{Key: "axes.neural.permutations", Kind: Integer, Default: 9999, Min: 99, Max: 1e7,
		Doc: "Half-samples behind tests, at least; more where multiplicity asks for them. Fewer than 9999 are just so many."},

	{Key: "truth", Kind: Table, Unset: "none", Doc: "What was planted, for the recovery section alone."},
	{Key: "truth.source", Kind: Text, Required: true, Doc: "TOML file of skills, surfaces and expected labels."},

	{Key: "report", Kind: Table, Unset: "all defaults", Doc: "Options of the report."},
	{Key: "report.narrative", Kind: Text, Unset: "narrative.md where it exists", Doc: "The author's text, Markdown."},
	{Key: "report.bibliography", Kind: Text, Unset: "references.bib where it exists",
		Doc: "BibTeX entries that the narrative cites."},
	{Key: "report.items", Kind: Text, Default: ItemTexts, Allowed: []string{ItemTexts, ItemIDs},
		Doc: "texts: the report shows pieces of the corpus in their sentences, and why rows were skipped; ids: it names " +
			"items and pieces by id and position, and holds no text of theirs, nor does sdmap export write one unless it is " +
			"asked to."},
	{Key: "report.replicates", Kind: Integer, Default: 500, Min: 10, Max: 1e6, Doc: "Half-samples behind the map's ellipses."},
	{Key: "report.scaling", Kind: Text, Default: "trace", Allowed: []string{"trace", "mfa"}, Doc: "What makes axes comparable " +
		"on the map: equal traces, or equal first eigenvalues (mfa: faithful to published DISTATIS, rewards noise)."},
	{Key: "report.q", Kind: Number, Default: 0.1, Min: 1e-6, Max: 0.5,
		Doc: "False discovery rate of flags (Benjamini-Yekutieli)."},
}
