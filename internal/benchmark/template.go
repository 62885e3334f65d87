package benchmark

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sdmap/internal/diag"
	"sdmap/internal/rows"
)

// Template is text with fields of a row in it: {field}, {a.b}, {list[0]}, {a.*.b}; {{ is one brace. A closing brace outside a
// field is itself. There is nothing else.
type Template struct{ parts []part }

// part is literal text, or a field if path is set.
type part struct {
	literal string
	path    Path
}

// Path leads to a value in a row.
type Path []step

// every is the step to all members of a table or a list.
const every = "*"

// step is a field's name, or an index of a list where name is empty.
type step struct {
	name  string
	index int
}

// largestIndex bounds {list[N]}.
const largestIndex = 1 << 20

// ParseTemplate reads a template.
func ParseTemplate(text string) (Template, error) {
	var t Template
	var literal strings.Builder
	for rest := text; rest != ""; {
		before, after, found := strings.Cut(rest, "{")
		literal.WriteString(before)
		if !found {
			break
		}
		if strings.HasPrefix(after, "{") {
			literal.WriteByte('{')
			rest = after[1:]
			continue
		}
		inside, tail, closed := strings.Cut(after, "}")
		if !closed || strings.Contains(inside, "{") {
			return Template{}, fmt.Errorf("the brace before %q is not closed; {{ is a literal brace", clip(after))
		}
		path, err := ParsePath(inside)
		if err != nil {
			return Template{}, err
		}
		t.parts = append(t.parts, part{literal: literal.String()}, part{path: path})
		literal.Reset()
		rest = tail
	}
	t.parts = append(t.parts, part{literal: literal.String()})
	return t, nil
}

// ParsePath reads a field path such as a.b or list[0].
func ParsePath(text string) (Path, error) {
	var path Path
	for rest := text; ; {
		end := strings.IndexAny(rest, ".[")
		if end < 0 {
			end = len(rest)
		}
		name := rest[:end]
		if name == "" || name != strings.TrimSpace(name) || strings.ContainsAny(name, "]{}") {
			return nil, fmt.Errorf("%q is not a field: write name, a.b or list[0]", clip(text))
		}
		path, rest = append(path, step{name: name}), rest[end:]
		for strings.HasPrefix(rest, "[") {
			digits, tail, closed := strings.Cut(rest[1:], "]")
			index, err := strconv.ParseUint(digits, 10, 32)
			if !closed || err != nil || index > largestIndex {
				return nil, fmt.Errorf("%q is not a field: an index is a number from 0 in brackets", clip(text))
			}
			path, rest = append(path, step{index: int(index)}), tail
		}
		if rest == "" {
			return path, nil
		}
		if rest[0] != '.' {
			return nil, fmt.Errorf("%q is not a field: after an index comes a dot or nothing", clip(text))
		}
		rest = rest[1:]
	}
}

// String is the path as a template writes it.
func (p Path) String() string {
	var b strings.Builder
	for i, s := range p {
		switch {
		case s.name == "":
			fmt.Fprintf(&b, "[%d]", s.index)
		case i > 0:
			b.WriteString("." + s.name)
		default:
			b.WriteString(s.name)
		}
	}
	return b.String()
}

// Value follows the path through a row. With a step to every member it is the list of what the rest leads to from each.
func (p Path) Value(row rows.Object) (any, error) {
	var value any = row
	for i, s := range p {
		if s.name == every {
			return p.fromEach(value, i)
		}
		var err error
		if value, err = p.step(value, i); err != nil {
			return nil, err
		}
	}
	return value, nil
}

// fromEach follows what stands behind step i from every member of value.
func (p Path) fromEach(value any, i int) (any, error) {
	var members []any
	switch v := value.(type) {
	case []any:
		members = v
	case rows.Object:
		for _, f := range v {
			members = append(members, f.Value)
		}
	default:
		return nil, fmt.Errorf("%q has no fields", p[:i])
	}
	out := make([]any, len(members))
	for k, m := range members {
		inner := append(Path{{name: "member"}}, p[i+1:]...)
		var err error
		if out[k], err = inner.Value(rows.Object{{Name: "member", Value: m}}); err != nil {
			return nil, fmt.Errorf("in %q: %w", p[:i], err)
		}
	}
	return out, nil
}

// step is what step i leads to.
func (p Path) step(value any, i int) (any, error) {
	s, here := p[i], p[:i]
	switch v := value.(type) {
	case rows.Object:
		if s.name == "" {
			return nil, fmt.Errorf("%q is not a list", here)
		}
		inner, ok := v.Get(s.name)
		if !ok {
			return nil, missingField(p[:i+1].String(), s.name, v)
		}
		return inner, nil
	case []any:
		if s.name != "" {
			return nil, fmt.Errorf("%q is a list; take one element with [0]", here)
		} else if s.index >= len(v) {
			return nil, fmt.Errorf("%q has %d elements", here, len(v))
		}
		return v[s.index], nil
	}
	return nil, fmt.Errorf("%q has no fields", here)
}

func missingField(path, name string, fields rows.Object) error {
	names := fields.Names()
	slices.Sort(names)
	if len(names) == 0 {
		return fmt.Errorf("there is no field %q; the row has none", path)
	}
	if near := diag.DidYouMean(name, names); near != "" {
		return fmt.Errorf("there is no field %q; did you mean %q?", path, near)
	}
	return fmt.Errorf("there is no field %q; the row has %s", path, clip(strings.Join(names, ", ")))
}

// Render fills the template with a row's values. The text is of its own memory and of no more than it needs: items keep it.
func (t Template) Render(row rows.Object) (string, error) {
	texts := make([]string, 0, 16)
	for _, p := range t.parts {
		if p.path == nil {
			texts = append(texts, p.literal)
			continue
		}
		value, err := p.path.Value(row)
		if err != nil {
			return "", err
		}
		text, err := p.path.text(value)
		if err != nil {
			return "", err
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, ""), nil
}

// text is the value that the path led to as text. Of every member's texts there must be one.
func (p Path) text(value any) (string, error) {
	if list, ok := value.([]any); ok && slices.ContainsFunc(p, func(s step) bool { return s.name == every }) && len(list) > 0 {
		for _, v := range list[1:] {
			if v != list[0] {
				return "", fmt.Errorf("%q differs from member to member: it is no one text", p)
			}
		}
		value = list[0]
	}
	text, ok := scalarText(value)
	if !ok {
		return "", fmt.Errorf("%q is %s, not text", p, rows.KindOf(value))
	}
	return text, nil
}

// scalarText is a value as text: numbers as the file writes them, null as nothing.
func scalarText(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	case nil:
		return "", true
	}
	return "", false
}

// clip shortens text of a file for a message.
func clip(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
