package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

func (a *app) reportCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "report [-partial] [-o DIR] [-force] [-json] STUDY",
		Short: "Write the report from the store, without asking any model",
		Long: `Write the report from what the store holds; no model is asked. Where something is missing nothing is
written, unless -partial is given: then the report says what is missing.` + folderHelp,
		Example: "  sdmap report studies/planted/study.toml\n  sdmap report -partial -o /tmp/report studies/planted/study.toml",
		Args:    cobra.ExactArgs(1),
	}
	a.reportFlags(c.Flags())
	partial := c.Flags().Bool("partial", false, "write what there is")
	a.workersFlag(c.Flags())
	a.jsonFlag(c.Flags())
	return a.command(c, func(ctx context.Context, args []string) error { return a.report(ctx, args[0], *partial) })
}

func (a *app) report(ctx context.Context, file string, partial bool) error {
	begun := a.Now()
	store, err := a.openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	l, err := a.open(ctx, store, file, true)
	if err != nil {
		return err
	}
	defer l.Close()
	folder, err := a.folder(store, l.Study)
	if err != nil {
		return err
	}
	c, err := a.compute(ctx, store, l, true)
	if err != nil {
		return err
	}
	if c.partial && !partial {
		return fmt.Errorf("%s missing in the store; sdmap run computes them, -partial writes what there is",
			count(c.results.Missing+c.results.Skipped, "action"))
	}
	files, err := a.document(ctx, store, l, c)
	if err != nil {
		return err
	}
	if err := a.write(ctx, folder, files, nil); err != nil {
		return err
	}
	return a.finish(summary{Report: folder.Path, Partial: c.partial, Absent: c.absent, Hits: c.hits, Ran: c.ran,
		Seconds: a.Now().Sub(begun).Seconds()})
}
