package archtest

import (
	"go/ast"
	"testing"
)

// standard are methods that say what they do by satisfying an interface of the standard library.
var standard = map[string]bool{"String": true, "Error": true, "Unwrap": true, "Is": true, "Close": true, "Read": true,
	"Write": true, "WriteString": true, "MarshalJSON": true, "UnmarshalJSON": true, "MarshalText": true, "UnmarshalText": true}

func TestExportedNamesAreDocumented(t *testing.T) {
	names := 0
	for _, s := range sources(t) {
		for _, d := range s.ast.Decls {
			for _, n := range exported(d) {
				names++
				if !n.documented {
					t.Errorf("%s: %s has no comment that says what it is for", s.fset.Position(n.at.Pos()), n.at.Name)
				}
			}
		}
	}
	if names < 500 {
		t.Errorf("only %d exported names found", names)
	}
}

// name is an exported name and whether a comment stands at it or at its group.
type name struct {
	at         *ast.Ident
	documented bool
}

// exported lists what a declaration gives to other packages. Fields and the methods of interfaces belong to their type.
func exported(d ast.Decl) []name {
	var out []name
	add := func(at *ast.Ident, comments ...*ast.CommentGroup) {
		if !at.IsExported() {
			return
		}
		n := name{at: at}
		for _, c := range comments {
			n.documented = n.documented || c.Text() != ""
		}
		out = append(out, n)
	}
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil || ast.IsExported(receiver(d.Recv.List[0].Type)) && !standard[d.Name.Name] {
			add(d.Name, d.Doc)
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				add(s.Name, d.Doc, s.Doc, s.Comment)
			case *ast.ValueSpec:
				for _, n := range s.Names {
					add(n, d.Doc, s.Doc, s.Comment)
				}
			}
		}
	}
	return out
}

// receiver is the name of a method's type, without pointer and type parameters.
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}
