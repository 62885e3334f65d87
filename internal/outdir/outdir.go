// Package outdir writes reports, and files of other kinds that belong together, into folders that may hold other people's files
// as
// well, and harms none of them.
//
// What is sdmap's in a folder is known by content: a manifest there lists the digest of every file of the report as it was
// written. Such a file is replaced or removed silently while it still has that digest; one that was changed since is
// somebody's work and is moved aside, to NAME~. What the manifest does not name is never touched: where it stands in a
// report's way, nothing at all is written, unless the user asks for it to be moved aside as well. Nothing is ever deleted but
// what sdmap wrote.
//
// Pipeline: open (as a root: no link is followed out of the folder) -> lock (one process at a time) -> look at what is there
// -> stage every file under a temporary name -> put them in place, the page last. What can fail for want of space fails while
// staging, when the earlier report still stands whole. While files are put in place the manifest lists the old and the new
// digests, so that whatever a process leaves behind that is killed there, the next one knows it for sdmap's own.
package outdir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
	"unicode"
)

// File is one file of a report: its slash-separated path inside the report's folder, and its content.
type File struct {
	Path string
	Data []byte
}

// Page is the file of a report that people open. It is written last.
const Page = "index.html"

// Record is the file that says how a run went. It varies from run to run, so the manifest leaves it out; it bears its own
// digest instead, see Seal.
const Record = "run.json"

// Kind is what is written into a folder. A folder holds one kind: the manifest of another is a stranger's file.
type Kind struct {
	Name      string   // "report"
	Fixed     []string // names of the files that each one has
	Others    []string // patterns of names of files that it may have
	Elsewhere string   // what to do where the folder cannot be written to
	InTheWay  string   // what to do where something stands in the way; NAME is the first of it
}

// reports is all that a report can consist of: not even a manifest makes another file sdmap's own.
var reports = Kind{
	Name:      "report",
	Fixed:     []string{Page, "report.md", "report.json"},
	Others:    []string{"figures/*.svg", "tables/*.csv"},
	Elsewhere: "name another folder with -o",
	InTheWay:  "Name another folder with -o, or give -force: it moves these aside (NAME becomes NAME~) and deletes nothing.",
}

// Claims says whether a report may write a file of that name in its folder.
func Claims(name string) bool { return reports.holds(name) || name == Record || name == Manifest }

// holds says whether a folder of this kind may hold a file of that name.
func (k Kind) holds(name string) bool {
	if strings.ContainsFunc(name, func(r rune) bool { return r == '\\' || !unicode.IsPrint(r) }) {
		return false
	}
	return slices.ContainsFunc(slices.Concat(k.Fixed, k.Others), func(pattern string) bool {
		matches, err := path.Match(pattern, name)
		return matches && err == nil
	})
}

// Digests are SHA-256 digests, in hexadecimal, of what sdmap wrote under names: more than one where it cannot be known which
// of them was written last.
type Digests map[string][]string

// Folder is a report's folder, or that of another kind, and how to treat what stands there.
type Folder struct {
	Path   string
	Kind   *Kind  // nil for a report
	Within string // a folder that Path must not lead out of by links; empty where the user typed Path
	Force  bool   // what stands in the way is moved aside, whoever wrote it
	// what else than the manifest is known of earlier reports here; asked where something stands in the way
	Known func() Digests
	Say   func(format string, args ...any) // tells a person a line

	step func() // called before each change on disk; tests end the process there
}

func (f Folder) kind() Kind {
	if f.Kind == nil {
		return reports
	}
	return *f.Kind
}

// Foreign is the error for a folder in which other things stand where a report's files go.
type Foreign struct {
	Folder string
	Names  []string // what stands there, each with what it is where that is no file
	kind   Kind
}

