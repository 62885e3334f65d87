package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sdmap/internal/action"
	"sdmap/internal/analysis"
	"sdmap/internal/atlas"
	"sdmap/internal/axis"
	"sdmap/internal/cas"
	"sdmap/internal/diag"
	"sdmap/internal/engine"
	"sdmap/internal/outdir"
	"sdmap/internal/plan"
	"sdmap/internal/report"
)

func (a *app) runCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "run [-o DIR] [-force] [-j N] [-verify] [-record FILE] [-json] STUDY",
		Short: "Compute what is missing and write the report",
		Long: `Compute what the store does not hold yet and write the report: index.html, report.md, report.json,
figures and tables. The report goes to reports/NAME beside the studies folder that holds the study,
else to ./reports/NAME. Ctrl-C finishes what is in flight and keeps it; the next run goes on from there.

Runs at the same time, on one machine or on several with one store, share the work: what one has in hand the
others leave to it. A file is hashed once and known again by its size, times and inode; -verify hashes every
file and every result again, whatever is remembered.` + folderHelp,
		Example: "  sdmap run studies/planted/study.toml\n  sdmap run -o /tmp/report -j 4 studies/planted/study.toml\n" +
			"  sdmap run -o paper -force studies/planted/study.toml\n  sdmap run -verify studies/planted/study.toml",
		Args: cobra.ExactArgs(1),
	}
	a.reportFlags(c.Flags())
	c.Flags().BoolVar(&a.verify, "verify", false, "hash every file and every result again, even where the report is up to date")
	a.workersFlag(c.Flags())
	a.recordFlag(c.Flags())
	a.jsonFlag(c.Flags())
	return a.command(c, func(ctx context.Context, args []string) error {
		return a.recorded(func() error { return a.run(ctx, args[0]) })
	})
}

func (a *app) run(ctx context.Context, file string) error {
	begun := a.Now()
	store, err := a.openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	s, list, err := a.readStudy(file)
	if err != nil {
		return err
	}
	folder, err := a.folder(store, s)
	if err != nil {
		return err
	}
	upToDate := summary{Report: folder.Path, UpToDate: true}
	mark, err := a.newStamp(store, s, folder.Path, nil)
	if err == nil && !a.verify && !asksOthers(s) && mark.holds() {
		upToDate.Seconds = a.Now().Sub(begun).Seconds()
		return a.finish(upToDate)
	}
	l, err := a.load(ctx, store, s, list, false)
	if err != nil {
		return err
	}
	defer l.Close()
	if asksOthers(s) { // what stands behind a name or an address can change while the study stays as it is
		if mark, err = a.newStamp(store, s, folder.Path, l); err == nil && !a.verify && mark.holds() {
			upToDate.Seconds = a.Now().Sub(begun).Seconds()
			return a.finish(upToDate)
		}
	}
	preview, err := engine.Look(store, a.workers, a.targets(l)...)
	if err != nil {
		return err
	}
	if err := firstError(folder.Check(ctx, report.Paths()), enoughRoom(store, preview)); err != nil {
		return err
	}
	probes, err := a.probeStart(ctx, l, preview)
	if err != nil {
		return err
	}
	c, err := a.compute(ctx, store, l, false)
	if err != nil {
		return err
	}
	drifted := a.probeEnd(ctx, probes)
	for _, d := range drifted {
		c.alarms = append(c.alarms, d.alarm())
	}
	files, err := a.document(ctx, store, l, c)
	if err != nil {
		return err
	}
	sum := summary{Report: folder.Path, Partial: c.partial, Absent: c.absent, Hits: c.hits, Ran: c.ran, Tokens: c.tokens,
		Probes:  probes.all,
		Seconds: a.Now().Sub(begun).Seconds()}
	if a.verify {
		sum.Verified = new(store.Hashed())
	}
	record, err := a.record(sum)
	if err != nil {
		return err
	}
	if err := a.write(ctx, folder, files, record); err != nil {
		return err
	}
	if !c.partial && len(drifted) == 0 && mark != nil {
		a.finished(mark, append(files, outdir.ManifestOf(files)))
	}
	if err := synced(store); err != nil {
		return err
	}
	if len(drifted) > 0 {
		return a.forgetDrifted(store, c, drifted)
	}
	return a.finish(sum)
}

// record is run.json, which stands beside the report: what varies from run to run, and so is neither in the report nor committed.
func (a *app) record(s summary) ([]byte, error) {
	data, err := json.MarshalIndent(struct {
		Finished   string `json:"finished"`
		Version    string `json:"sdmap"`
		Go         string `json:"go"`
		System     string `json:"system"`
		Processors int    `json:"processors"`
		summary
		Digest string `json:"sha256"` // of this text without it; last
	}{Finished: a.Now().UTC().Format(time.RFC3339), Version: a.Version, Go: runtime.Version(), System: runtime.GOOS + "/" +
		runtime.GOARCH,
		Processors: runtime.NumCPU(), summary: s}, "", "  ")
	if err != nil {
		return nil, err
	}
	return outdir.Seal(append(data, '\n'))
}

