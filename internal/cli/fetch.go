package cli

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"sdmap/internal/diag"
	"sdmap/internal/session"
	"sdmap/internal/study"
	"sdmap/internal/wording"
)

func (a *app) fetchCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "fetch [-json] STUDY",
		Short: "Fetch what a study names by address, and print digests",
		Long: `Bring all files that the study names by address into the store, as run does before it computes, and print
the SHA-256, size and address of each. A study that does not give a digest yet is told it, with the line
where it belongs: compare it with what the file's author publishes before you write it down.

Only hosts in allow_hosts are asked, whatever a redirect says. Ctrl-C keeps what has come; the same command
goes on from there. Proxies are not used; on a machine without the network, set SDMAP_MIRROR.`,
		Example: "  sdmap fetch studies/mine/study.toml",
		Args:    cobra.ExactArgs(1),
	}
	a.jsonFlag(c.Flags())
	return a.command(c, func(ctx context.Context, args []string) error { return a.fetch(ctx, args[0]) })
}

func (a *app) mirrorCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "mirror [-to DIR] STUDY",
		Short: "Put what a study names by address into a folder, for machines without the network",
		Long: `Bring all files that the study names by address (sdmap fetch) and put them into a folder, each under its
SHA-256. With SDMAP_MIRROR set to that folder, or to a copy of it on another machine, nothing is fetched.
The files of a mirror are used where they lie. Files can be added by hand, too: only their names and contents count.`,
		Example: "  sdmap mirror -to /mnt/stick/mirror studies/mine\n  SDMAP_MIRROR=/mnt/stick/mirror sdmap run studies/mine",
		Args:    cobra.ExactArgs(1),
	}
	to := c.Flags().String("to", "", "the folder (default $SDMAP_MIRROR)")
	return a.command(c, func(ctx context.Context, args []string) error { return a.mirror(ctx, args[0], *to) })
}

// fetchedJSON is a file that is here, as data.
type fetchedJSON struct {
	Address string `json:"address"`
	Digest  string `json:"sha256"`
	Bytes   int64  `json:"bytes"`
	Line    int    `json:"line,omitempty"` // of an address whose digest the study lacks
}

func (a *app) fetch(ctx context.Context, file string) error {
	store, err := a.openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	w := a.world(store)
	s, _, err := w.ReadUndigested(file)
	if err != nil {
		return err
	}
	all, err := w.FetchAll(ctx, s)
	if err != nil {
		return err
	}
	list := []fetchedJSON{}
	for _, f := range all {
		one := fetchedJSON{f.Address.Text, f.Digest, f.Size, 0}
		if f.Named.Digest == "" {
			one.Line = f.At.Start.Line
		}
		list = append(list, one)
	}
	if a.json {
		return firstError(a.printJSON(list), store.Sync())
	}
	for _, f := range list {
		fmt.Fprintf(a.Stdout, "%s  %8s  %s\n", f.Digest, bytesText(f.Bytes), diag.Plain(f.Address))
	}
	for _, f := range list {
		if f.Line > 0 {
			a.say("%s:%d lacks its digest: sha256 = %q, if %s is what it should be.", diag.Plain(filepath.ToSlash(s.File)),
				f.Line,
				f.Digest, diag.Plain(f.Address))
		}
	}
	if len(list) == 0 {
		a.say("The study names no file by address.")
	}
	return nil
}

func (a *app) mirror(ctx context.Context, file, to string) error {
	to = cmp.Or(to, a.Getenv(session.MirrorVariable))
	if to == "" {
		return usage("say where the mirror is to be: -to DIR, or SDMAP_MIRROR")
	}
	store, err := a.openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	w := a.world(store)
	s, _, err := w.ReadNamed(file)
	if err != nil {
		return err
	}
	all, err := w.FetchAll(ctx, s)
	if err != nil {
		return err
	}
	added, err := w.Mirror(s, all, to)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.Stdout, "%s: %s added, %d of the study there\n", diag.Plain(to), wording.Count(added, "file"), len(all))
	a.say("It is used with SDMAP_MIRROR=%s.", diag.Plain(to))
	return nil
}

// saySources tells where each file is that a study names by address.
func (a *app) saySources(sources []session.Source) {
	for _, s := range sources {
		size := "size unknown until it is fetched"
		if s.Bytes != nil {
			size = bytesText(*s.Bytes)
		}
		place := "in the " + s.Place
		if s.Place == "fetch" {
			place = "would be fetched from " + s.Host
		}
		fmt.Fprintf(a.Stdout, "%s: %s, %s\n", diag.Plain(s.Address), diag.Plain(place), size)
	}
}

// sayIncomplete tells that a study cannot be checked to its end.
func (a *app) sayIncomplete(file string, s *study.Study) {
	n := len(s.Missing())
	fmt.Fprintf(a.Stdout, "%s has no faults of its own. %s not here; with what they hold it is checked by run, or after "+
		"sdmap fetch.\n",
		diag.Plain(file), wording.Are(n, "file"))
}
