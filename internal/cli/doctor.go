package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"sdmap/internal/action"
	"sdmap/internal/llm"
	"sdmap/internal/llm/backend"
	"sdmap/internal/plan"
	"sdmap/internal/session"
	"sdmap/internal/study"
	"sdmap/internal/wording"
)

func (a *app) doctorCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "doctor [-record FILE] [-json] STUDY",
		Short: "Ask every model of a study whether it can be trusted",
		Long: `For every model: whether it can be reached and is pinned to its weights, what it can give and where that
comes from, and how far two ways of scoring a fixed text lie apart, with the speed of the first.
A model whose two ways disagree by more than its backend's rounding gets an alarm (exit code 4).`,
		Example: "  sdmap doctor studies/mine/study.toml\n  sdmap doctor -json studies/mine/study.toml",
		Args:    cobra.ExactArgs(1),
	}
	a.recordFlag(c.Flags())
	a.jsonFlag(c.Flags())
	return a.command(c, func(ctx context.Context, args []string) error {
		return a.recorded(func() error { return a.doctor(ctx, args[0]) })
	})
}

// finding is what doctor finds out about one model.
type finding struct {
	Model     string         `json:"model"`
	Backend   string         `json:"backend"`
	Reachable bool           `json:"reachable"`
	Fault     string         `json:"fault,omitempty"`
	Remedy    string         `json:"remedy,omitempty"`
	Weights   string         `json:"weights,omitempty"`
	Pinned    bool           `json:"pinned"`
	Engine    string         `json:"engine,omitempty"`
	Route     string         `json:"route,omitempty"`
	Options   []string       `json:"options,omitempty"`
	Gives     []capability   `json:"gives,omitempty"`
	Remarks   []string       `json:"remarks,omitempty"`
	Probe     *session.Probe `json:"probe,omitempty"`
	Alarm     string         `json:"alarm,omitempty"`
}

// capability is one thing that a study can want of a model.
type capability struct {
	What string `json:"what"`
	Has  bool   `json:"has"`
	How  string `json:"how"`
}

func (a *app) doctor(ctx context.Context, file string) error {
	store, err := a.openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	w := a.world(store)
	s, _, err := w.Read(file)
	if err != nil {
		return err
	}
	env := w.Env(s)
	found := []finding{}
	for _, m := range session.EveryModel(s) {
		if kind, answers := a.backends.Find(m.Backend); answers {
			found = append(found, examine(ctx, w, env, kind, m))
		}
	}
	if a.json {
		if err := a.printJSON(found); err != nil {
			return err
		}
	} else {
		for _, p := range found {
			a.printFinding(p)
		}
	}
	return verdict(found)
}

// verdict is the error that a doctor's findings are: an alarm, else a fault, else a server that is unreachable.
func verdict(found []finding) error {
	alarms, faults, unasked := 0, 0, 0
	for _, p := range found {
		switch {
		case p.Alarm != "":
			alarms++
		case p.Fault != "" && p.Reachable:
			faults++
		case !p.Reachable:
			unasked++
		}
	}
	switch {
	case alarms > 0:
		return coded{exitPartial, fmt.Errorf("%s raised", wording.Count(alarms, "alarm"))}
	case faults > 0:
		return coded{exitStudy, fmt.Errorf("%s cannot be used", wording.Count(faults, "model"))}
	case unasked > 0:
		return coded{exitUnreachable, fmt.Errorf("%s cannot be asked", wording.Count(unasked, "model"))}
	}
	return nil
}

// examine opens one model, asks what it is and lets it check itself.
func examine(ctx context.Context, w *session.World, env *backend.Env, kind backend.Kind, m study.Model) finding {
	p := finding{Model: m.ID, Backend: m.Backend}
	is, shut, err := w.OpenModel(ctx, env, kind, m, false)
	if shut != nil {
		defer shut()
	}
	if u, gone := backend.Unreachable(err); gone {
		p.Fault, p.Remedy = u.Error(), kind.HowToStart(m, u.URL)
		return p
	}
	p.Reachable = true
	if err != nil {
		p.Fault = err.Error()
		return p
	}
	p.identified(is, kind)
	p.Remarks = is.Remarks
	probe, err := w.ProbeModel(ctx, is)
	if probe.RouteA != "" {
		p.Probe = &probe
	}
	if u, gone := backend.Unreachable(err); gone {
		p.Reachable, p.Fault = false, u.Error()
	} else if err != nil && !errors.Is(err, context.Canceled) {
		p.Alarm = err.Error()
	}
	return p
}

