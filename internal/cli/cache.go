package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"sdmap/internal/cas"
)

func (a *app) openStore() (*cas.Store, error) {
	dir, err := a.storeDir()
	if err != nil {
		return nil, err
	}
	s, err := cas.Open(dir)
	if err != nil {
		return nil, err
	}
	s.Warn = func(m string) { a.say("warning: store: %s", m) }
	return s, nil
}

func (a *app) cacheCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "cache",
		Short: "Look at the store or clean it",
		Args:  cobra.NoArgs,
	}
	a.command(c, func(context.Context, []string) error { return usage("say what to do with the store: stat or gc") })
	stat := &cobra.Command{
		Use:     "stat [-json]",
		Short:   "Count what the store holds",
		Example: "  sdmap cache stat",
		Args:    cobra.NoArgs,
	}
	a.jsonFlag(stat.Flags())
	gc := &cobra.Command{
		Use:   "gc [-n] [STUDY...]",
		Short: "Remove what no study reaches",
		Long: `Remove from the store what none of the named studies reaches. Without names these are all
studies/*/study.toml and study.toml of the current folder. What changed within the last hour stays,
because another process may be at work.`,
		Example: "  sdmap cache gc -n\n  sdmap cache gc studies/*/study.toml",
	}
	dry := gc.Flags().BoolP("dry-run", "n", false, "only say what would be removed")
	a.jsonFlag(gc.Flags())
	c.AddCommand(a.command(stat, func(context.Context, []string) error { return a.cacheStat() }),
		a.command(gc, func(ctx context.Context, args []string) error { return a.cacheGC(ctx, args, *dry) }))
	return c
}

func (a *app) cacheStat() error {
	s, err := a.openStore()
	if err != nil {
		return err
	}
	st, err := s.Stat()
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(struct {
			Dir string `json:"dir"`
			cas.Stat
		}{s.Dir(), st})
	}
	fmt.Fprintf(a.Stdout, "%s: %s, %s in %s, %s\n", s.Dir(), bytesText(st.Bytes), count(st.Entries, "action"),
		count(st.Outputs, "output"), count(st.Journals, "journal"))
	if st.Damaged > 0 {
		fmt.Fprintf(a.Stdout, "%s damaged and will be computed again\n", count(st.Damaged, "entry"))
	}
	if len(st.Kinds) > 0 {
		t := newTable("kind", "actions", "size", "tokens", "seconds")
		for _, k := range st.Kinds {
			t.add(k.Kind, k.Entries, bytesText(k.Bytes), k.Tokens, fmt.Sprintf("%.1f", k.Seconds))
		}
		t.print(a.Stdout)
	}
	return nil
}

// grace is how long gc leaves files alone: another process may have just written them.
const grace = time.Hour

func (a *app) cacheGC(ctx context.Context, files []string, dry bool) error {
	if len(files) == 0 {
		files = studiesHere()
	}
	if len(files) == 0 {
		return usage("there is no study here, so nothing in the store would be kept; name the studies whose results should stay")
	}
	s, err := a.openStore()
	if err != nil {
		return err
	}
	keep := map[cas.ActionID]bool{}
	for _, file := range files {
		if err := a.reach(ctx, s, file, keep); err != nil {
			return fmt.Errorf("%w; nothing was removed", err)
		}
	}
	c, err := s.GC(func(id cas.ActionID) bool { return keep[id] }, a.Now().Add(-grace), dry)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(c)
	}
	verb := "removed"
	if dry {
		verb = "would remove"
	}
	fmt.Fprintf(a.Stdout, "%s: %s %s, %s, %s (%s); %s kept for %s\n", s.Dir(), verb, count(c.Entries, "action"),
		count(c.Outputs, "output"), count(c.Journals, "journal"), bytesText(c.Bytes), count(c.Kept, "action"), count(len(files), "study"))
	return nil
}

// studiesHere are the studies that gc and why take where none is named.
func studiesHere() []string {
	var out []string
	for _, pattern := range []string{"study.toml", "studies/*/study.toml"} {
		found, _ := filepath.Glob(filepath.FromSlash(pattern))
		out = append(out, found...)
	}
	return out
}