// summary is what run and report print at their end.
type summary struct {
	Report   string        `json:"report"`
	UpToDate bool          `json:"up_to_date"`
	Partial  bool          `json:"partial"`
	Absent   []plan.Absent `json:"absent,omitempty"`
	Hits     int           `json:"hits"`
	Ran      int           `json:"ran"`
	Tokens   int           `json:"tokens"` // through models
	Probes   []probeJSON   `json:"probes,omitempty"`
	Verified *cas.Hashed   `json:"verified,omitempty"`
	Seconds  float64       `json:"seconds"`
}

func (a *app) finish(s summary) error {
	took := durationText(time.Duration(s.Seconds * float64(time.Second)))
	switch {
	case s.UpToDate:
		a.say("Up to date; nothing to compute (%s).", took)
	case s.Tokens > 0:
		a.say("%s from the store, %s computed, %s tokens, %s.", count(s.Hits, "action"), grouped(s.Ran), short(float64(s.Tokens)),
			took)
	default:
		a.say("%s from the store, %s computed, %s.", count(s.Hits, "action"), grouped(s.Ran), took)
	}
	if v := s.Verified; v != nil {
		a.say("Read and hashed again: %s (%s), and every result that came from the store.", count(v.Files, "file"),
			bytesText(v.Bytes))
	}
	if s.Partial {
		for _, b := range s.Absent {
			a.say("No %s axis: %s.", b.Axis, plainLines(b.Reason))
		}
	}
	if a.json {
		if err := a.printJSON(s); err != nil {
			return err
		}
	} else {
		fmt.Fprintln(a.Stdout, filepath.Join(s.Report, "index.html"))
	}
	if s.Partial {
		return coded{exitPartial, fmt.Errorf("the report is partial")}
	}
	return nil
}

// targets are all actions behind a report: the plan's and the analysis of their results.
func (a *app) targets(l *loaded) []*action.Action {
	ts := l.plan.Targets()
	if len(l.plan.Results) > 0 {
		ts = append(ts, analyse(l, l.plan.Results))
	}
	return ts
}

func analyse(l *loaded, results map[string]*action.Action) *action.Action {
	s := l.Study
	o := analysis.Options{Seed: s.Seed, Q: s.Report.Q, Permutations: mantelPermutations, Scaling: atlas.Scaling(s.Report.Scaling),
		Truth: l.truth}
	if s.Truth != nil {
		o.TruthSource = s.Truth.Source
	}
	for _, b := range s.Benchmarks {
		o.Benchmarks = append(o.Benchmarks, b.ID)
		o.Families = append(o.Families, b.Family)
		o.Formats = append(o.Formats, b.Format)
	}
	return analysis.Action(o, results)
}

// mantelPermutations is how often benchmarks' labels are permuted: a p-value of 0.0001 can be reached.
const mantelPermutations = 9999

// computed is what a report is made from.
type computed struct {
	results  *engine.Results
	analysis *engine.Results
	compare  *action.Action            // the analysis; nil where no axis is there
	axes     map[string]*action.Action // that have a result
	partial  bool
	absent   []plan.Absent // with those that failed or are missing
	alarms   []axis.Alarm  // of the run itself

	hits, ran, tokens int
}

// compute brings everything behind the report into the store. With storeOnly set nothing but the analysis is computed.
func (a *app) compute(ctx context.Context, store *cas.Store, l *loaded, storeOnly bool) (*computed, error) {
	if a.workers > 0 {
		runtime.GOMAXPROCS(min(a.workers, runtime.GOMAXPROCS(0)))
	}
	a.keeping.Store(true)
	show := a.newProgress()
	o := engine.Options{Workers: a.workers, Now: a.Now, Progress: show.show, StoreOnly: storeOnly, Verify: a.verify,
		Lost: isUnreachable}
	full := analyse(l, l.plan.Results)
	targets := l.plan.Targets()
	if len(l.plan.Results) > 0 && !storeOnly {
		targets = append(targets, full)
	}
	r, err := engine.Run(ctx, store, o, targets...)
	if err != nil {
		return nil, unkept(r, err)
	}
	c := &computed{results: r, analysis: r, axes: map[string]*action.Action{}, absent: append([]plan.Absent{}, l.plan.Absent...),
		hits: r.Hits, ran: r.Ran, tokens: r.Tokens}
	if ctx.Err() != nil || r.Stopped > 0 {
		return nil, a.interrupted(r)
	}
	a.sayFailures(r)
	if err := lost(r); err != nil {
		return nil, err
	}
	for _, name := range axis.Names() {
		if t := l.plan.Results[name]; t != nil && r.Outcome(t).OK() {
			c.axes[name] = t
		} else if t != nil {
			c.partial = true
			c.absent = append(c.absent, plan.Absent{Axis: name, Reason: because(r, t)})
		}
	}
	scored := l.plan.Scores != nil && r.Outcome(l.plan.Scores).OK()
	c.partial = c.partial || l.plan.Scores != nil && !scored
	if len(c.axes) == 0 && !scored {
		return nil, fmt.Errorf("nothing could be computed that a report could show")
	}
	if c.partial || storeOnly {
		return c, a.compareRest(ctx, store, l, c)
	}
	if len(c.axes) > 0 {
		c.compare = full
	}
	return c, failed(r)
}

