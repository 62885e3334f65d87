package study

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"sdmap/internal/diag"
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
	out, passed := t.walk(found, after)
	if t.isLink(pattern) && len(found) == 0 {
		passed = append(passed, pattern)
	}
	switch {
	case err != nil:
		t.report(t.place("source"), fmt.Sprintf("%q is not a pattern", pattern),
			"* stands for any characters of a name, ? for one, "+
				"[a-z] for one of a range, ** for folders of any depth.", "")
	case len(out) == 0 && len(passed) == 0:
		t.report(t.place("source"), fmt.Sprintf("no file matches %q", t.text("source")),
			"Paths are relative to the study's folder; logs are not fetched from addresses.", "")
	case len(out) == 0:
		t.report(t.place("source"), fmt.Sprintf("no file that can be read matches %q", t.text("source")), notFollowed(passed),
			lieInside)
	case len(out) > mostLogs:
		t.report(t.place("source"), fmt.Sprintf("more than %d files match %q", mostLogs, t.text("source")), "",
			"Name fewer folders.")
		return nil
	case len(passed) > 0:
		t.found.Add(diag.Diagnostic{Severity: diag.Warning, Summary: fmt.Sprintf("logs: places that are not looked into: %d",
			len(passed)), Detail: notFollowed(passed), Suggestion: lieInside, Range: t.place("source")})
	}
	return out
}

// walk lists the files below some places whose last parts fit a pattern, and what cannot be looked into: folders that may not be
// read, and links that lead to folders, which could lead in circles, or out of the study's folder.
func (t table) walk(places []string, after string) (out, passed []string) {
	for _, top := range places {
		_ = fs.WalkDir(t.root.FS(), top, func(name string, d fs.DirEntry, err error) error {
			link := err == nil && d.Type()&fs.ModeSymlink != 0
			file := err == nil && (d.Type().IsRegular() || link && t.isFile(name))
			switch {
			case err != nil || link && !file:
				passed = append(passed, name)
			case file && fitsBelow(strings.TrimPrefix(name, top+"/"), after):
				out = append(out, name)
			}
			if len(out) > mostLogs {
				return fs.SkipAll
			}
			return nil
		})
	}
	slices.Sort(out)
	slices.Sort(passed)
	return slices.Compact(out), slices.Compact(passed)
}

// isFile says whether a regular file lies there; links inside the study's folder are followed.
func (t table) isFile(name string) bool {
	info, err := t.root.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

func (t table) isLink(name string) bool {
	info, err := t.root.Lstat(name)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

func notFollowed(places []string) string {
	return fmt.Sprintf("%q, for one, may not be read, or is a link to a folder or out of the study's folder.", places[0])
}

// lieInside is the remedy for what is not followed.
const lieInside = "Copy the folder to where the link is, or move the study's file to the logs."

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
