package cli

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"sdmap/internal/cas"
	"sdmap/internal/engine"
	"sdmap/internal/wording"
)

func (a *app) whyCmd() *cobra.Command {
	return a.command(&cobra.Command{
		Use:   "why ACTION [STUDY]",
		Short: "Show what an action's result depends on, and what changed",
		Long: `Show the description that an action's result is kept under, one line per fact, and how it differs from
the nearest entry of the store: the line that changed is why it has to run again.

ACTION is the beginning of a key (sha256:1a2b..., from plan -json) or of the digest of an output, 12 digits
of either as a report shows them, or words of an action's name as plan -actions prints it. STUDY defaults to the only
study of the current folder.`,
		Example: "  sdmap why \"performance/replies m01 on sum.eq\" studies/planted/study.toml\n  sdmap why sha256:1a2b3c4d",
		Args:    cobra.RangeArgs(1, 2),
	}, func(ctx context.Context, args []string) error { return a.why(ctx, args) })
}

func (a *app) why(ctx context.Context, args []string) error {
	store, err := a.openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	if key, is := keyPrefix(args[0]); is && len(args) == 1 {
		if e, ok := entryByPrefix(store, key); ok {
			a.explain(store, e.Made, e.Kind+" "+e.Subject+" is in the store")
			return nil
		}
	}
	file, err := onlyStudy(args[1:])
	if err != nil {
		return err
	}
	l, err := a.world(store).ReadAndOpen(ctx, file, true)
	if err != nil {
		return err
	}
	defer l.Close()
	p, err := l.Look()
	if err != nil {
		return err
	}
	step, err := a.pick(p.Steps, args[0])
	if err != nil {
		return err
	}
	name := engine.Name(step.Action)
	made := cas.Made{Kind: step.Action.Kind, Subject: step.Action.Subject, Description: step.Description}
	switch step.Will {
	case engine.WillWait:
		fmt.Fprintf(a.Stdout, "%s waits: its key holds the content of its inputs, and not all of them are computed yet:\n", name)
		for _, in := range step.Action.Inputs {
			fmt.Fprintf(a.Stdout, "  %s from %s\n", in.Name, engine.Name(in.From))
		}
		return nil
	case engine.WillHit:
		a.explain(store, made, name+" is a hit")
	default:
		a.explain(store, made, name+" would run")
	}
	return nil
}

// onlyStudy is the named study, or the only one there is.
func onlyStudy(args []string) (string, error) {
	if len(args) == 1 {
		return args[0], nil
	}
	switch files := studiesHere(); len(files) {
	case 1:
		return files[0], nil
	case 0:
		return "", usage("there is no study here; name it: sdmap why ACTION STUDY")
	default:
		return "", usage("there are several studies here; name one: %s", strings.Join(files, ", "))
	}
}

// digestPrefix begins keys and digests as they are printed.
const digestPrefix = "sha256:"

// reportDigits is how many digits of a digest are taken for one without its prefix, as a report's page shows them, at least:
// shorter ones may be part of a name.
const reportDigits = 12

var bareDigest = regexp.MustCompile(fmt.Sprintf(`^[0-9a-f]{%d,64}$`, reportDigits))

// keyPrefix is the beginning of a key, as keys are printed, that a text is; false where it is none.
func keyPrefix(text string) (string, bool) {
	switch {
	case strings.HasPrefix(text, digestPrefix):
		return text, true
	case bareDigest.MatchString(text):
		return digestPrefix + text, true
	}
	return "", false
}

func entryByPrefix(store *cas.Store, prefix string) (cas.Entry, bool) {
	for e := range store.Entries() {
		if strings.HasPrefix(e.Action.String(), prefix) || strings.HasPrefix(e.Output.String(), prefix) {
			return e, true
		}
	}
	return cas.Entry{}, false
}

// mostNamed is how many actions are listed when a name fits many.
const mostNamed = 20

// pick finds the one step that a key's beginning or words of a name fit; a whole name wins over parts.
func (a *app) pick(steps []engine.Step, want string) (engine.Step, error) {
	var found []engine.Step
	key, isKey := keyPrefix(want)
	for _, s := range steps {
		name := engine.Name(s.Action)
		if name == want || s.Action.Kind == want && s.Action.Subject == "" {
			return s, nil
		}
		if strings.Contains(name, want) || isKey && s.Description != "" && (strings.HasPrefix(s.Key.String(), key) ||
			s.Will == engine.WillHit && strings.HasPrefix(s.Entry.Output.String(), key)) {
			found = append(found, s)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return engine.Step{}, usage("the study has no action %q; sdmap plan -actions lists them", want)
	}
	a.say("%s fit %q:", wording.Count(len(found), "action"), want)
	for _, s := range found[:min(len(found), mostNamed)] {
		a.say("  %s", engine.Name(s.Action))
	}
	return engine.Step{}, coded{exitUsage, errors.New("say which one")}
}

// explain prints a description, marked with what differs from the nearest entry of its kind.
func (a *app) explain(store *cas.Store, made cas.Made, state string) {
	fmt.Fprintf(a.Stdout, "%s\n%s\n\n", state, cas.IDOf(made.Description))
	near, ok := store.Nearest(made)
	if !ok {
		fmt.Fprint(a.Stdout, made.Description)
		fmt.Fprintf(a.Stdout, "\nThe store holds no other action of the kind %s.\n", made.Kind)
		return
	}
	lines := cas.Diff(near.Description, made.Description)
	changed := 0
	for _, line := range lines {
		if !strings.HasPrefix(line, "  ") {
			changed++
		}
		fmt.Fprintln(a.Stdout, line)
	}
	fmt.Fprintf(a.Stdout, "\n%s against the nearest entry, %s %s, %s\n", wording.Count(changed, "changed line"), near.Kind,
		near.Subject,
		near.Action)
}
