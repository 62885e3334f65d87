package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"sdmap/internal/cas"
	"sdmap/internal/engine"
	"sdmap/internal/outdir"
	"sdmap/internal/plan"
	"sdmap/internal/report"
	"sdmap/internal/session"
	"sdmap/internal/study"
	"sdmap/internal/wording"
)

func (a *app) runCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "run [-o DIR] [-force] [-j N] [-verify] [-record FILE] [-json] STUDY",
		Short: "Compute what is missing and write the report",
		Long: `Compute what the store does not hold yet and write the report: index.html, report.md, report.json,
figures and tables. The report goes to reports/NAME beside the studies folder that holds the study,
else to ./reports/NAME. Ctrl-C finishes what is in flight and keeps it; the next run goes on from there.

What the study names by address and is neither in the store nor in the folder of SDMAP_MIRROR is fetched first.

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
	w := a.world(store)
	s, list, err := w.Bring(ctx, file)
	if err != nil {
		return err
	}
	folder, err := w.Folder(s, a.out, a.force)
	if err != nil {
		return err
	}
	mark := a.stamp(w, s, folder, nil)
	if !session.AsksOthers(s) && a.holds(mark) {
		return a.finish(summary{Report: folder.Path, UpToDate: true, Seconds: a.Now().Sub(begun).Seconds()})
	}
	x, err := w.Open(ctx, s, list, false)
	if err != nil {
		return err
	}
	defer x.Close()
	if session.AsksOthers(s) { // what stands behind a name or an address can change while the study stays as it is
		if mark = a.stamp(w, s, folder, x); a.holds(mark) {
			return a.finish(summary{Report: folder.Path, UpToDate: true, Seconds: a.Now().Sub(begun).Seconds()})
		}
	}
	return a.runOpened(ctx, x, folder, mark, begun)
}

// stamp is that of the report in a folder; nil where its sources cannot be read, of which more is said soon.
func (a *app) stamp(w *session.World, s *study.Study, folder outdir.Folder, x *session.Session) *session.Stamp {
	mark, err := w.Stamp(s, folder.Path, x)
	if err != nil {
		return nil
	}
	return mark
}

// holds says whether a report is up to date, and nobody wants to know better.
func (a *app) holds(mark *session.Stamp) bool { return mark != nil && !a.verify && mark.Holds() }

// runOpened computes what is missing and writes the report.
func (a *app) runOpened(ctx context.Context, x *session.Session, folder outdir.Folder, mark *session.Stamp,
	begun time.Time) error {
	store := x.Store()
	preview, err := x.Look()
	if err != nil {
		return err
	}
	if err := firstError(folder.Check(ctx, report.Paths()), enoughRoom(store, preview)); err != nil {
		return err
	}
	probes, err := x.Probe(ctx, preview)
	if err != nil {
		return err
	}
	c, err := x.Compute(ctx, false)
	if err != nil {
		return err
	}
	drifted := probes.Again(ctx)
	c.Distrust(drifted)
	files, err := x.Document(ctx, c)
	if err != nil {
		return err
	}
	sum := summaryOf(folder, c, a.Now().Sub(begun))
	sum.Probes = probes.All
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
	if !c.Partial && len(drifted) == 0 && mark != nil {
		mark.Finished(append(files, outdir.ManifestOf(files)))
	}
	if err := synced(store); err != nil {
		return err
	}
	if len(drifted) > 0 {
		return c.Forget(store, drifted)
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
	Report   string           `json:"report"`
	UpToDate bool             `json:"up_to_date"`
	Partial  bool             `json:"partial"`
	Absent   []plan.Absent    `json:"absent,omitempty"`
	Failed   []session.Failed `json:"failed,omitempty"`
	Hits     int              `json:"hits"`
	Ran      int              `json:"ran"`
	Tokens   int              `json:"tokens"` // through models
	Probes   []session.Probe  `json:"probes,omitempty"`
	Verified *cas.Hashed      `json:"verified,omitempty"`
	Seconds  float64          `json:"seconds"`
}

func summaryOf(folder outdir.Folder, c *session.Computed, took time.Duration) summary {
	return summary{Report: folder.Path, Partial: c.Partial, Absent: c.Absent, Failed: c.Failed, Hits: c.Hits, Ran: c.Ran,
		Tokens:  c.Tokens,
		Seconds: took.Seconds()}
}

func (a *app) finish(s summary) error {
	took := durationText(time.Duration(s.Seconds * float64(time.Second)))
	switch {
	case s.UpToDate:
		a.say("Up to date; nothing to compute (%s).", took)
	case s.Tokens > 0:
		a.say("%s from the store, %s computed, %s tokens, %s.", wording.Count(s.Hits, "action"), wording.Group(s.Ran),
			short(float64(s.Tokens)),
			took)
	default:
		a.say("%s from the store, %s computed, %s.", wording.Count(s.Hits, "action"), wording.Group(s.Ran), took)
	}
	if v := s.Verified; v != nil {
		a.say("Read and hashed again: %s (%s), and every result that came from the store.", wording.Count(v.Files, "file"),
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

// enoughRoom wants as much space on the store's disk as a run may need, before anything is asked.
func enoughRoom(store *cas.Store, p *engine.Preview) error {
	if free, known := store.Free(); known && p.Room > free {
		return fmt.Errorf("a run may write %s to the store %s, and %s are free there. Make room (sdmap cache gc removes what "+
			"no study reaches), "+
			"or name another folder with -cache or SDMAP_CACHE; nothing was run", bytesText(p.Room), store.Dir(), bytesText(free))
	}
	return nil
}
