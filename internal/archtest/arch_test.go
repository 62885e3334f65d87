// Package archtest checks that the code is laid out as internal/ARCHITECTURE.md says: every package stands in its table,
// imports only packages of strictly lower floors, and leaves the outside world to those that may touch it.
package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

const root = "../.."

var row = regexp.MustCompile(`^\| (\d+) \| ([^|]+) \|`)

// floors reads the table: package path, relative to the module, to floor. A name without a folder takes that of the name
// before it in its row.
func floors(t *testing.T) map[string]int {
	t.Helper()
	data, err := os.ReadFile("../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	floor := map[string]int{}
	for line := range strings.Lines(string(data)) {
		m := row.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		n, _ := strconv.Atoi(m[1])
		folder := ""
		for name := range strings.SplitSeq(m[2], ",") {
			name = strings.TrimSpace(name)
			if dir, _ := path.Split(name); dir != "" {
				folder = dir
			} else {
				name = folder + name
			}
			if !strings.HasPrefix(name, "cmd/") {
				name = path.Join("internal", name)
			}
			floor[name] = n
		}
	}
	if len(floor) < 20 {
		t.Fatalf("only %d packages found in the table of ARCHITECTURE.md", len(floor))
	}
	return floor
}

// source is one file that is no test.
type source struct {
	pkg  string // relative to the module
	file string
	ast  *ast.File
	fset *token.FileSet
}

func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	for _, top := range []string{"cmd", "internal", "templates"} {
		dir := filepath.Join(root, top)
		if _, err := os.Stat(dir); err != nil {
			continue
		}
		err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && d.Name() == "testdata" {
				return fs.SkipDir
			}
			if d.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
				return nil
			}
			rel, err := filepath.Rel(root, p)
			if err != nil {
				return err
			}
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, p, nil, parser.SkipObjectResolution|parser.ParseComments)
			if err != nil {
				return err
			}
			out = append(out, source{path.Dir(filepath.ToSlash(rel)), filepath.ToSlash(rel), f, fset})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func TestImportsDescend(t *testing.T) {
	floor := floors(t)
	for _, s := range sources(t) {
		mine, ok := floor[s.pkg]
		if !ok {
			t.Errorf("%s: package %s has no floor in internal/ARCHITECTURE.md", s.file, s.pkg)
			continue
		}
		for _, imp := range imports(s) {
			other, own := strings.CutPrefix(imp, "sdmap/")
			if !own {
				continue
			}
			if theirs, ok := floor[other]; !ok || theirs >= mine {
				t.Errorf("%s on floor %d imports %s on floor %d", s.file, mine, other, theirs)
			}
		}
	}
}

func imports(s source) []string {
	var out []string
	for _, i := range s.ast.Imports {
		p, _ := strconv.Unquote(i.Path.Value)
		out = append(out, p)
	}
	return out
}

// ban is something of the outside world and who may touch it.
type ban struct {
	names  []string // "net/http" (an import) or "time.Now"
	except []string // package prefixes
	why    string
}

var bans = []ban{
	{[]string{"net", "net/http", "net/rpc"}, []string{"internal/llm/", "internal/fetch", "internal/testenv"},
		"only drivers use the network, and who fetches files that studies name by address"},
	{[]string{"net/url"}, []string{"internal/llm/", "internal/study", "internal/address", "internal/fetch", "internal/testenv"},
		"addresses are read where they are written, and asked by drivers"},
	{[]string{"os.Args", "os.Getenv", "os.LookupEnv", "os.Environ", "os.Setenv", "os.Exit", "os.Stdin", "os.Stdout", "os.Stderr",
		"os.UserCacheDir", "flag.Parse", "fmt.Print", "fmt.Println", "fmt.Printf"},
		[]string{"internal/cli", "cmd/", "internal/golden", "internal/testenv"},
		"arguments, environment and streams enter through cli.Env"},
	{[]string{"time.Now", "time.Since", "time.Until"}, []string{"internal/cli", "cmd/"}, "results must not depend on a clock"},
	{[]string{"os.Create", "os.CreateTemp", "os.OpenFile", "os.WriteFile", "os.Rename", "os.Remove", "os.RemoveAll",
		"os.Truncate"},
		[]string{"internal/files", "internal/cas", "internal/llm/imatrix", "internal/golden", "internal/gguf/gguftest",
			"internal/llm/httpreplay"},
		"what users see is written through roots (internal/outdir, internal/files), what they do not into the store and " +
			"temporary folders"},
	{[]string{"math/rand", "encoding/gob", "unsafe", "plugin"}, nil, "randomness is a seeded math/rand/v2 stream; keys and " +
		"files are plain"},
	{[]string{"crypto/rand"}, []string{"internal/files"},
		"what nobody may guess is the names of temporary files, and nothing else"},
}

