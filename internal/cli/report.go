package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"sdmap/internal/wording"
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
	w := a.world(store)
	l, err := w.ReadAndOpen(ctx, file, true)
	if err != nil {
		return err
	}
	defer l.Close()
	folder, err := w.Folder(l.Study, a.out, a.force)
	if err != nil {
		return err
	}
	c, err := l.Compute(ctx, true)
	if err != nil {
		return err
	}
	if c.Partial && !partial {
		return fmt.Errorf("%s missing in the store; sdmap run computes them, -partial writes what there is",
			wording.Count(c.Lacking, "action"))
	}
	files, err := l.Document(ctx, c)
	if err != nil {
		return err
	}
	if err := a.write(ctx, folder, files, nil); err != nil {
		return err
	}
	return a.finish(summaryOf(folder, c, a.Now().Sub(begun)))
}
