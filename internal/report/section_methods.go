package report

import (
	"fmt"
	"slices"
	"strings"

	"sdmap/internal/atlas"
	"sdmap/internal/axis"
	"sdmap/internal/study"
)

// methods writes what was computed, from what was run.
func (b *builder) methods() error {
	blocks := []Block{prose("This section is written from the study's options and from what the axes say they did; it holds for this report and not for sdmap in general.",
		"An overlap is a likeness of two benchmarks between −1 and 1. Whatever is not defined is missing with its reason, and is neither 0 nor left out in silence.")}
	blocks = append(blocks, b.scoringMethods()...)
	for _, name := range axis.Names() {
		if b.in.Axes[name].Primary() != nil {
			blocks = append(blocks, b.axisMethods(name)...)
		}
	}
	blocks = append(blocks, b.comparisonMethods()...)
	blocks = append(blocks, Block{Table: b.measureTable()}, Block{Table: b.testTable()}, Block{Table: b.factTable()})
	b.section("methods", "Methods", "", blocks...)
	return nil
}

func (b *builder) scoringMethods() []Block {
	s := b.in.Scores
	switch {
	case s == nil:
		return nil
	case s.Imported:
		return []Block{heading("Scores"), prose("Scores were read from a table and divided by the score of a perfect model; no model was run.")}
	}
	var metrics []string
	choice, generate := 0, 0
	for _, x := range b.in.Study.Benchmarks {
		if x.Metric != "" && !slices.Contains(metrics, code(x.Metric)) {
			metrics = append(metrics, code(x.Metric))
		}
		if x.Task == study.Generate {
			generate++
		} else {
			choice++
		}
	}
	tasks := fmt.Sprintf("The benchmarks are scored by %s: %s with choices, %s with generated text.", and(metrics), spelt(choice), spelt(generate))
	how := "Choices are scored as in the Evaluation Harness [@gao2023]: context and choice are encoded together, the log-probabilities of the choice's tokens are summed, and the largest sum is the answer; among equals the first counts."
	if choice == 0 {
		how = ""
	}
	return []Block{heading("Scores"), prose(tasks, how, letterMethods(s), "A score is a mean over items, `SE = s / √n` with the sample standard deviation s.")}
}

// letterMethods says how choices by letter came about; empty where there are none.
func letterMethods(s *axis.ScoreTable) string {
	letters, _ := s.LetterModels()
	if len(letters) == 0 {
		return ""
	}
	names := make([]string, len(letters))
	for i, m := range letters {
		names[i] = esc(s.Models[m])
	}
	return fmt.Sprintf("The backend of %s cannot score given text. There choices stand under letters, the prompt ends in “Answer:”, and the most likely first letter is the answer (`%s`; letters that the backend does not show come last). "+
		"That is another measurement than the log-probability of a choice's words, whatever the metric of the benchmark.", and(names), axis.Letter)
}

// axisMethods is the account of one axis.
func (b *builder) axisMethods(name string) []Block {
	s := b.in.Study
	title := strings.ToUpper(name[:1]) + name[1:]
	switch {
	case name == axis.Performance && s.Axes.Performance != nil:
		return []Block{heading(title), performanceMethods(s.Axes.Performance), performanceTests()}
	case name == axis.Perplexity && s.Axes.Perplexity != nil:
		return []Block{heading(title), perplexityMethods(s.Axes.Perplexity), perplexityControls(s.Axes.Perplexity)}
	case name == axis.Semantic && s.Axes.Semantic != nil:
		return []Block{heading(title), semanticMethods(s.Axes.Semantic)}
	case name == axis.Neural && s.Axes.Neural != nil:
		return []Block{heading(title), neuralMethods(s.Axes.Neural)}
	}
	return []Block{heading(title), prose(esc(sentence(b.in.Axes[name].Primary().Method)))}
}