func TestBans(t *testing.T) {
	for _, s := range sources(t) {
		used := map[string]token.Pos{}
		for _, i := range s.ast.Imports {
			p, _ := strconv.Unquote(i.Path.Value)
			used[p] = i.Pos()
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := sel.X.(*ast.Ident); ok {
					used[x.Name+"."+sel.Sel.Name] = sel.Pos()
				}
			}
			return true
		})
		for _, b := range bans {
			if slices.ContainsFunc(b.except, func(p string) bool { return strings.HasPrefix(s.pkg, p) }) {
				continue
			}
			for _, name := range b.names {
				if pos, ok := used[name]; ok {
					t.Errorf("%s: %s: %s", s.fset.Position(pos), name, b.why)
				}
			}
		}
	}
}

// Size habits: talk at 400 lines, split at 600 (tables excepted, which are data and belong in their own files).
func TestFilesAreSplit(t *testing.T) {
	for _, s := range sources(t) {
		if n := s.fset.File(s.ast.Pos()).LineCount(); n > 600 && !strings.HasSuffix(s.file, "table.go") {
			t.Errorf("%s has %d lines: split it", s.file, n)
		}
	}
}

// named are the files of Go and tests that a text speaks of; paths in ARCHITECTURE.md begin in internal.
var named = regexp.MustCompile("`([a-z0-9/._-]+\\.(?:go|txtar))`")

func TestTextsNameFilesThatExist(t *testing.T) {
	for text, bases := range map[string][]string{"internal/ARCHITECTURE.md": {"internal", ""}, ".github/CONTRIBUTING.md": {""}} {
		data, err := os.ReadFile(filepath.Join(root, text))
		if err != nil {
			t.Fatal(err)
		}
		found := named.FindAllStringSubmatch(string(data), -1)
		for _, f := range found {
			if !slices.ContainsFunc(bases, func(base string) bool { return exists(filepath.Join(root, base, f[1])) }) && !exampled[f[1]] {
				t.Errorf("%s names %s, which does not exist", text, f[1])
			}
		}
		if len(found) < 5 {
			t.Errorf("%s names only %d files", text, len(found))
		}
	}
}

// exampled are files named for what every package may have, and those that stand behind a folder named before.
var exampled = map[string]bool{"methods.go": true, "open.go": true, "compute.go": true, "document.go": true}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

// widest is how many columns a line of code may take, a tab counted as four: two files stand side by side on a screen.
const widest = 130

func TestLinesFit(t *testing.T) {
	for _, s := range sources(t) {
		text, err := os.ReadFile(filepath.Join(root, s.file))
		if err != nil {
			t.Fatal(err)
		}
		at := 0
		for line := range strings.Lines(string(text)) {
			at++
			if n := utf8.RuneCountInString(strings.ReplaceAll(strings.TrimSuffix(line, "\n"), "\t", "    ")); n > widest {
				t.Errorf("%s:%d takes %d columns: break it", s.file, at, n)
			}
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	documented, seen := map[string]bool{}, map[string]bool{}
	for _, s := range sources(t) {
		seen[s.pkg] = true
		if doc := s.ast.Doc.Text(); len(doc) > 80 || (s.ast.Name.Name == "main" && doc != "") {
			documented[s.pkg] = true
		}
	}
	for _, p := range slices.Sorted(maps.Keys(seen)) {
		if !documented[p] {
			t.Errorf("package %s has no package comment", p)
		}
	}
}
