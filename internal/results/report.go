package results

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Account is what a study says of the logs behind its scores.
type Account struct {
	Logs     map[string]int // files of each format, by its name
	Columns  []ColumnAccount
	Disagree []Disagreement
	LeftOut  []LeftOut
}

// ColumnAccount is what must be known of one benchmark's scores, by its place in the study.
type ColumnAccount struct {
	Name, Source, Task, Metric string
	Releases                   []string // of the harness
	Settings                   []Setting
	Mixed                      []Mixture
	Models                     int
	Items                      int    // whose scores are known one by one
	NoItems                    string // why none are
	Unscored, Failed           int    // items that the harness left out of scores, over all models
	OfModels                   int    // models that these are of
	Numeric, Asked             int    // items with numbers for references, of those asked, where the metric does not know numbers
	Partial                    []string
	Behind                     int // items of the score that is of most; 0 where no log says
	Rows                       int `json:",omitempty"` // items that the study's own file has, where it names one
}

// Mixture is a setting that models of one benchmark differ in.
type Mixture struct {
	Setting string
	Values  []string // "0 (3 models)"
}

// Disagreement is one benchmark by two sources, side by side.
type Disagreement struct {
	Task, A, B string // A and B are the names of columns
	Models     int    // with a score of both
	Mean       float64
	Apart      float64 // the mean of differences without their sign
	Most       float64
	Model      string // of the most
}

// Account says what is known of columns.
func (f *Found) Account(columns []*Column) *Account {
	out := &Account{Logs: f.Logs}
	for i, c := range columns {
		out.Columns = append(out.Columns, c.account())
		for _, o := range columns[:i] {
			if o.Task == c.Task && o.Source != c.Source {
				if d := disagreement(o, c); d.Models > 0 {
					out.Disagree = append(out.Disagree, d)
				}
			}
		}
	}
	out.LeftOut = f.LeftOut()
	return out
}

func (c *Column) account() ColumnAccount {
	a := ColumnAccount{Name: c.Name, Source: c.Source, Task: c.Task, Metric: c.Metric, Models: len(c.Runs), Items: len(c.IDs),
		NoItems: c.NoItem}
	for _, r := range c.Runs {
		a.Behind = max(a.Behind, r.Items+r.Unscored+r.Failed)
		a.Unscored, a.Failed, a.Numeric = a.Unscored+r.Unscored, a.Failed+r.Failed, a.Numeric+r.Numeric
		if r.Unscored+r.Failed > 0 {
			a.OfModels++
		}
		if r.Numeric > 0 {
			a.Asked += r.Items
		}
		if r.Release != "" && !slices.Contains(a.Releases, r.Release) {
			a.Releases = append(a.Releases, r.Release)
		}
		if r.Partial {
			a.Partial = append(a.Partial, r.ModelName)
		}
	}
	slices.Sort(a.Releases)
	a.settle(c)
	return a
}

// OtherItems says whether scores are of more or fewer items than the study's own file has.
func (a *ColumnAccount) OtherItems() bool { return a.Rows > 0 && a.Behind > 0 && a.Rows != a.Behind }

// settle tells the settings that all runs share from those in which they differ. A run that does not say counts for neither.
func (a *ColumnAccount) settle(c *Column) {
	values, order := map[string]map[string]int{}, []string{}
	note := func(s Setting) {
		if values[s.Name] == nil {
			values[s.Name] = map[string]int{}
			order = append(order, s.Name)
		}
		values[s.Name][s.Value]++
	}
	for _, r := range c.Runs {
		for _, s := range append(slices.Clone(r.Settings), Setting{"metric", r.Metric}, r.asked()) {
			if s.Value != "" {
				note(s)
			}
		}
	}
	for _, name := range order {
		if len(values[name]) == 1 {
			for value := range values[name] {
				a.Settings = append(a.Settings, Setting{name, value})
			}
			continue
		}
		m := Mixture{Setting: name}
		for _, value := range sortedKeys(values[name]) {
			m.Values = append(m.Values, fmt.Sprintf("%s (%s)", value, models(values[name][value])))
		}
		a.Mixed = append(a.Mixed, m)
	}
}

// asked is how many items a model was asked, which a trial run has less of; without a value where that is not known.
func (r *Run) asked() Setting {
	if r.Items == 0 || r.Partial {
		return Setting{}
	}
	return Setting{"items", strconv.Itoa(r.Items + r.Unscored + r.Failed)}
}

func models(n int) string {
	if n == 1 {
		return "1 model"
	}
	return fmt.Sprintf("%d models", n)
}

// disagreement compares two columns over the models of both.
func disagreement(a, b *Column) Disagreement {
	d := Disagreement{Task: a.Task, A: a.Name, B: b.Name}
	of := map[string]float64{}
	for _, r := range a.Runs {
		of[r.ModelName] = r.Value()
	}
	for _, r := range b.Runs {
		v, both := of[r.ModelName]
		if !both {
			continue
		}
		diff := v - r.Value()
		d.Models++
		d.Mean, d.Apart = d.Mean+diff, d.Apart+math.Abs(diff)
		if d.Model == "" || math.Abs(diff) > math.Abs(d.Most) {
			d.Most, d.Model = diff, r.ModelName
		}
	}
	if d.Models > 0 {
		d.Mean, d.Apart = d.Mean/float64(d.Models), d.Apart/float64(d.Models)
	}
	return d
}