func performanceMethods(o *study.Performance) Block {
	return prose("Raw overlap is Spearman's rank correlation of two benchmarks' scores over models.",
		"Overlap without the general factor is a partial correlation [@spearman1904]: scores become normal scores `z = Φ⁻¹((rank − ½)/m)`; g is the first principal component of the z of the *other* benchmarks, both of the pair and, where four others remain, their families left out; and `r_ab.g = (r_ab − r_ag r_bg) / √((1 − r_ag²)(1 − r_bg²))`.",
		"It is biased upwards: without kinship its expectation lies between 0 and `1/(k+1)`, k benchmarks behind g.",
		"The number of general factors is that of components above the 95 % point of columns permuted over models [@horn1965].",
		fmt.Sprintf("Reliability is the mean correlation of two random halves of the items over %s, stepped up by Spearman and Brown's `2r/(1+r)`.", count(o.Splits, "split")),
		fmt.Sprintf("Intervals are percentiles over %s of models, drawn by lineage without replacement [@politis1994]; items are not drawn again, since their noise is in the scores already.", count(o.Bootstrap, "half-sample")))
}

func performanceTests() Block {
	return prose("*High*: the residuals of one benchmark given g are permuted over models [@freedman1983], within lineages where models share one; `p = (1 + #{atanh r* ≥ atanh r − atanh 1/(k+1)}) / (1 + N)`.",
		"*Low*: the one-sided upper bound of the overlap without the general factor, disattenuated by both reliabilities, lies below 0.3.",
		"A benchmark is at chance when no model passes, at 0.05 after Holm's correction over models [@holm1979], the Poisson-binomial test on its items' own chances or the binomial test against the commonest answer position.")
}

func perplexityMethods(o *study.Perplexity) Block {
	standard := "raw"
	if o.Standardise == "model" {
		standard = "z-scored within each model over the corpus"
	}
	target := "ranks of the scores"
	if o.ResidualG {
		target = "ranks of the scores, cleared of the general factor of the other benchmarks"
	}
	where := "one pass scores all pieces of a window that have that many before them"
	if o.Context == "window" {
		where = "one pass a piece, with that many before it"
	}
	return prose(fmt.Sprintf("Documents are cut on white space into pieces; the surprisal of a piece is `Σ −log₂ p(token) / bytes`, a token that straddles pieces shared out by bytes, and the first %d pieces of a document are context only (%s). Surprisals are %s.", o.Before, where, standard),
		fmt.Sprintf("Pieces are screened by `γ_t = Σ_k (2 rank(y_k) − m − 1) rank(p_kt)` over models k, with y the %s [@wu2025; @thrush2024]: a negative γ marks a piece that is easier for models that do well.", target),
		fmt.Sprintf("Selectors (%s; the first, cross-fitted, enters the map): `good` and `signed` take up to %s of a tail; `aic` and `ebic` select forward among the outer %s of each tail by `n ln(RSS/n) + 2k` and, over p pieces before screening, `n ln(RSS/n) + k ln n + 2 ln C(p, k)` [@chen2008].", code(o.Selectors...), count(o.K, "piece"), percentOf(o.Ratio)),
		"The overlap is Spearman's correlation over models of the two signatures' mean surprisals.")
}

func percentOf(v float64) string {
	return strings.TrimSuffix(strings.TrimSuffix(num(100*v, 1), "0"), ".") + "\u00a0%"
}

func perplexityControls(o *study.Perplexity) Block {
	return prose("Signatures are chosen with the scores, so in sample their overlap repeats the overlap of scores even on noise.",
		fmt.Sprintf("Map, heat map and agreement therefore use the cross-fitted overlap, which on noise has the mean 0: one half of the models chooses and the other compares, and the two signatures come from different halves of the documents (mean of %s).", count(o.Splits, "split")),
		"Two controls stand beside it: the in-sample overlap, and the whole computation on independent normal numbers in place of surprisals.",
		"The null of this axis would permute the models' scores and choose anew each time; it is not computed in this release, so perplexity enters no test.")
}

