package study

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
)

// scoreColumn is one benchmark of the table, and what was met in its cells.
type scoreColumn struct {
	name      string // in the file
	field     int    // of its scores in a wide table
	errors    int    // field of its standard errors; -1 where there are none
	benchmark int    // index in Study.Benchmarks
	named     bool   // the study names it, so that it must hold scores
	scale     float64
	lower     bool // lower is better

	perplexities bool // which are lower where better and have no greatest

	numbers, negative, decimals int
	percent                     bool    // cells have a sign for it
	lowest                      float64 // of the negative scores
	noNumber, beyond            cellFaults
	words                       map[string]bool // of a column that is called as lineages are: what its cells say
	largest, smallest           float64         // of those beyond
	greatest, least             float64         // in the file, of those within the scale: the greatest in size
}

// roles are the fields that hold no scores; -1 where there is none.
type roles struct {
	model, lineage                  int
	benchmark, score, errors, items int // of a long table
	covariates                      []int
}

// long says whether every row holds one score.
func (r roles) long() bool { return r.benchmark >= 0 }

// property matches headings of columns that describe models and are no benchmarks.
var property = regexp.MustCompile(`(?i)^#?\s*(model |pre-?training |training )*(data )?(size|params?|parameters|flops|compute|` +
	`tokens|released?( date)?|date|year|licen[cs]e|architecture|precision|type|url|link|rank)\s*(\(.*\))?$`)

// header finds out what each column is; false where the table cannot be read without it.
func (c *scoreSheet) header() bool {
	head, err := c.lines.Read()
	if err != nil {
		c.fault(1, 1, "the table of scores has no header", "The first line names the columns.", "")
		return false
	}
	seen := map[string]bool{}
	for i, name := range head {
		name = strings.Clone(strings.TrimSpace(name))
		if seen[name] && name != "" {
			c.fault(c.line(), c.columnAt(i), fmt.Sprintf("two columns are called %q", name), "", "")
			name = "" // it takes no part
		}
		seen[name] = true
		c.heads = append(c.heads, name)
	}
	c.behindHead = c.lines.InputOffset()
	if !c.findRoles() {
		return false
	}
	if !c.roles.long() {
		c.findScores()
	}
	return true
}

// findRoles finds the columns that are no benchmarks.
func (c *scoreSheet) findRoles() bool {
	c.roles = roles{model: c.role("models_column", "model"), lineage: c.role("lineage_column", "lineage"),
		benchmark: c.role("benchmarks_column", "benchmark"), score: c.role("scores_column", "score"), errors: -1, items: -1}
	if c.roles.model < 0 || len(c.heads) < 2 {
		if !c.given("models_column") {
			c.fault(1, 1, "the table of scores has no header", `The first line names the columns: one of them is "model", one `+
				`may be "lineage", the others are benchmarks. Columns: `+some(c.heads)+".",
				fmt.Sprintf("If another column names the models, write models_column = %q in [scores].", c.heads[0]))
		}
		return false
	}
	if c.roles.benchmark < 0 || c.roles.score < 0 {
		c.roles.benchmark, c.roles.score = -1, -1
	}
	if c.roles.long() {
		c.roles.errors, c.roles.items = c.role("stderr", "stderr"), max(c.head("n"), c.head("items"))
	}
	c.findCovariates()
	return true
}

// head is the column of a name, which stands as it is or in other capitals; -1 where there is none.
func (c *scoreSheet) head(name string) int {
	if at := slices.Index(c.heads, name); at >= 0 {
		return at
	}
	return slices.IndexFunc(c.heads, func(h string) bool { return strings.EqualFold(h, name) })
}

// role is the column that a key names, or the one of the standard name.
func (c *scoreSheet) role(key, standard string) int {
	if !c.has(key) {
		return c.head(standard)
	}
	at := slices.Index(c.heads, c.text(key))
	if at < 0 {
		c.report(c.place(key), fmt.Sprintf("the table of scores has no column %q", c.text(key)), "Columns: "+some(c.heads)+".",
			didYouMean(c.text(key), c.heads))
	}
	return at
}

// taken says whether a column has a role beside that of a benchmark.
func (c *scoreSheet) taken(field int) bool {
	r := c.roles
	return slices.Contains([]int{r.model, r.lineage}, field) ||
		r.long() && slices.Contains([]int{r.benchmark, r.score, r.errors, r.items}, field) || slices.Contains(r.covariates, field)
}

