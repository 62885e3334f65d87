package session

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"sdmap/internal/action"
	"sdmap/internal/analysis"
	"sdmap/internal/atlas"
	"sdmap/internal/axis"
	"sdmap/internal/benchmark"
	"sdmap/internal/cas"
	"sdmap/internal/diag"
	"sdmap/internal/engine"
	"sdmap/internal/fetch"
	"sdmap/internal/llm/backend"
	"sdmap/internal/plan"
	"sdmap/internal/wording"
)

// mantelPermutations is how often benchmarks' labels are permuted: a p-value of 0.0001 can be reached.
const mantelPermutations = 9999

// analyse is the action that compares the results of axes.
func (x *Session) analyse(results map[string]*action.Action) *action.Action {
	return analysis.Action(x.analysisOptions(), results)
}

// curves is the action that draws smaller studies; nil where nothing is known to have been planted.
func (x *Session) curves() *action.Action {
	return analysis.CurvesAction(x.analysisOptions(), analysis.CurveInputs{Scores: x.Plan.Scores,
		Familiarity: x.Plan.Subsets.Familiarity, Signatures: x.Plan.Subsets.Signatures, Results: x.Plan.Results})
}

func (x *Session) analysisOptions() analysis.Options {
	s := x.Study
	o := analysis.Options{Seed: s.Seed, Q: s.Report.Q, Permutations: mantelPermutations, Scaling: atlas.Scaling(s.Report.Scaling),
		Truth: x.truth}
	if s.Truth != nil {
		o.TruthSource = s.Truth.Source
	}
	for _, b := range s.Benchmarks {
		o.Benchmarks = append(o.Benchmarks, b.ID)
		o.Families = append(o.Families, b.Family)
		o.Formats = append(o.Formats, b.Format)
	}
	for _, b := range x.Benchmarks {
		o.Lengths = append(o.Lengths, meanLength(b))
	}
	return o
}

// meanLength is that of a benchmark's questions in bytes; 0 where it has no items.
func meanLength(b *benchmark.Benchmark) float64 {
	if b == nil || len(b.Items) == 0 {
		return 0
	}
	sum := 0
	for _, item := range b.Items {
		sum += len(item.Question)
	}
	return float64(sum) / float64(len(b.Items))
}

// Computed is what a report is made from.
type Computed struct {
	Partial bool
	Absent  []plan.Absent // with those that failed or are missing
	Failed  []Failed      // actions that failed; the report says what it does without
	Lacking int           // actions that are not in the store, where nothing was to be computed

	Hits, Ran, Tokens int

	results  *engine.Results
	analysis *engine.Results
	compare  *action.Action            // the analysis; nil where no axis is there
	curves   *action.Action            // nil where none are drawn
	axes     map[string]*action.Action // that have a result
	alarms   []axis.Alarm              // of the run itself
}

// Failed is an action that failed, and why.
type Failed struct {
	Action string `json:"action"`
	Reason string `json:"reason"`
}

// Distrust has the report say that servers drifted.
func (c *Computed) Distrust(drifted []Drift) {
	for _, d := range drifted {
		c.alarms = append(c.alarms, d.alarm())
	}
}

// Compute brings everything behind the report into the store. With storeOnly set nothing but the analysis is computed.
func (x *Session) Compute(ctx context.Context, storeOnly bool) (*Computed, error) {
	w := x.world
	if w.Workers > 0 {
		runtime.GOMAXPROCS(min(w.Workers, runtime.GOMAXPROCS(0)))
	}
	w.Keeping()
	whole := x.analyse(x.Plan.Results)
	targets := x.Plan.Targets()
	if len(x.Plan.Results) > 0 && !storeOnly {
		targets = append(targets, whole)
	}
	curves := x.curves()
	if curves != nil {
		targets = append(targets, curves)
	}
	o := x.options()
	o.Progress, o.StoreOnly = w.Progress, storeOnly
	r, err := engine.Run(ctx, w.Store, o, targets...)
	if err != nil {
		return nil, unkept(r, err)
	}
	if ctx.Err() != nil || r.Stopped > 0 {
		return nil, stopped(r)
	}
	w.sayFailures(r)
	if err := lost(r); err != nil {
		return nil, err
	}
	c := x.gather(r)
	c.curves = curves
	if len(c.axes) == 0 && !x.scored(r) {
		return nil, errors.New("nothing could be computed that a report could show")
	}
	switch r.Outcome(whole).State {
	case engine.Hit, engine.Ran:
		c.compare = whole
		return c, nil
	case engine.Failed:
		return c, failed(r)
	default:
		return c, x.compareRest(ctx, c)
	}
}

func (x *Session) options() engine.Options {
	return engine.Options{Workers: x.world.Workers, Now: x.world.Now, Verify: x.world.Verify, Lost: isUnreachable}
}

func (x *Session) scored(r *engine.Results) bool {
	return x.Plan.Scores != nil && r.Outcome(x.Plan.Scores).OK()
}