func (e Foreign) Error() string {
	const most = 10
	shown := e.Names
	if len(shown) > most {
		shown = append(slices.Clone(shown[:most]), fmt.Sprintf("and %d more", len(shown)-most))
	}
	text := fmt.Sprintf("%s holds what sdmap did not write where files of the %s go; nothing is changed there:\n  %s\n%s",
		e.Folder, e.kind.Name, strings.Join(shown, "\n  "),
		strings.ReplaceAll(e.kind.InTheWay, "NAME", strings.SplitN(e.Names[0], ",", 2)[0]))
	if slices.Contains(e.Names, Page) {
		text += "\nIf it is a report of a release that wrote no " + Manifest + ", you can also remove it."
	}
	return text
}

// Check says whether a report could be written whose drawings and tables have some of the given paths: what would be refused
// at the end of a long computation is refused before it. The folder need not be there.
func (f Folder) Check(ctx context.Context, paths []string) error {
	o, err := f.open(ctx, false)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Lstat(f.Path); err == nil {
			return fmt.Errorf("%s is a link that leads nowhere; %s", f.Path, f.kind().Elsewhere)
		}
		return nil
	}
	if err != nil {
		return f.worded(err, "Nothing was computed yet")
	}
	defer o.close()
	names := slices.Concat(f.kind().Fixed, []string{Record, Manifest}, paths)
	if err := o.refuse(func() ([]string, error) { return o.strangers(names), nil }); err != nil {
		return err
	}
	return f.worded(o.writable(), "Nothing was computed yet")
}

// Write brings the folder to hold the given files, the manifest of them and, unless it is nil, the record. A file that is
// right already is not touched; one of an earlier report that this one lacks is removed.
func (f Folder) Write(ctx context.Context, files []File, record []byte) error {
	var all []piece
	for _, file := range files {
		if !f.kind().holds(file.Path) {
			return fmt.Errorf("a %s cannot hold the file %q", f.kind().Name, file.Path)
		}
		all = append(all, pieceOf(file))
	}
	o, err := f.open(ctx, true)
	if err != nil {
		return f.worded(err, asItWas)
	}
	defer o.close()
	o.sweep()
	return o.bring(all, record)
}

// bring plans what changes and does it.
func (o *opened) bring(all []piece, record []byte) error {
	var p *plan
	err := o.refuse(func() (_ []string, err error) {
		if p, err = o.plan(all, record); err != nil {
			return nil, o.worded(err, asItWas)
		}
		return p.foreign, nil
	})
	if err != nil {
		return err
	}
	return o.commit(p)
}

// refuse returns an error if something foreign is in the way and shall not be moved. Where there is no manifest, what else is
// known of earlier reports is considered, too: a file that still is as it was written there is sdmap's own, and no other.
func (o *opened) refuse(look func() ([]string, error)) error {
	found, err := look()
	if err == nil && len(found) > 0 && o.known[Manifest] == nil && o.Known != nil {
		if o.earlier = o.Known(); len(o.earlier) > 0 && o.known[Record] == nil {
			o.learn(Digests{Record: {}})
		}
		found, err = look()
	}
	if err == nil && len(found) > 0 && !o.Force {
		err = Foreign{o.Path, found, o.kind()}
	}
	return err
}

const asItWas = "What stood there is as it was, and all that was computed is kept"

// worded says where an error of the file system happened, and what to do.
func (f Folder) worded(err error, state string) error {
	if !errors.As(err, new(*fs.PathError)) && !errors.As(err, new(*os.LinkError)) && !errors.As(err, new(syscall.Errno)) {
		return err
	}
	if errors.Is(err, syscall.ENOTDIR) {
		return fmt.Errorf("the %s cannot be written into %s: a file stands where a folder is needed\n%s. Move the file away, "+
			"or %s.", f.kind().Name, f.Path, state, f.kind().Elsewhere)
	}
	return fmt.Errorf("the %s cannot be written into %s: %w\n%s. Give it room and rights there and type the same command, "+
		"or %s.", f.kind().Name, f.Path, err, state, f.kind().Elsewhere)
}
