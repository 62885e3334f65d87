package export

import (
	"encoding/json"
	"fmt"

	"sdmap/internal/diag"
)

// about is export.json.
type about struct {
	Form       string           `json:"form"`
	Study      string           `json:"study"`
	Title      string           `json:"title"`
	Date       string           `json:"date,omitempty"` // of the data
	File       string           `json:"study_file"`     // digest
	Version    string           `json:"sdmap"`
	Texts      bool             `json:"texts"`
	Formats    []string         `json:"formats"`
	Answers    int              `json:"answers"`
	Selected   int              `json:"selected"`
	Missing    []Absent         `json:"not_in_the_store"`
	Models     []aboutModel     `json:"models"`
	Benchmarks []aboutBenchmark `json:"benchmarks"`
	Columns    []aboutColumn    `json:"columns"`
}

type aboutModel struct {
	ID       string   `json:"id"`
	Lineage  string   `json:"lineage"`
	Weights  string   `json:"weights"`
	Engine   string   `json:"engine"`
	Route    string   `json:"route"`
	Options  []string `json:"options,omitempty"`
	Unpinned bool     `json:"unpinned"`
}

type aboutBenchmark struct {
	ID     string `json:"id"`
	Family string `json:"family"`
	Task   string `json:"task"`
	Metric string `json:"metric"`
	Items  int    `json:"items"`
	Digest string `json:"digest"`
}

type aboutColumn struct {
	Name    string `json:"name"`
	Meaning string `json:"meaning"`
}

// form is raised when columns change their meaning.
const form = "sdmap-export/1"

func (w *writer) writeAbout() error {
	there, all := w.Count()
	out := about{Form: form, Study: w.Study.Name, Title: w.Study.Title, Date: w.Study.Date, File: w.Digest, Version: w.Version,
		Texts: w.Texts, Formats: w.Formats, Answers: there, Selected: all, Missing: w.Absent()}
	for _, i := range w.Of {
		m := w.Answers.Models[i]
		out.Models = append(out.Models, aboutModel{m.ID, m.Lineage, m.Identity.Weights, m.Identity.Engine, m.Identity.Route,
			m.Identity.Options, m.Identity.Unpinned})
	}
	for _, j := range w.To {
		b := w.Answers.Benchmarks[j]
		out.Benchmarks = append(out.Benchmarks, aboutBenchmark{b.Spec.ID, b.Spec.Family, string(b.Spec.Task), b.Spec.Metric,
			len(b.Items), b.Digest()})
	}
	for _, c := range columns {
		out.Columns = append(out.Columns, aboutColumn{c[0], c[1]})
	}
	text, err := indented(out)
	if err != nil {
		return err
	}
	return w.put(aboutFile, text)
}

// indented is a value as JSON for people.
func indented(v any) ([]byte, error) {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("%T: %w", v, err)
	}
	return append(diag.PlainJSON(text), '\n'), nil
}
