package cli

import (
	"context"
	"errors"

	"github.com/spf13/pflag"

	"sdmap/internal/outdir"
	"sdmap/internal/session"
)

func (a *app) reportFlags(f *pflag.FlagSet) {
	f.StringVarP(&a.out, "output", "o", "", "folder of the report")
	f.BoolVar(&a.force, "force", false, "move what sdmap did not write out of the report's way: NAME becomes NAME~, "+
		"nothing is deleted")
}

// folderHelp is what both commands that write reports say about where they write.
const folderHelp = `

The folder may hold other files. sdmap replaces and removes only what it wrote itself: sdmap.sha256 there lists
that, and "sha256sum -c sdmap.sha256" checks it. A file of the report that you changed is moved aside, to NAME~.
Where something else stands in the report's way nothing is written, unless -force moves that aside, too.`

// write writes a report. Only the wait for another process that writes there can be interrupted.
func (a *app) write(ctx context.Context, f outdir.Folder, files []outdir.File, record []byte) error {
	err := f.Write(ctx, files, record)
	if err != nil && errors.Is(err, ctx.Err()) {
		return session.Unwritten()
	}
	return err
}
