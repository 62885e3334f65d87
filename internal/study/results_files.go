package study

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// mostLogs bounds how many files a study's logs may be.
const mostLogs = 100_000

// logFiles are the files that source names: what its pattern matches, all that lies in folders that it matches, and with ** what
// lies in folders of any depth.
func (t table) logFiles() []string {
	pattern := filepath.ToSlash(t.text("source"))
	if !t.has("source") || !t.checkInside(pattern, t.place("source")) {
		return nil
	}
	pattern, after, deep := strings.Cut(path.Clean(pattern), "**")
	if deep {
		pattern = path.Clean(pattern + ".")
	}
	found, err := fs.Glob(t.root.FS(), pattern)
	if _, missing := t.root.Stat(pattern); missing == nil { // a name that only looks like a pattern
		found = []string{pattern}
	}
	var out []string
	for _, top := range found {
		_ = fs.WalkDir(t.root.FS(), top, func(name string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() || !fitsBelow(strings.TrimPrefix(name, top+"/"), after) {
				return nil
			}
			if out = append(out, name); len(out) > mostLogs {
				return fs.SkipAll
			}
			return nil
		})
	}
	slices.Sort(out)
	out = slices.Compact(out)
	switch {
	case err != nil:
		t.report(t.place("source"), fmt.Sprintf("%q is not a pattern", pattern),
			"* stands for any characters of a name, ? for one, "+
				"[a-z] for one of a range, ** for folders of any depth.", "")
	case len(out) == 0:
		t.report(t.place("source"), fmt.Sprintf("no file matches %q", t.text("source")),
			"Paths are relative to the study's folder.", "")
	case len(out) > mostLogs:
		t.report(t.place("source"), fmt.Sprintf("more than %d files match %q", mostLogs, t.text("source")), "",
			"Name fewer folders.")
		return nil
	}
	return out
}

// fitsBelow says whether the last parts of a path fit a pattern behind **.
func fitsBelow(name, after string) bool {
	after = strings.TrimPrefix(after, "/")
	if after == "" {
		return true
	}
	parts := strings.Split(name, "/")
	n := strings.Count(after, "/") + 1
	if n > len(parts) {
		return false
	}
	ok, err := path.Match(after, strings.Join(parts[len(parts)-n:], "/"))
	return ok && err == nil
}