func semanticMethods(o *study.Semantic) Block {
	text := map[string]string{"question": "the question", "choices": "question and choices", "answer": "question and answer"}[o.Text]
	items := "all items"
	if o.Items > 0 {
		items = "the first " + count(o.Items, "item")
	}
	return prose(fmt.Sprintf("Of %s of a benchmark, %s is embedded by %s; the first enters the map, and a bag of words (TF-IDF, truncated SVD to %d dimensions) is the lexical baseline.", items, text, code(o.Embeddings...), o.Dimensions),
		"With the Gaussian kernel `k(x, y) = exp(−|x − y|² / 2σ²)`, σ the median distance of all pairs of items, and mean kernels k̄ without i = j, the overlap is the unbiased kernel cosine `k̄_ab / √(k̄_aa k̄_bb)`, and the squared distance is `MMD_u² = k̄_aa + k̄_bb − 2 k̄_ab` [@gretton2012].",
		"Beside them stand the energy distance [@szekely2013], a classifier two-sample test [@lopezpaz2017] and best-match cosines.",
		"*Low* and *high*: items are half-sampled, and `p = (1 + #{d* ≤ median*/2}) / (1 + N)` (≥ for high) compares the pair's MMD_u² with half of the median over all pairs, drawn anew each time: a pair is alike where it lies nearer to identity than to this study's typical pair.")
}

func neuralMethods(o *study.Neural) Block {
	items := "all items"
	if o.Items > 0 {
		items = "the first " + count(o.Items, "item")
	}
	if o.Imatrix != nil {
		return foldMethods(o, items)
	}
	return prose(fmt.Sprintf("Prompts of %s went through %s; what was kept of each layer: %s.", items, count(len(o.Models), "model"), code(o.Measures...)),
		finalStates(o.Measures),
		energyMethod(o.Measures),
		comparedWithin,
		"For tests, crossnobis distances [@walther2016; @schutt2023] replace correlations, since noise does not move their expectation; *low* and *high* compare a pair with half of the study's median squared distance over half-samples of models and items, as on the semantic axis.")
}

const comparedWithin = "Within a model and layer neurons correspond, so benchmarks are compared there: neurons are z-scored with equal weight for every benchmark, and a dissimilarity `1 − r` of mean patterns fills a matrix over pairs of benchmarks [@kriegeskorte2008]. Matrices of unit norm are averaged over layers and then over models."

// foldMethods is neuralMethods where llama-imatrix measured. Its version, and how many folds and items there were, stand in the
// measure's own method.
func foldMethods(o *study.Neural, items string) Block {
	who := fmt.Sprintf("`llama-imatrix` read the prompts of %s with %s. They were dealt in turn into %s a benchmark, item i into fold i modulo %d, each fold one text.", items, count(len(o.Models), "model"), count(o.Imatrix.Folds, "fold"), o.Imatrix.Folds)
	if o.Imatrix.Files != nil {
		who = fmt.Sprintf("%s of `llama-imatrix` were given for %s: each about a part (a fold) of a benchmark's items, and what text it read is not known to sdmap.", count(len(o.Imatrix.Files), "set")+" of files", count(len(o.Models), "model"))
	}
	return prose(who,
		"Activation energy is, for each fold and each input channel of a layer's matrices, the log of `in_sum2` over `counts`: the mean over the fold's tokens of the squared input. Matrices with one input count once; each expert of a mixture has one energy in place of its neurons'.",
		"The program reads a text in chunks, without regard to where prompts begin, so tokens see the prompts in front of theirs: the patterns are of folds, not of items, and are never mixed with traces.",
		comparedWithin,
		"Where every benchmark has four folds, crossnobis distances [@walther2016; @schutt2023] replace correlations for tests, since noise does not move their expectation; *low* and *high* compare a pair with half of the study's median squared distance over half-samples of models and folds.")
}

// scaled is what every axis' cross-product has in common on the map.
func scaled(s atlas.Scaling) string {
	if s == atlas.MFA {
		return "a first eigenvalue of 1, as published, which gives an axis of noise more inertia"
	}
	return "trace 1"
}

// finalStates explains measures of states behind the last norm; empty where there are none.
func finalStates(measures []string) string {
	if !slices.Contains(measures, "final") && !slices.Contains(measures, "final_mean") {
		return ""
	}
	return "Final states are those behind the model's last norm, one layer, which is all that servers show."
}

// energyMethod explains activation energy; empty where it was not measured.
func energyMethod(measures []string) string {
	if !slices.Contains(measures, "energy") {
		return ""
	}
	return "Activation energy is, for each item and each input channel of a layer's matrices, the log of the mean over tokens of the squared input: the sum that llama-imatrix writes as `in_sum2`, over its `counts`. Logs keep a few items with huge activations from making up a benchmark's mean."
}