// identified takes in what a model is and gives, and what would pin it.
func (p *finding) identified(is plan.Model, kind backend.Kind) {
	id := is.Identity
	p.Weights, p.Pinned, p.Engine, p.Route, p.Options = id.Weights, !id.Unpinned, id.Engine, id.Route, id.Options
	if !p.Pinned && kind.Pin != nil {
		p.Remedy = kind.Pin(id)
	}
	p.Gives = gives(is)
}

// gives lists what a model can give, and where it comes from.
func gives(m plan.Model) []capability {
	c := llm.CapabilitiesOf(m.Driver)
	asked, measured := where(m.Asks), where(m.Measures)
	choices := capability{"choices", c.Score && c.Tokenize, "log-probabilities of their words, " + measured}
	switch {
	case choices.Has:
	case c.Choose:
		choices = capability{"choices", true, "by the first letter of an answer (measure = \"option_letters\"), " + asked}
	default:
		choices.How = m.Inexact
	}
	traces := traceNames(c.Trace)
	return []capability{
		{"texts", c.Generate, either(c.Generate, asked, "the model writes none")},
		{"chat", c.Chat, either(c.Chat, either(c.ChatChoices, "texts and choices", "texts, no choices")+
			", in the model's own template", "the model has no chat template")},
		choices,
		{"perplexity", c.Score && c.Tokenize, either(c.Score && c.Tokenize, measured, m.Inexact)},
		{"traces", c.Trace != 0, either(c.Trace != 0, traces+", "+measured, "no hidden states are shown")},
		{"embeddings", c.Embed, either(c.Embed, asked, "the server was not started for them")},
	}
}

func either(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}

// where says who answers.
func where(pool action.Pool) string {
	if pool.Name == "" {
		return "in this process"
	}
	return "by " + pool.Name
}

// traceNames names the parts of a trace.
func traceNames(want llm.Want) string {
	var names []string
	for _, p := range []struct {
		part llm.Want
		name string
	}{{llm.WantResidual, "residual stream"}, {llm.WantGate, "gates"}, {llm.WantAttention, "attention"},
		{llm.WantInputs, "inputs of matrices"}, {llm.WantFinal, "final states"}} {
		if want&p.part != 0 {
			names = append(names, p.name)
		}
	}
	return wording.And(names)
}

func (a *app) printFinding(p finding) {
	line := func(label, format string, args ...any) {
		fmt.Fprintf(a.Stdout, "  %-11s %s\n", label, fmt.Sprintf(format, args...))
	}
	fmt.Fprintf(a.Stdout, "%s (%s)\n", p.Model, p.Backend)
	line("reachable", "%s", either(p.Reachable, "yes", "no"))
	if p.Fault != "" {
		line("fault", "%s", p.Fault)
		if p.Remedy != "" {
			line("remedy", "%s", p.Remedy)
		}
		return
	}
	line("weights", "%s", either(p.Pinned, p.Weights,
		strings.TrimSpace("unpinned: the backend may change them and nobody would know "+p.Weights)))
	if p.Remedy != "" {
		line("remedy", "%s", p.Remedy)
	}
	line("engine", "%s", p.Engine)
	line("route", "%s", strings.Join(append([]string{p.Route}, p.Options...), ", "))
	for _, c := range p.Gives {
		line(c.What, "%s", either(c.Has, "yes, "+c.How, strings.TrimSuffix("no: "+c.How, ": ")))
	}
	for _, r := range p.Remarks {
		line("remark", "%s", r)
	}
	if r := p.Probe; r != nil {
		line("error", "%.2g nats at most between %s and %s on %s (up to %.2g is no fault)", r.MaxDiff, r.RouteA, r.RouteB,
			wording.Count(r.Tokens, "token"), r.Floor)
		if r.TokensPerSecond > 0 {
			line("speed", "%s tokens/s", short(r.TokensPerSecond))
		}
	}
	if p.Alarm != "" {
		line("ALARM", "%s", p.Alarm)
	}
}
