//go:build unix

package outdir

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"sdmap/internal/files"
	"sdmap/internal/testenv"
)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// folder is a folder for reports that does not exist yet; what is said comes back as lines.
func folder(t *testing.T) (Folder, *[]string) {
	t.Helper()
	said := &[]string{}
	return Folder{Path: filepath.Join(t.TempDir(), "report"),
		Say: func(format string, args ...any) { *said = append(*said, fmt.Sprintf(format, args...)) }}, said
}

// report is a small report, different for each version.
func report(version string) []File {
	return []File{{"figures/map.svg", []byte("map " + version)}, {"figures/only-" + version + ".svg", []byte("only")},
		{"tables/t.csv", []byte("a,b\n1," + version + "\n")}, {Page, []byte("page " + version)}, {"report.json", []byte(version)},
		{"report.md", []byte("md")}}
}

// put writes a file of somebody else.
func put(t *testing.T, f Folder, name, content string) string {
	t.Helper()
	path := filepath.Join(f.Path, name)
	check(t, os.MkdirAll(filepath.Dir(path), 0o777))
	check(t, os.WriteFile(path, []byte(content), 0o666))
	return path
}

// tree is everything in a folder: content of files, targets of links, kinds of other things.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	check(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		switch {
		case d.Type().IsRegular():
			data, err := os.ReadFile(path)
			all[name] = string(data)
			return err
		case d.Type()&fs.ModeSymlink != 0:
			to, err := os.Readlink(path)
			all[name] = "link to " + to
			return err
		case !d.IsDir():
			all[name] = files.What(d.Type())
		}
		return nil
	}))
	return all
}

// whole is the tree of a folder that holds a report and nothing else.
func whole(report []File) map[string]string {
	all := map[string]string{}
	for _, f := range append(report, ManifestOf(report)) {
		all[f.Path] = string(f.Data)
	}
	return all
}

func wantTree(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	if got := tree(t, dir); !maps.Equal(got, want) {
		t.Errorf("%s holds\n%q\nwant\n%q", dir, got, want)
	}
}

func wantForeign(t *testing.T, err error, names ...string) {
	t.Helper()
	e, ok := errors.AsType[Foreign](err)
	if !ok || !slices.Equal(e.Names, names) {
		t.Errorf("%v\nwant a refusal of %q", err, names)
	}
}

func TestAReportReplacesTheLast(t *testing.T) {
	f, said := folder(t)
	check(t, f.Check(t.Context(), nil))
	check(t, f.Write(t.Context(), report("1"), nil))
	wantTree(t, f.Path, whole(report("1")))
	put(t, f, "notes.txt", "mine")
	put(t, f, "figures/mine.svg", "mine")
	old := time.Unix(1000, 0)
	check(t, os.Chtimes(filepath.Join(f.Path, "report.md"), old, old))
	check(t, f.Check(t.Context(), nil))
	check(t, f.Write(t.Context(), report("2"), nil))
	want := whole(report("2"))
	want["notes.txt"], want["figures/mine.svg"] = "mine", "mine"
	wantTree(t, f.Path, want)
	if info, err := os.Stat(filepath.Join(f.Path, "report.md")); err != nil || !info.ModTime().Equal(old) {
		t.Errorf("a file that was right is written again: %v, %v", info.ModTime(), err)
	}
	if len(*said) > 0 {
		t.Errorf("said %q", *said)
	}
	for _, bad := range []string{"../x", "/x", "notes.txt", "figures/a/b.svg", "figures/../../x.svg", `figures/a\b.svg`,
		"figures/a\nb.svg", Manifest, Record} {
		if err := f.Write(t.Context(), []File{{bad, nil}}, nil); err == nil {
			t.Errorf("%q is written", bad)
		}
	}
}