// findCovariates are the columns that the study names as such, and those that describe models by their heading and are not
// named as scores.
func (c *scoreSheet) findCovariates() {
	named := c.choice("covariates")
	for i, name := range c.heads {
		if c.taken(i) || name == "" {
			continue
		}
		wanted, _ := named.takes(name)
		wanted = wanted && len(named) > 0
		if wanted || property.MatchString(name) && !c.names(name) {
			c.roles.covariates = append(c.roles.covariates, i)
			c.study.Scores.Covariates = append(c.study.Scores.Covariates, Covariate{Name: c.renamed(name)})
		}
	}
	c.unmet(named, c.heads)
}

// names says whether the study names a column: in columns, without a star, or by the id of a benchmark.
func (c *scoreSheet) names(name string) bool {
	_, named := c.columns.takes(name)
	_, declared := c.declares(name)
	return named || declared
}

// declares finds the benchmark that the study writes down for a name of the file.
func (c *scoreSheet) declares(name string) (int, bool) {
	label := c.renamed(name)
	if at, there := c.declared[label]; there {
		return at, true
	}
	at, there := c.declared[asID(label)]
	return at, there
}

// findScores makes a scoreColumn of every column that the study chooses.
func (c *scoreSheet) findScores() {
	errors := c.findErrors()
	for i, name := range c.heads {
		if c.taken(i) || name == "" || slices.Contains(errors, c.heads[i]) {
			continue
		}
		if in, _ := c.columns.takes(name); in || len(c.columns) == 0 {
			if col := c.column(name, c.columnAt(i)); col != nil {
				col.field = i
			}
		} else {
			c.study.Scores.LeftOut = append(c.study.Scores.LeftOut, name)
		}
	}
	c.unmet(c.columns, c.heads)
	for _, col := range c.scored {
		col.errors = slices.Index(c.heads, c.errorsOf(col.name))
	}
}

// findErrors lists the columns of standard errors.
func (c *scoreSheet) findErrors() (all []string) {
	for _, name := range c.heads {
		if of := c.errorsOf(name); of != "" && slices.Contains(c.heads, of) {
			all = append(all, of)
		}
	}
	for _, b := range c.study.Benchmarks {
		if b.StdErr != "" && !slices.Contains(c.heads, b.StdErr) {
			c.report(b.Places["stderr"], fmt.Sprintf("the table of scores has no column %q", b.StdErr), "Columns: "+
				some(c.heads)+".", didYouMean(b.StdErr, c.heads))
		}
	}
	return all
}

// errorsOf is the heading of a column's standard errors; empty where the study gives none.
func (c *scoreSheet) errorsOf(name string) string {
	if at, there := c.declares(name); there && c.study.Benchmarks[at].StdErr != "" {
		return c.study.Benchmarks[at].StdErr
	}
	if before, after, ok := strings.Cut(c.text("stderr"), "*"); ok {
		return before + name + after
	}
	return ""
}

// column makes the benchmark of a name: declared ones keep their place, others are appended. It is nil where the name is taken.
func (c *scoreSheet) column(name string, at int) *scoreColumn {
	label := c.renamed(name)
	if fault := unshown(label); fault != "" {
		c.fault(c.line(), at, fmt.Sprintf("%q %s", label, fault), shownRule, "")
	}
	if c.ids["benchmark"].first(label, c.line()) > 0 {
		c.fault(c.line(), at, fmt.Sprintf("two benchmarks are called %q", label), "Names are told apart by more than capitals.",
			"Call one of them otherwise by rename, or leave it out by columns, in [scores].")
		return nil
	}
	i, declared := c.declares(name)
	if !declared || c.matched[i] {
		i = c.append(label)
	}
	c.matched[i] = true
	b := &c.study.Benchmarks[i]
	b.Label = labelOf(label, b.ID)
	perplexities, _ := c.perplexities.takes(name)
	perplexities = perplexities && len(c.perplexities) > 0
	b.Lower = !perplexities && (b.Lower || get[bool](c.table, "lower_is_better"))
	col := &scoreColumn{name: name, words: map[string]bool{}, errors: -1, least: math.Inf(1), benchmark: i, named: c.names(name),
		scale: cmp.Or(b.Scale, c.study.Scores.Scale), lower: b.Lower}
	if perplexities {
		col.perplexities, col.scale, col.lower = true, 1, true
	}
	c.scored = append(c.scored, col)
	return col
}

// append makes a benchmark that the study does not write down.
func (c *scoreSheet) append(label string) int {
	id := c.ids["benchmark"].of(label, "benchmark")
	family, _, _ := strings.Cut(label, ".")
	c.study.Benchmarks = append(c.study.Benchmarks, Benchmark{ID: id, Task: Choice, Metric: "acc", Family: family,
		Format: string(Choice), At: c.study.Scores.At})
	return len(c.study.Benchmarks) - 1
}
