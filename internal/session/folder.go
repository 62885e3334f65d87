package session

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sdmap/internal/outdir"
	"sdmap/internal/study"
)

// Folder is where a study's report goes: where the user says, else where ReportDir does. With force set, what others wrote is
// moved out of its way.
func (w *World) Folder(s *study.Study, out string, force bool) (outdir.Folder, error) {
	f := outdir.Folder{Path: out, Force: force, Say: w.Say}
	var err error
	if out == "" {
		f.Path, f.Within, err = ReportDir(s)
	}
	if err == nil {
		err = ownInput(s, f.Path)
	}
	f.Known = func() outdir.Digests { return w.Stamped(f.Path) }
	return f, err
}

// ownInput is the error for a folder in which a file of the study has a name that the report claims: not even -force may move it.
func ownInput(s *study.Study, folder string) error {
	to, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	for _, file := range append(InputFiles(s), filepath.Base(s.File)) {
		from, err := filepath.Abs(s.Outside.Path(s.Dir, file))
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

// ReportDir is where a study's report goes unless the user names a folder: reports/NAME beside the studies folder that holds
// the study, else under the current folder. As the user did not type it, it must not lead out of the folder that is returned
// with it, whatever links a study came with.
func ReportDir(s *study.Study) (dir, within string, err error) {
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
