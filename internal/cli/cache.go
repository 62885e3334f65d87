package cli

import (
	"context"
	"fmt"
	"os/user"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"sdmap/internal/cas"
	"sdmap/internal/wording"
)

func (a *app) openStore() (*cas.Store, error) {
	dir, err := a.storeDir()
	if err != nil {
		return nil, err
	}
	s, err := cas.OpenWith(dir, a.StoreHooks)
	if err != nil {
		return nil, err
	}
	s.Verify = a.verify
	s.Warn = func(m string) { a.say("warning: store: %s", m) }
	return s, nil
}

func (a *app) cacheCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "cache",
		Short: "Look at the store or clean it",
		Args:  cobra.NoArgs,
	}
	a.command(c, func(context.Context, []string) error { return usage("say what to do with the store: init, stat or gc") })
	begin := &cobra.Command{
		Use:   "init [-shared] [-group NAME]",
		Short: "Make a store, for one user or for a group",
		Long: `Make the store that -cache or SDMAP_CACHE names. With -shared everybody in the group of its folder works
on it: folders are writable for the group and hand their group on (set-group-ID), files are readable for it,
and what others may do is up to the umask of whoever writes. A store that is there already is opened to its
group. Runs of several people at the same time share the work.`,
		Example: "  sdmap cache init -shared -group lab -cache /srv/sdmap\n  SDMAP_CACHE=/srv/sdmap sdmap run studies/mine",
		Args:    cobra.NoArgs,
	}
	shared := begin.Flags().Bool("shared", false, "let the group of the folder work on it")
	group := begin.Flags().String("group", "", "give it to this group, by name or number (needs -shared)")
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
	c.AddCommand(a.command(begin, func(context.Context, []string) error { return a.cacheInit(*shared, *group) }),
		a.command(stat, func(context.Context, []string) error { return a.cacheStat() }),
		a.command(gc, func(ctx context.Context, args []string) error { return a.cacheGC(ctx, args, *dry) }))
	return c
}

func (a *app) cacheInit(shared bool, group string) error {
	if group != "" && !shared {
		return usage("-group goes with -shared")
	}
	dir, err := a.storeDir()
	if err != nil {
		return err
	}
	if !shared {
		s, err := a.openStore()
		if err != nil {
			return err
		}
		fmt.Fprintln(a.Stdout, dir)
		return s.Close()
	}
	number, err := groupNumber(group)
	if err != nil {
		return err
	}
	left, err := cas.Share(dir, number)
	if err != nil {
		return err
	}
	if left > 0 {
		a.say("%s of others could not be opened to the group; they can do it by the same command.", wording.Count(left, "file"))
	}
	fmt.Fprintln(a.Stdout, dir)
	return nil
}

// groupNumber is the number of a group, -1 for none.
func groupNumber(name string) (int, error) {
	if name == "" {
		return -1, nil
	}
	if n, err := strconv.Atoi(name); err == nil && n >= 0 {
		return n, nil
	}
	g, err := user.LookupGroup(name)
	if err != nil {
		return 0, usage("there is no group %q on this machine", name)
	}
	return strconv.Atoi(g.Gid)
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
	kind := ""
	if st.Shared {
		kind = " (shared by a group)"
	}
	fmt.Fprintf(a.Stdout, "%s%s: %s, %s in %s, %s\n", s.Dir(), kind, bytesText(st.Bytes), wording.Count(st.Entries, "action"),
		wording.Count(st.Outputs, "output"), wording.Count(st.Journals, "journal"))
	if st.Damaged > 0 {
		fmt.Fprintf(a.Stdout, "%s damaged and will be computed again\n", wording.Count(st.Damaged, "entry"))
	}
	if st.Unreadable > 0 {
		fmt.Fprintf(a.Stdout, "%s cannot be read by this user on this machine and will be computed again\n",
			wording.Count(st.Unreadable, "entry"))
	}
	if st.Aside > 0 {
		fmt.Fprintf(a.Stdout, "%s stood in the way and lie in %s: no work of sdmap's\n", wording.Count(st.Aside, "thing"),
			filepath.Join(s.Dir(), "aside"))
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
	keep, w := map[cas.ActionID]bool{}, a.world(s)
	for _, file := range files {
		if err := w.Reached(ctx, file, keep); err != nil {
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
	fmt.Fprintf(a.Stdout, "%s: %s %s, %s, %s (%s); %s kept for %s\n", s.Dir(), verb, wording.Count(c.Entries, "action"),
		wording.Count(c.Outputs, "output"), wording.Count(c.Journals, "journal"), bytesText(c.Bytes),
		wording.Count(c.Kept, "action"),
		wording.Count(len(files), "study"))
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