// Whatever a person has where a report's files go, it stays, and nothing is written.
func TestForeignThingsAreRefused(t *testing.T) {
	f, _ := folder(t)
	put(t, f, "report.md", "my paper")
	put(t, f, "figures/fig1.svg", "mine")
	put(t, f, "tables/results.csv", "mine")
	put(t, f, Manifest, "my own sums")
	check(t, os.Mkdir(filepath.Join(f.Path, Page), 0o777))
	check(t, syscall.Mkfifo(filepath.Join(f.Path, Record), 0o666))
	before := tree(t, f.Path)
	names := []string{Page + ", a folder", "report.md", Record + ", a named pipe", Manifest + ", not as sdmap writes it"}
	wantForeign(t, f.Check(t.Context(), []string{"figures/map.svg", "tables/other.csv"}), names...)
	wantForeign(t, f.Write(t.Context(), report("1"), []byte("{}")), "report.md", names[0], names[2], names[3])
	wantTree(t, f.Path, before)
	put(t, f, "figures/map.svg", "mine")
	wantForeign(t, f.Check(t.Context(), []string{"figures/map.svg", "tables/other.csv"}), append(names, "figures/map.svg")...)
	check(t, os.Remove(filepath.Join(f.Path, "figures/map.svg")))

	f.Force = true
	check(t, f.Check(t.Context(), nil))
	check(t, f.Write(t.Context(), report("1"), nil))
	want := whole(report("1"))
	maps.Copy(want, map[string]string{"report.md~": "my paper", "figures/fig1.svg": "mine", "tables/results.csv": "mine",
		Manifest + "~": "my own sums", Record: "a named pipe"})
	wantTree(t, f.Path, want)
}

func TestTheListOfForeignThingsIsShort(t *testing.T) {
	var names []string
	for i := range 14 {
		names = append(names, fmt.Sprintf("figures/%d.svg", i))
	}
	text := Foreign{"report", names, reports}.Error()
	if !strings.Contains(text, "figures/9.svg\n  and 4 more\n") || strings.Contains(text, "figures/10.svg") ||
		!strings.Contains(text, "figures/0.svg becomes figures/0.svg~") {
		t.Error(text)
	}
}

func TestWhatWasChangedSinceIsKept(t *testing.T) {
	f, said := folder(t)
	check(t, f.Write(t.Context(), report("1"), nil))
	for i, text := range []string{"my words", "my other words", "my last words"} {
		put(t, f, Page, text)
		put(t, f, "figures/only-1.svg", text)
		check(t, f.Check(t.Context(), nil))
		check(t, f.Write(t.Context(), report("1"), nil))
		if len(*said) != 2*(i+1) || !strings.Contains((*said)[0], "is kept as ") {
			t.Errorf("said %q", *said)
		}
	}
	want := whole(report("1"))
	for _, name := range []string{Page, "figures/only-1.svg"} {
		want[name+"~"], want[name+"~1~"], want[name+"~2~"] = "my words", "my other words", "my last words"
	}
	wantTree(t, f.Path, want)

	put(t, f, "figures/only-1.svg", "mine, which the next report lacks")
	check(t, f.Write(t.Context(), report("2"), nil))
	if got := tree(t, f.Path)["figures/only-1.svg~3~"]; got != "mine, which the next report lacks" {
		t.Errorf("kept: %q", got)
	}
}

// A manifest that people made or changed makes nothing sdmap's.
func TestAManifestOfOthersIsNone(t *testing.T) {
	f, _ := folder(t)
	check(t, f.Write(t.Context(), report("1"), nil))
	put(t, f, "report.json", "mine")
	sums := strings.ReplaceAll(string(ManifestOf(report("1")).Data), digest([]byte("1")), digest([]byte("mine")))
	put(t, f, Manifest, sums)
	wantForeign(t, f.Check(t.Context(), nil), Page, "report.md", "report.json", Manifest+", not as sdmap writes it")
	wantForeign(t, f.Write(t.Context(), report("2"), nil), "figures/map.svg", "tables/t.csv", "report.json", Page, Manifest+
		", not as sdmap writes it")
	if got := tree(t, f.Path)["report.json"]; got != "mine" {
		t.Errorf("report.json: %q", got)
	}
	for _, list := range []Digests{{".git/HEAD": {digest(nil)}}, {"notes.txt": {digest(nil)}}, {"../x.svg": {digest(nil)}}} {
		if _, ok := reports.parse(list.text()); ok {
			t.Errorf("%v makes others' files sdmap's", list)
		}
	}
}

// A checkout may turn the ends of lines; the report is sdmap's all the same.
func TestCheckedOutLineEnds(t *testing.T) {
	f, said := folder(t)
	files := append(report("1"), File{"tables/long.csv", []byte(strings.Repeat("\n", 1000))})
	check(t, f.Write(t.Context(), files, nil))
	for name, text := range tree(t, f.Path) {
		put(t, f, name, strings.ReplaceAll(text, "\n", "\r\n"))
	}
	check(t, f.Check(t.Context(), nil))
	check(t, f.Write(t.Context(), report("2"), nil))
	wantTree(t, f.Path, whole(report("2")))
	if len(*said) > 0 {
		t.Errorf("said %q", *said)
	}
}

