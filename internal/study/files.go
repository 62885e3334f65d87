package study

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"sdmap/internal/diag"
	"sdmap/internal/files"
)

// file is the path that a key gives, checked to be a file inside the study's folder; empty where it is not.
func (t table) file(key string) string {
	if !t.has(key) {
		return ""
	}
	return t.checked(key, t.checkFile)
}

// checked is the path that a key gives, if check has nothing to report of it.
func (t table) checked(key string, check func(name string, at diag.Range) bool) string {
	if name := t.text(key); check(name, t.place(key)) {
		return filepath.ToSlash(filepath.Clean(name))
	}
	return ""
}

// optionalFile is the same for a key whose default is a file that may be absent.
func (t table) optionalFile(key, standard string) string {
	if t.has(key) {
		return t.file(key)
	}
	info, err := t.root.Stat(standard)
	switch {
	case err != nil:
		return ""
	case !info.Mode().IsRegular():
		t.report(t.at(t.pos.Key), fmt.Sprintf("%q is %s", standard, files.What(info.Mode())),
			"A file of this name is read unless the study names another.",
			fmt.Sprintf("Move it away, or give %s in [report].", key))
		return ""
	}
	return standard
}

func (t table) checkFile(name string, at diag.Range) bool {
	if !t.checkInside(name, at) {
		return false
	}
	info, err := t.root.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !t.found.Tells("there is no such file", at): // a look into its folder takes time
	case errors.Is(err, fs.ErrNotExist):
		t.report(at, fmt.Sprintf("there is no file %q", name), "Paths are relative to the study's folder.", t.nearFile(name))
	case err != nil:
		t.report(at, fmt.Sprintf("%q cannot be read", name), "Links out of the study's folder are not followed ("+cause(err)+").",
			"")
	case !info.Mode().IsRegular():
		t.report(at, fmt.Sprintf("%q is %s", name, files.What(info.Mode())), "A file is needed.", "")
	default:
		return true
	}
	return false
}

// longestPath is what no system opens more of.
const longestPath = 4096

func (t table) checkInside(name string, at diag.Range) bool {
	if len(name) > longestPath {
		t.report(at, fmt.Sprintf("the path is longer than %d bytes", longestPath), "No file has a longer one.", "")
		return false
	}
	if filepath.IsLocal(name) && !strings.ContainsRune(name, 0) {
		return true
	}
	t.report(at, fmt.Sprintf("%q is not inside the study's folder", name),
		"A study names only files of its own folder, so that it can be moved and shared. Copy the file there, or "+
			"hard-link a large one.", "")
	return false
}

// nearFile suggests a file of the same folder whose name is like the one asked for.
func (t table) nearFile(name string) string {
	dir, base := path.Split(filepath.ToSlash(name))
	entries, err := fs.ReadDir(t.root.FS(), path.Clean(dir))
	if err != nil {
		return ""
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if near := diag.DidYouMean(base, names); near != "" {
		return fmt.Sprintf("Did you mean %q?", dir+near)
	}
	return ""
}

// expand is what a path stands for: itself, or what its pattern matches, in the order of their names; check reports what should
// not be there.
func (t table) expand(key string, check func(name string, at diag.Range) bool) []string {
	pattern := filepath.ToSlash(t.text(key))
	if !strings.ContainsAny(pattern, `*?[`) {
		if f := t.checked(key, check); f != "" {
			return []string{f}
		}
		return nil
	}
	if !t.checkInside(pattern, t.place(key)) {
		return nil
	}
	keep := func(names []string) []string {
		return slices.DeleteFunc(names, func(name string) bool { return !check(name, t.place(key)) })
	}
	if _, err := t.root.Stat(pattern); err == nil { // a name that only looks like a pattern
		return keep([]string{pattern})
	}
	if t.globs++; t.globs > mostGlobs {
		t.report(t.place(key), fmt.Sprintf("the study has more than %d patterns of files", mostGlobs),
			"Name the files, or let one pattern stand for more of them.", "")
		return nil
	}
	found, err := fs.Glob(t.root.FS(), path.Clean(pattern))
	switch {
	case err != nil:
		t.report(t.place(key), fmt.Sprintf("%q is not a pattern", pattern), "* stands for any characters of a name, ? for one, "+
			"[a-z] for one of a range.", "")
	case len(found) == 0:
		t.report(t.place(key), fmt.Sprintf("no file matches %q", pattern), "Paths are relative to the study's folder.", "")
	}
	return keep(found)
}

// mostGlobs bounds how often folders are searched.
const mostGlobs = 1000