// gather finds out what a run gave.
func (x *Session) gather(r *engine.Results) *Computed {
	c := &Computed{results: r, analysis: r, axes: map[string]*action.Action{}, Absent: append([]plan.Absent{}, x.Plan.Absent...),
		Lacking: r.Missing + r.Skipped, Hits: r.Hits, Ran: r.Ran, Tokens: r.Tokens}
	for _, name := range axis.Names() {
		if t := x.Plan.Results[name]; t != nil && r.Outcome(t).OK() {
			c.axes[name] = t
		} else if t != nil {
			c.Partial = true
			c.Absent = append(c.Absent, plan.Absent{Axis: name, Reason: because(r, t)})
		}
	}
	for _, f := range r.Failures() {
		c.Failed = append(c.Failed, Failed{engine.Name(f.Action), f.Err.Error()})
	}
	c.Partial = c.Partial || r.Failed+r.Missing+r.Skipped > 0
	return c
}

// compareRest analyses the axes that are there.
func (x *Session) compareRest(ctx context.Context, c *Computed) error {
	if len(c.axes) == 0 {
		return nil
	}
	c.compare = x.analyse(c.axes)
	o := x.options()
	o.StoreOnly, o.Except = true, c.compare // what failed would fail again
	r, err := engine.Run(ctx, x.world.Store, o, c.compare)
	if err != nil {
		return unkept(r, err)
	}
	if r.Stopped > 0 {
		return stopped(r)
	}
	c.analysis, c.Ran = r, c.Ran+r.Ran
	if r.Outcome(c.compare).State == engine.Hit {
		c.Hits++
	}
	x.world.sayFailures(r)
	return failed(r)
}

// unkept is the error of a run whose store took nothing more.
func unkept(r *engine.Results, err error) error {
	if _, full := errors.AsType[*cas.Unwritable](err); r == nil || !full {
		return err
	}
	return fmt.Errorf("%w. %s kept, and the same command goes on from there", err, wording.Are(r.Hits+r.Ran, "action"))
}

func stopped(r *engine.Results) error {
	return interrupted("interrupted with %s done; all that was computed is kept, and the same command goes on from there",
		wording.Count(r.Hits+r.Ran, "action"))
}

func (w *World) sayFailures(r *engine.Results) {
	for _, f := range r.Failures() {
		w.Say("failed: %s", f.Error())
	}
}

// failed is the error of a run in which an action failed without which there is no report; it was told before.
func failed(r *engine.Results) error {
	if r.Failed > 0 {
		return Error{Kind: Failure}
	}
	return nil
}

// because says in a few words why a planned axis has no result.
func because(r *engine.Results, t *action.Action) string {
	if o := r.Outcome(t); o.State == engine.Failed {
		first, _, _ := strings.Cut(o.Err.Error(), "\n")
		return first
	}
	if fs := r.Failures(); len(fs) > 0 {
		return "something that it needs failed"
	}
	return "not everything that it needs is in the store"
}

// lost is the error of a run that a server left for good; nil where all answered. What it gave before is kept.
func lost(r *engine.Results) error {
	for _, f := range r.Failures() {
		if u, ok := backend.Unreachable(f.Err); ok {
			return Error{Unreachable, fmt.Errorf("%s is gone; all that was computed is kept, and the same command goes on from "+
				"there once the server is back", u.URL)}
		}
	}
	return nil
}

// Recovered reads what an earlier run has found out of smaller studies; nil where there is nothing in the store.
func (x *Session) Recovered(ctx context.Context) (*analysis.Curves, error) {
	curves := x.curves()
	if curves == nil {
		return nil, nil
	}
	o := x.options()
	o.StoreOnly = true
	r, err := engine.Run(ctx, x.world.Store, o, curves)
	if err != nil {
		return nil, err
	}
	return read(ctx, r, curves, analysis.DecodeCurves)
}

// Reached marks all actions of a study that cleaning up the store must keep.
func (w *World) Reached(ctx context.Context, file string, keep map[cas.ActionID]bool) error {
	s, list, err := w.Read(file)
	if err != nil && err.Error() != "" {
		return err
	}
	if err != nil {
		return fmt.Errorf("%s is not valid", diag.Plain(file))
	}
	x, err := w.Open(ctx, s, list, true)
	if err != nil {
		return fmt.Errorf("%s is not valid, or its servers were never asked", diag.Plain(file))
	}
	defer x.Close()
	if out, _, err := ReportDir(s); err == nil {
		if mark, err := w.Stamp(s, out, x); err == nil {
			keep[cas.IDOf(mark.made.Description)] = true
		}
	}
	for _, m := range EveryModel(s) {
		keep[cas.IDOf(memory(m).Description)] = true
	}
	keep[cas.IDOf(programMemory.Description)] = true
	for _, n := range s.Named {
		keep[cas.IDOf(fetch.Kept(n.Digest).Description)] = true
	}
	p, err := x.Look()
	if err != nil {
		return err
	}
	waits := map[[2]string]bool{} // their keys are not known before what they need is computed: all that may be theirs stays
	for _, step := range p.Steps {
		keep[step.Key] = true
		if step.Will == engine.WillWait {
			waits[[2]string{step.Action.Kind, step.Action.Subject}] = true
		}
	}
	for e := range w.Store.Entries() {
		if waits[[2]string{e.Kind, e.Subject}] {
			keep[e.Action] = true
		}
	}
	return nil
}
