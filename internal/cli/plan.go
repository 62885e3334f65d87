package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/cas"
	"sdmap/internal/engine"
	"sdmap/internal/plan"
	"sdmap/internal/wording"
)

func (a *app) planCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "plan [-actions] [-json] [-j N] STUDY",
		Short: "Show what a run would do and cost",
		Long: `Show what a run would do: which actions the store has (hit), which would run, and which wait for
others, whose results may turn out to be unchanged. Nothing is computed; models in this process that were
never measured on this machine read a few texts, for at most ten seconds in all, so that the time can be told.`,
		Example: "  sdmap plan studies/planted/study.toml\n  sdmap plan -actions studies/planted/study.toml\n  sdmap plan " +
			"-json studies/planted/study.toml",
		Args: cobra.ExactArgs(1),
	}
	all := c.Flags().Bool("actions", false, "list every action")
	a.jsonFlag(c.Flags())
	a.workersFlag(c.Flags())
	return a.command(c, func(ctx context.Context, args []string) error { return a.plan(ctx, args[0], *all) })
}

func plannedAxes(p *plan.Plan) []string {
	out := []string{}
	for _, name := range axis.Names() {
		if p.Results[name] != nil {
			out = append(out, name)
		}
	}
	return out
}

// stepJSON is one action of a plan as data.
type stepJSON struct {
	Kind     string `json:"kind"`
	Subject  string `json:"subject"`
	State    string `json:"state"`
	Key      string `json:"key,omitempty"`
	Requests int    `json:"requests"`
	Tokens   int    `json:"tokens"`
	Bytes    int64  `json:"bytes"`
}

// planJSON is a plan as data.
type planJSON struct {
	Hits     int           `json:"hits"`
	Runs     int           `json:"runs"`
	Waits    int           `json:"waits"`
	Requests int           `json:"requests"`
	Tokens   int           `json:"tokens"`
	Bytes    int64         `json:"bytes"`
	Room     int64         `json:"room"`    // bytes of disk that the store may need
	Free     *int64        `json:"free"`    // bytes where the store lies; null where the system does not say
	Seconds  *float64      `json:"seconds"` // null while some kind was never measured here
	Absent   []plan.Absent `json:"absent"`
	Actions  []stepJSON    `json:"actions"`
}

func (a *app) plan(ctx context.Context, file string, all bool) error {
	store, err := a.openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	l, err := a.world(store).ReadAndOpen(ctx, file, true)
	if err != nil {
		return err
	}
	defer l.Close()
	p, err := l.Look()
	if err == nil && len(p.Unmeasured) > 0 {
		l.Measure(ctx, p)
		p, err = l.Look()
	}
	if err != nil {
		return err
	}
	if a.json {
		data := planData(p, l.Plan)
		if free, known := store.Free(); known {
			data.Free = &free
		}
		return a.printJSON(data)
	}
	if all {
		for _, s := range p.Steps {
			fmt.Fprintf(a.Stdout, "%-5s  %s\n", s.Will, plainLines(engine.Name(s.Action)))
		}
		fmt.Fprintln(a.Stdout)
	}
	kindTable(p).print(a.Stdout)
	for _, b := range l.Plan.Absent {
		fmt.Fprintf(a.Stdout, "No %s axis: %s.\n", b.Axis, b.Reason)
	}
	a.printRoom(store, p)
	a.printEstimate(p)
	return nil
}

// printRoom tells what the store would need and has.
func (a *app) printRoom(store *cas.Store, p *engine.Preview) {
	free, known := store.Free()
	if p.Room == 0 || !known {
		return
	}
	text := fmt.Sprintf("The store %s needs up to %s; %s are free there.", store.Dir(), bytesText(p.Room), bytesText(free))
	if p.Room > free {
		text += " A run would not begin: make room, or name another folder with -cache or SDMAP_CACHE."
	}
	fmt.Fprintln(a.Stdout, text)
}

func (a *app) printEstimate(p *engine.Preview) {
	switch {
	case p.Runs+p.Waits == 0:
		fmt.Fprintf(a.Stdout, "%s, all in the store: nothing to compute.\n", wording.Count(len(p.Steps), "action"))
	case p.LeftKnown:
		fmt.Fprintf(a.Stdout, "A run takes about %s, by the rates measured on this machine.\n", durationText(p.Left))
	case p.Left > 0:
		fmt.Fprintf(a.Stdout, "A run takes more than %s; some kinds of action or models were never measured on this machine.\n",
			durationText(p.Left))
	default:
		fmt.Fprintln(a.Stdout, "How long a run takes is not known before something was measured on this machine.")
	}
}

func planData(p *engine.Preview, pl *plan.Plan) planJSON {
	out := planJSON{Hits: p.Hits, Runs: p.Runs, Waits: p.Waits, Requests: p.Requests, Tokens: p.Tokens, Bytes: p.Bytes,
		Room:   p.Room,
		Absent: append([]plan.Absent{}, pl.Absent...), Actions: []stepJSON{}}
	if p.LeftKnown {
		out.Seconds = new(p.Left.Round(time.Millisecond).Seconds())
	}
	for _, s := range p.Steps {
		j := stepJSON{Kind: s.Action.Kind, Subject: s.Action.Subject, State: string(s.Will), Requests: s.Action.Cost.Requests,
			Tokens: s.Action.Cost.Tokens, Bytes: s.Action.Cost.Bytes}
		if s.Key != (cas.ActionID{}) {
			j.Key = s.Key.String()
		}
		out.Actions = append(out.Actions, j)
	}
	return out
}

// kindTable sums a plan up by kind of action, in the order of the run.
func kindTable(p *engine.Preview) *table {
	type sum struct {
		hit, run, wait int
		cost           action.Cost
	}
	var kinds []string
	sums := map[string]*sum{}
	total := &sum{}
	for _, s := range p.Steps {
		if sums[s.Action.Kind] == nil {
			kinds = append(kinds, s.Action.Kind)
			sums[s.Action.Kind] = &sum{}
		}
		for _, k := range []*sum{sums[s.Action.Kind], total} {
			switch s.Will {
			case engine.WillHit:
				k.hit++
				continue
			case engine.WillRun:
				k.run++
			default:
				k.wait++
			}
			k.cost.Requests += s.Action.Cost.Requests
			k.cost.Tokens += s.Action.Cost.Tokens
			k.cost.Bytes += s.Action.Cost.Bytes
		}
	}
	t := newTable("kind", "hit", "run", "waits", "requests", "tokens", "disk")
	row := func(name string, k *sum) {
		t.add(name, k.hit, k.run, k.wait, k.cost.Requests, k.cost.Tokens, bytesText(k.cost.Bytes))
	}
	for _, name := range kinds {
		row(name, sums[name])
	}
	row("all", total)
	return t
}