func (b *builder) comparisonMethods() []Block {
	out := []Block{heading("Comparison and map")}
	if len(b.a.Agreement) > 0 {
		out = append(out, prose("With `S_k = J s_k J`, s_k the overlaps of axis k, `RV = tr S_k S_l / √(tr S_k² tr S_l²)` [@robert1976], its exact permutation mean `E = tr S_k tr S_l / ((B − 1) √(tr S_k² tr S_l²))` and `(RV − E)/(1 − E)`. Labels of benchmarks are permuted only where neither overlap was chosen with the scores; Mantel's test misleads where both matrices carry structure of their own [@guillot2013], so its r is not read alone."))
	}
	if b.a.Map != nil {
		out = append(out, prose("The map is DISTATIS [@abdi2005]: negative eigenvalues of S_k are set to 0, each S_k is scaled to "+scaled(b.a.Map.Scaling)+", the weights α are the first eigenvector of the matrix of RVs scaled to sum 1, and `S₊ = Σ α_k S_k = Q Λ Qᵀ`. Benchmarks lie at `F = Q Λ^½`, satellites at `F_k = S_k Q Λ^−½`, so that `F = Σ α_k F_k`.",
			fmt.Sprintf("Disagreement is `Δ_b = Σ_k α_k |F_k[b] − F[b]|²` over the first %s, less its noise floor.", count(b.a.Map.Dims, "dimension")),
			fmt.Sprintf("Ellipses and intervals come from %s: half of the lineages and half of each benchmark's items are drawn, the overlaps are recomputed on them with embeddings and bandwidths kept, and the result is projected onto the fixed compromise.", count(b.a.Map.Replicates, "half-sample")),
			signaturesRedrawn(b.a.Map.Axes)))
	}
	if len(b.a.Pairs) > 0 {
		out = append(out, prose("A label is an intersection-union test [@berger1982]: its p is the largest of its one-sided parts.",
			"*Overlap without kinship*: performance high, semantic low, neural low. *Kinship without overlap*: performance low, and neural high (semantic high where no model was traced). *Likeness without kinship*: semantic high, neural low.",
			fmt.Sprintf("Over all testable pairs of a label p is adjusted after Benjamini and Yekutieli [@benjamini2001], valid under any dependence, and a pair is labelled at q = %s.", two(b.a.Correction.Q))))
	}
	return append(out, prose(fmt.Sprintf("Random numbers come from one seeded stream per step and replicate (PCG, seed %d), so equal inputs give equal numbers on any machine of the same kind.", b.in.Study.Seed)))
}

// signaturesRedrawn says what becomes of signatures in a half-sample.
func signaturesRedrawn(axes []string) string {
	if !slices.Contains(axes, axis.Perplexity) {
		return ""
	}
	return "Signatures are chosen anew on the models that were not drawn and compared on those that were: one split of the models where the overlap is a mean over many. On this axis the spread of half-samples is therefore about right where signatures are found again, and too wide where they are not."
}

// measureTable lists every measure as its axis describes it.
func (b *builder) measureTable() *Table {
	t := &Table{ID: "measures", Title: "Measures.", Folded: true, Columns: append(words("axis", "measure", "what it is", "method"), append(numbers("n"), words("of", "role")...)...),
		Caption: "The first measure of each axis enters the map."}
	for _, name := range axis.Names() {
		r := b.in.Axes[name]
		if r == nil {
			continue
		}
		for i, v := range r.Variants {
			role := ""
			switch {
			case i == 0:
				role = "primary"
			case v.Baseline:
				role = "control"
			case v.Distance:
				role = "distance"
			}
			t.Rows = append(t.Rows, []Cell{head(name), text(v.Name), text(v.Title), text(v.Method), whole(v.N), text(v.Unit), text(role)})
		}
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return b.csv(t)
}

func (b *builder) testTable() *Table {
	t := &Table{ID: "tests", Title: "Tests of pairs.", Folded: true, Columns: append(words("axis", "test", "null hypothesis", "method"), numbers("replicates")...)}
	for _, name := range axis.Names() {
		if r := b.in.Axes[name]; r != nil {
			for _, x := range r.Tests {
				t.Rows = append(t.Rows, []Cell{head(name), text(x.Name), text(x.Null), text(x.Method), whole(x.N)})
			}
		}
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return b.csv(t)
}