// A report from before there were manifests is known by what else is known, or by being right already.
func TestReportsWithoutManifest(t *testing.T) {
	f, said := folder(t)
	check(t, f.Write(t.Context(), report("1"), []byte("{}")))
	check(t, os.Remove(filepath.Join(f.Path, Manifest)))
	check(t, f.Write(t.Context(), report("1"), nil))
	check(t, os.Remove(filepath.Join(f.Path, Manifest)))
	wantForeign(t, f.Write(t.Context(), report("2"), nil), "figures/map.svg", "tables/t.csv", "report.json", Page)
	put(t, f, Page, "mine")
	f.Known = func() Digests {
		known := Digests{}
		for _, file := range report("1") {
			known[file.Path] = []string{digest(file.Data)}
		}
		return known
	}
	wantForeign(t, f.Check(t.Context(), nil), Page)
	wantForeign(t, f.Write(t.Context(), report("2"), []byte("{ }")), Page)
	check(t, os.Remove(filepath.Join(f.Path, Page)))
	check(t, f.Check(t.Context(), nil))
	check(t, f.Write(t.Context(), report("2"), []byte("{ }")))
	want := whole(report("2"))
	want[Record], want[Record+"~"] = "{ }", "{}"
	wantTree(t, f.Path, want)
	if len(*said) != 1 {
		t.Errorf("said %q", *said)
	}
}

func TestRecordsBearTheirDigest(t *testing.T) {
	f, said := folder(t)
	text := []byte("{\n  \"note\": \"\\\"sha256\\\": \\\"\\\"\",\n  \"sha256\": \"\"\n}\n")
	record, err := Seal(text)
	check(t, err)
	if !sealed(record) || !sealed(bytes.ReplaceAll(record, []byte("\n"), []byte("\r\n"))) || sealed(text) ||
		sealed(bytes.Replace(record, []byte("note"), []byte("Note"), 1)) {
		t.Errorf("%s", record)
	}
	if _, err := Seal([]byte("{}")); err == nil {
		t.Error("a record without a place for its digest is sealed")
	}
	put(t, f, Record, string(record))
	check(t, f.Check(t.Context(), nil))
	check(t, f.Write(t.Context(), report("1"), record))
	put(t, f, Record, "changed")
	check(t, f.Write(t.Context(), report("1"), record))
	want := whole(report("1"))
	want[Record], want[Record+"~"] = string(record), "changed"
	wantTree(t, f.Path, want)
	if len(*said) != 1 {
		t.Errorf("said %q", *said)
	}
}

// Links in a folder are not followed, wherever they lead, and files with a second name are not cut short.
func TestLinksAreNotFollowed(t *testing.T) {
	f, _ := folder(t)
	outside := t.TempDir()
	theirs := filepath.Join(outside, "theirs.csv")
	check(t, os.WriteFile(theirs, []byte("theirs"), 0o666))
	check(t, os.MkdirAll(filepath.Join(f.Path, "own"), 0o777))
	check(t, os.Symlink(theirs, filepath.Join(f.Path, Page)))
	check(t, os.Symlink(theirs, filepath.Join(f.Path, Page+".part")))
	check(t, os.Symlink(outside, filepath.Join(f.Path, "tables")))
	check(t, os.Symlink("own", filepath.Join(f.Path, "figures")))
	check(t, os.Link(theirs, filepath.Join(f.Path, "report.md")))
	before := tree(t, f.Path)
	wantForeign(t, f.Check(t.Context(), []string{"figures/map.svg", "figures/x.svg", "tables/t.csv"}), Page+", a link",
		"report.md", "figures, a link", "tables, a link")
	wantForeign(t, f.Write(t.Context(), report("1"), nil), "figures, a link", "tables, a link", "report.md", Page+", a link")
	wantTree(t, f.Path, before)
	f.Force = true
	check(t, f.Write(t.Context(), report("1"), nil))
	want := whole(report("1"))
	maps.Copy(want, map[string]string{Page + "~": before[Page], "tables~": before["tables"], "figures~": before["figures"],
		"report.md~": "theirs", Page + ".part": before[Page+".part"]})
	wantTree(t, f.Path, want)
	wantTree(t, outside, map[string]string{"theirs.csv": "theirs"})

	// Neither a file in place of a folder nor a link in place of what sdmap wrote is what it wrote.
	f.Force = false
	check(t, os.Rename(filepath.Join(f.Path, "figures"), filepath.Join(f.Path, "plots")))
	put(t, f, "figures", "mine")
	wantForeign(t, f.Check(t.Context(), []string{"figures/map.svg"}), "figures, a file")
	wantForeign(t, f.Write(t.Context(), report("1"), nil), "figures, a file")
	check(t, os.Remove(filepath.Join(f.Path, "figures")))
	check(t, os.Rename(filepath.Join(f.Path, "plots"), filepath.Join(f.Path, "figures")))
	check(t, os.Remove(filepath.Join(f.Path, Page)))
	check(t, os.Symlink(theirs, filepath.Join(f.Path, Page)))
	check(t, os.Rename(filepath.Join(f.Path, "tables"), filepath.Join(f.Path, "elsewhere")))
	check(t, os.Symlink("elsewhere", filepath.Join(f.Path, "tables")))
	wantForeign(t, f.Check(t.Context(), []string{"tables/t.csv"}), Page+", a link", "tables, a link")
	check(t, os.Remove(filepath.Join(f.Path, Page)))
	check(t, f.Write(t.Context(), []File{{Page, nil}}, nil))
	if got := tree(t, f.Path)["elsewhere/t.csv"]; got == "" {
		t.Error("a leftover is removed through a link")
	}
	wantTree(t, outside, map[string]string{"theirs.csv": "theirs"})
}

