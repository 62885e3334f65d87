package study

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"sdmap/internal/diag"
)

// cause is an error's message without the path that diagnostics already show.
func cause(err error) string {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		err = e.Err
	}
	return err.Error()
}

// build fills a Study from validated values.
func build(top table) *Study {
	s := &Study{
		File: top.name, Dir: filepath.Dir(top.name), Name: nameOf(top.name),
		Title: top.text("title"), Authors: top.texts("authors"), Date: top.text("date"), Seed: uint64(top.integer("seed")),
		AllowHosts: top.allowedHosts(), FetchMost: int64(get[float64](top, "fetch_gb") * 1e9),
	}
	if s.Title == "" {
		s.Title = s.Name
	}
	buildBenchmarks(s, top)
	buildModels(s, top)
	buildScored(s, top)
	if top.has("corpus") {
		t := top.table("corpus")
		s.Corpus = &Corpus{Source: t.fileOrAddress("source"), Limit: t.integer("limit"), At: t.at(t.pos.Key)}
	}
	if top.has("truth") {
		t := top.table("truth")
		s.Truth = &Truth{Source: t.file("source"), At: t.at(t.pos.Key)}
	}
	if !top.incomplete {
		buildAxes(s, top.table("axes"))
	}
	buildReport(s, top.table("report"))
	top.addresses(s)
	return s
}

// buildScored reads a table of scores, or logs, beside the models at hand; where there are none, those of the table or the logs
// stand for the study's models.
func buildScored(s *Study, top table) {
	logs := top.tables("results")
	switch {
	case top.has("scores") && len(logs) > 0:
		top.report(logs[0].at(logs[0].pos.Key), "the study has both [scores] and [[results]]",
			"Scores come from a table or from logs.",
			"Make two studies of it, or write the table's scores as records of Every Eval Ever.")
		return
	case !top.has("scores") && len(logs) == 0:
		return
	}
	atHand := s.Models
	s.Models = nil
	if len(logs) > 0 {
		buildResults(s, logs)
	} else {
		buildScores(s, top.table("scores"))
	}
	if s.Scores.Models = s.Models; len(atHand) > 0 {
		s.Models = atHand
	}
}

// nameOf is the folder's name for study.toml and the file's own for others.
func nameOf(file string) string {
	abs, err := filepath.Abs(file)
	if err != nil {
		abs = file
	}
	if filepath.Base(abs) == "study.toml" {
		return filepath.Base(filepath.Dir(abs))
	}
	return strings.TrimSuffix(filepath.Base(abs), ".toml")
}

func buildReport(s *Study, t table) {
	s.Report = Report{
		Narrative:    t.optionalFile("narrative", "narrative.md"),
		Bibliography: t.optionalFile("bibliography", "references.bib"),
		OnlyIDs:      t.text("items") == ItemIDs,
		Replicates:   t.integer("replicates"),
		Scaling:      get[string](t, "scaling"),
		Q:            get[float64](t, "q"),
		At:           t.at(t.pos.Key),
	}
}

const idRule = "Lower-case letters, digits, '.', '_' and '-', at most 100, beginning with a letter or digit: ids name files " +
	"of the report."

var idPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,99}$`)

// checkID reports a bad id and offers one that would do.
func (t table) checkID(id string, at diag.Range) bool {
	if idPattern.MatchString(id) {
		return true
	}
	suggestion := ""
	if s := asID(id); s != "" {
		suggestion = fmt.Sprintf("Write %q.", s)
	}
	t.report(at, fmt.Sprintf("%q cannot be an id", id), idRule, suggestion)
	return false
}

// asID makes an id of any text: lower case, other characters as "-"; empty if nothing is left.
func asID(text string) string {
	id := strings.Map(func(r rune) rune {
		if strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789._-", r) {
			return r
		}
		return '-'
	}, strings.ToLower(text))
	id = strings.TrimLeft(id, "._-")
	return strings.TrimRight(id[:min(len(id), 100)], "-")
}
