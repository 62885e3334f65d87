package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sdmap/internal/study"
)

// output is one file of a report: its slash-separated path inside the report's folder, and its content.
type output struct {
	path string
	data []byte
}

// reportDir is where a study's report goes: reports/NAME beside the studies folder that holds the study, else under the
// current folder.
func reportDir(s *study.Study) (string, error) {
	dir, err := filepath.Abs(s.Dir)
	if err != nil {
		return "", err
	}
	for d := dir; ; d = filepath.Dir(d) {
		if filepath.Base(d) == "studies" {
			return shortest(filepath.Join(filepath.Dir(d), "reports", s.Name)), nil
		}
		if d == filepath.Dir(d) {
			return filepath.Join("reports", s.Name), nil
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

// writeReport brings a report's folder to hold the given files. Each appears whole or not at all; one that is right
// already is not touched. Figures and tables of an earlier report that this one lacks are removed.
func writeReport(dir string, files []output) error {
	for _, f := range files {
		if !filepath.IsLocal(filepath.FromSlash(f.path)) {
			return fmt.Errorf("a report cannot hold the file %q", f.path)
		}
		if err := writeFile(filepath.Join(dir, filepath.FromSlash(f.path)), f.data); err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
	}
	for _, sub := range []string{"figures/*.svg", "tables/*.csv"} {
		found, _ := filepath.Glob(filepath.Join(dir, filepath.FromSlash(sub)))
		for _, path := range found {
			rel, err := filepath.Rel(dir, path)
			if err == nil && !slices.ContainsFunc(files, func(f output) bool { return f.path == filepath.ToSlash(rel) }) {
				err = os.Remove(path)
			}
			if err != nil {
				return fmt.Errorf("remove an earlier report's file: %w", err)
			}
		}
	}
	return nil
}

func writeFile(path string, data []byte) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, data) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	f, err := os.OpenFile(path+".part", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o666)
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // without effect once renamed
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
