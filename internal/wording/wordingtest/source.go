package wordingtest

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// source is one package without its tests.
type source struct {
	fset  *token.FileSet
	files []*ast.File
	info  types.Info
}

// read parses the package in a folder.
func read(t *testing.T, dir string) *source {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]any{}
	for _, name := range names {
		if !strings.HasSuffix(name, "_test.go") {
			texts[name] = nil // from the disk
		}
	}
	p, err := parse(texts)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// parse reads files by name; a nil text is read from the disk. Names are resolved within the package alone: what it imports
// stays unknown, which is no error here.
func parse(texts map[string]any) (*source, error) {
	p := &source{fset: token.NewFileSet(), info: types.Info{Defs: map[*ast.Ident]types.Object{},
		Uses: map[*ast.Ident]types.Object{}}}
	for name, text := range texts {
		f, err := parser.ParseFile(p.fset, name, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		p.files = append(p.files, f)
	}
	slices.SortFunc(p.files, func(a, b *ast.File) int { return strings.Compare(p.at(a.Pos()), p.at(b.Pos())) })
	config := types.Config{Error: func(error) {}, Importer: unknown{}}
	_, _ = config.Check("", p.fset, p.files, &p.info)
	return p, nil
}

// unknown imports packages of which nothing is known.
type unknown struct{}

func (unknown) Import(path string) (*types.Package, error) {
	p := types.NewPackage(path, path[strings.LastIndexByte(path, '/')+1:])
	p.MarkComplete()
	return p, nil
}

// at is where something stands, to begin a message with.
func (p *source) at(pos token.Pos) string {
	at := p.fset.Position(pos)
	return fmt.Sprintf("%s:%d: ", filepath.Base(at.Filename), at.Line)
}

// inspect visits every node of every file with the nodes above it, the outermost first; imports are left out.
func (p *source) inspect(visit func(n ast.Node, above []ast.Node)) {
	for _, f := range p.files {
		var above []ast.Node
		ast.Inspect(f, func(n ast.Node) bool {
			if n == nil {
				above = above[:len(above)-1]
				return true
			}
			if _, ok := n.(*ast.ImportSpec); ok {
				return false
			}
			visit(n, above)
			above = append(above, n)
			return true
		})
	}
}

// declared are the package's constants with a number, in the order of their files; those of a type of their own name kinds.
func (p *source) declared() []types.Object {
	var out []types.Object
	for _, o := range p.info.Defs {
		c, ok := o.(*types.Const)
		if !ok || c.Name() == "_" || c.Val().Kind() != constant.Int && c.Val().Kind() != constant.Float {
			continue
		}
		if _, own := c.Type().(*types.Named); !own {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b types.Object) int { return int(a.Pos() - b.Pos()) })
	return out
}

// constantsIn are the constants that an expression names; without calls, only those of which it is an arithmetic expression.
func (p *source) constantsIn(e ast.Expr, calls bool) []types.Object {
	var out []types.Object
	ast.Inspect(e, func(n ast.Node) bool {
		if _, ok := n.(*ast.CallExpr); ok && !calls {
			return false
		}
		if id, ok := n.(*ast.Ident); ok {
			if c, ok := p.info.Uses[id].(*types.Const); ok {
				out = append(out, c)
			}
		}
		return true
	})
	return out
}
