// Package session takes a study from its file to the files of its report.
//
//	Read -> Open (sources, models, plan) -> Look -> Probe -> Compute -> Document
//
// Each step is in a file of its own; commands put them in a row and say what happens. A Session is one study with all that
// its plan needs; a World is what it meets outside.
//
// The opinion: everything that can be wrong with a study is told at once, before any model is asked; what was computed is never
// lost; and an error says of which kind it is, so that the exit code can.
package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"sdmap/internal/action"
	"sdmap/internal/cas"
	"sdmap/internal/diag"
	"sdmap/internal/engine"
	"sdmap/internal/fetch"
	"sdmap/internal/llm/backend"
	"sdmap/internal/llm/backends"
	"sdmap/internal/llm/remote"
	"sdmap/internal/plan"
	"sdmap/internal/study"
)

// World is what sessions meet outside: the store, servers, clock and environment, and somebody to tell.
type World struct {
	Store    *cas.Store
	Backends backends.List
	Getenv   func(string) string
	Now      func() time.Time

	Version    string // of the release
	Executable string // path of this program, whose digest stands for the meaning of all it computes

	Workers int // processors to use, and actions at once; 0 is all
	Verify  bool
	Record  *remote.Recorder
	Wait    time.Duration // for servers that go away within a run; 0 is the standard
	Network fetch.Network // that files are fetched by; nil is the network

	Say      func(format string, args ...any) // a line of conversation
	Faults   func(list diag.List)             // shows what is wrong with a study
	Refused  func(file string, errors int)    // tells that a study was, after its faults
	Progress func(e engine.Event)
	Fetching func(p fetch.Progress)
	Keeping  func() // from now on an interruption should finish what is in flight
}

// Kind is how a session ended without a report, or with one that is not whole.
type Kind int

// Kinds of errors. Any other error is a failure.
const (
	Failure     Kind = iota
	Invalid          // the study, or a file that it names
	Partial          // some of it could be computed; or a model's answers cannot be trusted
	Unreachable      // a server
	Interrupted
)

// Error is an error of a kind. A nil Err was told before.
type Error struct {
	Kind Kind
	Err  error
}

func (e Error) Error() string {
	if e.Err == nil {
		return ""
	}
	return e.Err.Error()
}

// Unwrap is what the error is about.
func (e Error) Unwrap() error { return e.Err }

// Session is one study with everything that its plan needs. Close releases the models.
type Session struct {
	plan.Inputs
	Plan *plan.Plan

	world   *World
	root    *os.Root // of the study's folder
	truth   []byte
	drivers []func() error
}

// Close releases models and folder.
func (x *Session) Close() error {
	errs := []error{x.root.Close()}
	for _, d := range x.drivers {
		errs = append(errs, d())
	}
	return errors.Join(errs...)
}

// Read reads the study file alone, study.toml where a folder is named, and shows what is wrong with it. What it names by address
// must be on this machine.
func (w *World) Read(file string) (*study.Study, diag.List, error) {
	s, list, err := w.ReadNamed(file)
	if err == nil && len(s.Missing()) > 0 {
		return nil, list, w.absentFiles(s)
	}
	return s, list, err
}

// ReadNamed is Read for a study whose files by address may be missing.
func (w *World) ReadNamed(file string) (*study.Study, diag.List, error) {
	return w.readWith(file, w.elsewhere())
}

// ReadUndigested is ReadNamed for one that need not give their digests.
func (w *World) ReadUndigested(file string) (*study.Study, diag.List, error) {
	e := w.elsewhere()
	e.Learn = true
	return w.readWith(file, e)
}

func (w *World) readWith(file string, e study.Elsewhere) (*study.Study, diag.List, error) {
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		file = filepath.Join(file, "study.toml")
	}
	s, list := w.Backends.Format().LoadWith(file, e)
	if list.HasErrors() {
		w.Faults(list)
		return nil, list, w.invalid(file, list, 0)
	}
	return s, list, nil
}

// invalid is the error of a study with faults, of which some are servers that are unreachable; they were shown, so it has no
// text.
func (w *World) invalid(file string, list diag.List, unasked int) error {
	n := 0
	for _, d := range list {
		if d.Severity == diag.Error {
			n++
		}
	}
	w.Refused(file, n)
	if n == unasked && n > 0 {
		return Error{Kind: Unreachable}
	}
	return Error{Kind: Invalid}
}

// ReadAndOpen is Read and Open together.
func (w *World) ReadAndOpen(ctx context.Context, file string, offline bool) (*Session, error) {
	s, list, err := w.Read(file)
	if err != nil {
		return nil, err
	}
	return w.Open(ctx, s, list, offline)
}

// Store is where the session's results are kept.
func (x *Session) Store() *cas.Store { return x.world.Store }

// Look says what a run would do.
func (x *Session) Look() (*engine.Preview, error) {
	return engine.Look(x.world.Store, x.world.Workers, x.Targets()...)
}

// Targets are all actions behind a report: the plan's, the analysis of their results, and curves of recovery.
func (x *Session) Targets() []*action.Action {
	ts := x.Plan.Targets()
	if len(x.Plan.Results) > 0 {
		ts = append(ts, x.analyse(x.Plan.Results))
	}
	if curves := x.curves(); curves != nil {
		ts = append(ts, curves)
	}
	return ts
}

func isUnreachable(err error) bool { _, ok := backend.Unreachable(err); return ok }

func fault(at diag.Range, summary string, err error) diag.Diagnostic {
	return diag.Diagnostic{Severity: diag.Error, Summary: summary, Detail: err.Error(), Range: at}
}

// remoteModels lists what stands behind servers.
func remoteModels(s *study.Study) (out []study.Model) {
	for _, m := range EveryModel(s) {
		if m.Remote() {
			out = append(out, m)
		}
	}
	return out
}

// AsksOthers says whether a study's numbers come from outside its files: from servers, or from llama-imatrix.
func AsksOthers(s *study.Study) bool { return len(remoteModels(s)) > 0 || s.RunsImatrix() }

// EveryModel lists a study's models and embedders.
func EveryModel(s *study.Study) []study.Model {
	return append(append([]study.Model{}, s.Models...), s.Embedders...)
}

// everyModel is the same, opened.
func (x *Session) everyModel() []plan.Model {
	return append(append([]plan.Model{}, x.Models...), x.Embedders...)
}

// interrupted is the error of a run that was.
func interrupted(format string, args ...any) error {
	return Error{Interrupted, fmt.Errorf(format, args...)}
}