// unkept is the error of a run whose store took nothing more.
func unkept(r *engine.Results, err error) error {
	if r == nil || !isUnwritable(err) {
		return err
	}
	return fmt.Errorf("%w. %s kept, and the same command goes on from there", err, are(r.Hits+r.Ran, "action"))
}

// synced is the error of a store that could not bring to disk what it was given.
func synced(store *cas.Store) error {
	if store.Writable() != nil {
		return nil // it was given nothing
	}
	if err := store.Sync(); err != nil {
		return err
	}
	return store.Err()
}

func isUnwritable(err error) bool { _, ok := errors.AsType[*cas.Unwritable](err); return ok }

// enoughRoom wants as much space on the store's disk as a run may need, before anything is asked.
func enoughRoom(store *cas.Store, p *engine.Preview) error {
	if free, known := store.Free(); known && p.Room > free {
		return fmt.Errorf("a run may write %s to the store %s, and %s are free there. Make room (sdmap cache gc removes what "+
			"no study reaches), "+
			"or name another folder with -cache or SDMAP_CACHE; nothing was run", bytesText(p.Room), store.Dir(), bytesText(free))
	}
	return nil
}

// compareRest analyses the axes that are there.
func (a *app) compareRest(ctx context.Context, store *cas.Store, l *loaded, c *computed) error {
	if len(c.axes) == 0 {
		return nil
	}
	c.compare = analyse(l, c.axes)
	r, err := engine.Run(ctx, store, engine.Options{Workers: a.workers, Now: a.Now, Verify: a.verify}, c.compare)
	if err != nil {
		return unkept(r, err)
	}
	if r.Stopped > 0 {
		return a.interrupted(r)
	}
	c.analysis, c.ran = r, c.ran+r.Ran
	if r.Outcome(c.compare).State == engine.Hit {
		c.hits++
	}
	a.sayFailures(r)
	return failed(r)
}

func (a *app) sayFailures(r *engine.Results) {
	for _, f := range r.Failures() {
		a.say("failed: %s", plainLines(f.Error()))
	}
}

// failed is the error of a run in which an action failed without which there is no report; it was said before.
func failed(r *engine.Results) error {
	if r.Failed > 0 {
		return coded{code: exitFailure}
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
		if u, ok := unreachable(f.Err); ok {
			return coded{exitUnreachable, fmt.Errorf("%s is gone; all that was computed is kept, and the same command goes on "+
				"from there once the server is back",
				u.URL)}
		}
	}
	return nil
}

func isUnreachable(err error) bool { _, ok := unreachable(err); return ok }

func (a *app) interrupted(r *engine.Results) error {
	return coded{exitInterrupted, fmt.Errorf("interrupted with %s done; all that was computed is kept, and the same command "+
		"goes on from there",
		count(r.Hits+r.Ran, "action"))}
}

// reach marks all actions of a study that gc must keep.
func (a *app) reach(ctx context.Context, store *cas.Store, file string, keep map[cas.ActionID]bool) error {
	s, list, err := a.readStudy(file)
	if err != nil {
		return fmt.Errorf("%s is not valid", diag.Plain(file))
	}
	l, err := a.load(ctx, store, s, list, true)
	if err != nil {
		return fmt.Errorf("%s is not valid, or its servers were never asked", diag.Plain(file))
	}
	defer l.Close()
	if out, _, err := reportDir(s); err == nil {
		if mark, err := a.newStamp(store, s, out, l); err == nil {
			keep[cas.IDOf(mark.made.Description)] = true
		}
	}
	for _, m := range everyModel(s) {
		keep[cas.IDOf(memory(m).Description)] = true
	}
	keep[cas.IDOf(programMemory.Description)] = true
	p, err := engine.Look(store, 1, a.targets(l)...)
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
	for e := range store.Entries() {
		if waits[[2]string{e.Kind, e.Subject}] {
			keep[e.Action] = true
		}
	}
	return nil
}
