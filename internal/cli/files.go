package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"sdmap/internal/cas"
	"sdmap/internal/outdir"
	"sdmap/internal/study"
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

// folder is where a study's report goes: where the user says, else where reportDir does.
func (a *app) folder(store *cas.Store, s *study.Study) (outdir.Folder, error) {
	f := outdir.Folder{Path: a.out, Force: a.force,
		Say: func(format string, args ...any) { a.say("%s", plainLines(fmt.Sprintf(format, args...))) }}
	var err error
	if a.out == "" {
		f.Path, f.Within, err = reportDir(s)
	}
	if err == nil {
		err = ownInput(s, f.Path)
	}
	f.Known = func() outdir.Digests { return stamped(store, f.Path) }
	return f, err
}

// ownInput is the error for a folder in which a file of the study has a name that the report claims: not even -force may move it.
func ownInput(s *study.Study, folder string) error {
	to, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	for _, file := range append(inputFiles(s), filepath.Base(s.File)) {
		from, err := filepath.Abs(filepath.Join(s.Dir, filepath.FromSlash(file)))
		if err != nil {
			return err
		}
		if name, err := filepath.Rel(to, from); err == nil && outdir.Claims(filepath.ToSlash(name)) {
			return fmt.Errorf("the report would take the place of %s, which the study reads; name another folder with -o, or "+
				"that file otherwise", file)
		}
	}
	return nil
}

// write writes a report. Only the wait for another process that writes there can be interrupted.
func (a *app) write(ctx context.Context, f outdir.Folder, files []outdir.File, record []byte) error {
	err := f.Write(ctx, files, record)
	if err != nil && errors.Is(err, ctx.Err()) {
		return unwritten()
	}
	return err
}

// reportDir is where a study's report goes unless the user names a folder: reports/NAME beside the studies folder that holds
// the study, else under the current folder. As the user did not type it, it must not lead out of the folder that is returned
// with it, whatever links a study came with.
func reportDir(s *study.Study) (dir, within string, err error) {
	if s.Name == "." || !filepath.IsLocal(s.Name) {
		return "", "", fmt.Errorf("the study's name %q cannot be that of a folder; name the report's folder with -o", s.Name)
	}
	from, err := filepath.Abs(s.Dir)
	if err != nil {
		return "", "", err
	}
	for d := from; ; d = filepath.Dir(d) {
		if filepath.Base(d) == "studies" {
			return shortest(filepath.Join(filepath.Dir(d), "reports", s.Name)), shortest(filepath.Dir(d)), nil
		}
		if d == filepath.Dir(d) {
			return filepath.Join("reports", s.Name), ".", nil
		}
	}
}

// shortest writes a path relative to the current folder where that does not lead upwards.
func shortest(path string) string {
	wd, err := os.Getwd()
	if err != nil {
		return path
	}
	rel, err := filepath.Rel(wd, path)
	if err != nil || strings.HasPrefix(rel, "..") {
		return path
	}
	return rel
}