// The folder itself may be a link if the user typed it; one that comes with a study must not lead out of where studies are.
func TestFoldersThatAreLinks(t *testing.T) {
	base, outside := t.TempDir(), t.TempDir()
	f, _ := folder(t)
	f.Path = filepath.Join(base, "typed")
	check(t, os.Symlink(outside, f.Path))
	check(t, f.Check(t.Context(), nil))
	check(t, f.Write(t.Context(), report("1"), nil))
	wantTree(t, outside, whole(report("1")))

	check(t, os.Mkdir(filepath.Join(base, "reports"), 0o777))
	check(t, os.Symlink(outside, filepath.Join(base, "reports", "away")))
	check(t, os.Symlink("../../"+filepath.Base(outside), filepath.Join(base, "reports", "up")))
	check(t, os.Symlink("missing", filepath.Join(base, "reports", "nowhere")))
	check(t, os.Symlink("reports", filepath.Join(base, "inside")))
	check(t, os.Symlink(filepath.Dir(outside), filepath.Join(base, "parent")))
	f.Within = base
	for _, name := range []string{"reports/away", "reports/up", "reports/nowhere", "parent/" + filepath.Base(outside),
		"parent/new"} {
		f.Path = filepath.Join(base, name)
		for _, err := range []error{f.Check(t.Context(), nil), f.Write(t.Context(), report("2"), nil)} {
			if err == nil || !strings.Contains(err.Error(), "with -o") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	wantTree(t, outside, whole(report("1")))
	f.Path = filepath.Join(base, "inside", "new")
	check(t, f.Check(t.Context(), nil))
	check(t, f.Write(t.Context(), report("2"), nil))
	wantTree(t, filepath.Join(base, "reports", "new"), whole(report("2")))

	f.Within, f.Path = "", filepath.Join(base, "reports", "nowhere")
	if err := f.Check(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "leads nowhere") {
		t.Errorf("a link to nothing: %v", err)
	}
	put(t, Folder{Path: base}, "file", "")
	check(t, syscall.Mkfifo(filepath.Join(base, "pipe"), 0o666))
	for _, name := range []string{"file", "pipe", "file/below", "pipe/below"} {
		f.Path = filepath.Join(base, name)
		for _, f.Within = range []string{"", base} {
			for _, err := range []error{f.Check(t.Context(), nil), f.Write(t.Context(), report("2"), nil)} {
				if err == nil || !strings.Contains(err.Error(), "with -o") {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	}
}

// Only left-overs under sdmap's random names go.
func TestLeftoversGo(t *testing.T) {
	f, _ := folder(t)
	check(t, os.MkdirAll(f.Path, 0o777))
	root, err := os.OpenRoot(f.Path)
	check(t, err)
	defer root.Close()
	for range 3 {
		left, _, err := files.Temporary(root, ".", files.TemporaryPrefix)
		check(t, err)
		check(t, left.Close())
	}
	mine := []string{".sdmap-notes", "index.html.part", ".sdmap-ABCDEFGHIJKLMNOPQRSTUVWXYZ1", ".sdmap-abcdefghijklmnopqrstuvwxyz"}
	want := whole(report("1"))
	for _, name := range mine {
		put(t, f, name, "mine")
		want[name] = "mine"
	}
	check(t, f.Write(t.Context(), report("1"), nil))
	wantTree(t, f.Path, want)
}

func TestOthersCheckTheManifest(t *testing.T) {
	f, _ := folder(t)
	check(t, f.Write(t.Context(), report("1"), nil))
	program := testenv.Program(t, "sha256sum", "sha256sum")
	sums := func() (string, error) {
		c := exec.Command(program, "--strict", "-c", Manifest)
		c.Dir = f.Path
		out, err := c.CombinedOutput()
		return string(out), err
	}
	if out, err := sums(); err != nil || strings.Count(out, ": OK") != len(report("1")) {
		t.Errorf("%v: %s", err, out)
	}
	put(t, f, Page, "mine")
	if out, err := sums(); err == nil || !strings.Contains(out, Page+": FAILED") {
		t.Errorf("%v: %s", err, out)
	}
}

// Folders of random things: a report is refused and nothing changes, or it is there whole; what others had is all there.
func TestNothingOfOthersIsLost(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 1))
		f, _ := folder(t)
		outside := t.TempDir()
		put(t, Folder{Path: outside}, "theirs", "outside")
		check(t, os.MkdirAll(f.Path, 0o777))
		if r.IntN(2) == 0 {
			check(t, f.Write(t.Context(), report("1"), nil))
		}
		theirs := map[string]bool{}
		for i := range r.IntN(6) {
			litter(t, r, f.Path, outside, fmt.Sprintf("theirs %d", i))
		}
		for _, text := range tree(t, f.Path) {
			theirs[text] = strings.HasPrefix(text, "theirs") || strings.HasPrefix(text, "link") || strings.HasPrefix(text, "a ")
		}
		before := tree(t, f.Path)
		f.Force = r.IntN(2) == 0
		files := report(fmt.Sprint(1 + r.IntN(2)))
		err := f.Write(t.Context(), files, nil)
		after := tree(t, f.Path)
		if err != nil && (f.Force || !errors.As(err, new(Foreign)) || !maps.Equal(before, after)) {
			t.Fatalf("seed %d: %v", seed, err)
		}
		for name, text := range whole(files) {
			if err == nil && after[name] != text {
				t.Fatalf("seed %d: %s is %q", seed, name, after[name])
			}
		}
		for text, is := range theirs {
			if is && !slices.Contains(slices.Collect(maps.Values(after)), text) {
				t.Fatalf("seed %d: %q is lost; before %q, after %q", seed, text, before, after)
			}
		}
		wantTree(t, outside, map[string]string{"theirs": "outside"})
	}
}

// litter leaves something in a folder of reports that is not sdmap's, perhaps in place of what is.
func litter(t *testing.T, r *rand.Rand, dir, outside, text string) {
	names := []string{Page, "report.md", "report.json", Manifest, "notes.txt", "figures", "tables", "figures/map.svg",
		"figures/mine.svg",
		"figures/only-1.svg", "tables/t.csv", Page + "~", "figures~", Page + ".part"}
	path := filepath.Join(dir, names[r.IntN(len(names))])
	if os.MkdirAll(filepath.Dir(path), 0o777) != nil {
		return // another thing took the place of the folder
	}
	if info, err := os.Lstat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return // a link did
	}
	if data, err := files.Read(path, 1<<20); err == nil && strings.HasPrefix(string(data), "theirs") {
		return
	} else if os.Remove(path) != nil {
		if _, err := os.Lstat(path); err == nil {
			return // a folder with something in it
		}
	}
	switch r.IntN(6) {
	case 0:
		check(t, os.Symlink(outside, path))
	case 1:
		check(t, os.Symlink(filepath.Join(outside, "theirs"), path))
	case 2:
		check(t, syscall.Mkfifo(path, 0o666))
	case 3:
		if l, err := net.Listen("unix", path); err == nil { // a path can be too long for one
			l.(*net.UnixListener).SetUnlinkOnClose(false)
			l.Close()
		}
	default:
		check(t, os.WriteFile(path, []byte(text), 0o666))
	}
}

// Whatever a manifest holds, what is read of it is what sdmap would have written, and names nothing but a report's files.
func FuzzManifest(f *testing.F) {
	f.Add(ManifestOf(report("1")).Data)
	f.Add([]byte(comment + digest(nil) + ")\n"))
	f.Add([]byte("sha256:\n../x"))
	f.Fuzz(func(t *testing.T, text []byte) {
		list, ok := reports.parse(text)
		if !ok {
			return
		}
		for name := range list {
			if !reports.holds(name) || !filepath.IsLocal(name) {
				t.Errorf("%q is taken for a report's", name)
			}
		}
		if again, ok := reports.parse(list.text()); !ok || len(again) != len(list) {
			t.Errorf("%q reads as %q", list.text(), again)
		}
	})
}
