package study

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sdmap/internal/diag"
)

// validate checks every key of t against the schema, in the order of the file, and converts its value.
func (t table) validate() {
	for _, key := range t.pos.Names {
		if !utf8Key(key) {
			continue
		}
		o, known := t.format.find(join(t.path, key))
		if !known {
			t.unknown(key)
			delete(t.values, key)
			continue
		}
		if v, ok := t.convert(o, key, t.values[key]); ok {
			t.values[key] = v
		} else {
			delete(t.values, key)
		}
	}
	for _, o := range t.format.byTable[t.path] {
		if name := o.Name(); o.Required && t.pos.Children[name] == nil {
			t.report(t.at(t.pos.Key), fmt.Sprintf("%s needs %q", header(t.path), name), o.Doc, "")
		}
	}
}

func utf8Key(key string) bool { return strings.ToValidUTF8(key, "") == key }

func (t table) unknown(key string) {
	at := t.at(t.pos.Children[key].Key)
	if !t.found.Tells("unknown key in "+header(t.path), at) {
		return
	}
	known := t.format.namesIn(t.path)
	summary := fmt.Sprintf("unknown key %q in %s", key, header(t.path))
	if t.path == "axes" {
		summary = fmt.Sprintf("there is no axis %q", key)
	}
	suggestion := ""
	if near := diag.DidYouMean(key, known); near != "" {
		suggestion = fmt.Sprintf("Did you mean %q?", near)
	} else if home := t.format.homeOf(key); home != "" {
		suggestion = fmt.Sprintf("%q belongs in %s.", key, header(home))
	}
	t.report(at, summary, "Known here: "+strings.Join(known, ", ")+".", suggestion)
}

// convert checks a value's kind, allowed values and range, and that readers can read it.
func (t table) convert(o Option, key string, value any) (any, bool) {
	switch o.Kind {
	case Table:
		if inner, ok := value.(map[string]any); ok {
			nested := table{t.reader, o.Key, inner, t.pos.Children[key]}
			nested.validate()
			return inner, true
		}
	case Tables:
		if list, ok := tableList(value); ok {
			for i, inner := range list {
				table{t.reader, o.Key, inner, t.pos.Children[key].Elems[i]}.validate()
			}
			return list, true
		}
	case Names:
		if names, ok := textsByName(value); ok {
			return names, t.shownNames(key, names)
		}
	case TextOrNames:
		if names, ok := textsByName(value); ok {
			return names, true
		}
		if text, ok := value.(string); ok {
			return text, true
		}
	default:
		if v, ok := scalar(o.Kind, value); ok {
			return v, t.allowed(o, key, v) && t.inRange(o, key, v) && t.shown(o, key, v)
		}
	}
	t.wrongKind(o, key, value)
	return nil, false
}

// scalar converts a decoded value to the Go type of its kind.
func scalar(kind Kind, value any) (any, bool) {
	switch v := value.(type) {
	case string:
		if kind == Date {
			_, err := time.Parse(time.DateOnly, v)
			return v, err == nil
		}
		return v, kind == Text || kind == TextOrTexts
	case int64:
		if kind == Number {
			return float64(v), true
		}
		return int(v), kind == Integer
	case float64:
		return v, kind == Number
	case bool:
		return v, kind == Boolean
	case time.Time:
		return v.Format(time.DateOnly), kind == Date && v.Location().String() == "date-local"
	case []any:
		texts := make([]string, len(v))
		for i, e := range v {
			s, ok := e.(string)
			if !ok {
				return nil, false
			}
			texts[i] = s
		}
		return texts, kind == Texts || kind == TextOrTexts
	}
	return nil, false
}

// textsByName is a table whose values are texts.
func textsByName(value any) (map[string]string, bool) {
	inner, ok := value.(map[string]any)
	names := map[string]string{}
	for name, v := range inner {
		text, isText := v.(string)
		names[name], ok = text, ok && isText
	}
	return names, ok
}

// shownNames checks the texts of such a table, which readers meet.
func (t table) shownNames(key string, names map[string]string) bool {
	inner, good := t.table(key), true
	for _, name := range inner.pos.Names {
		good = inner.checkShown(name, names[name], inner.place(name)) && good
	}
	return good
}

func tableList(value any) ([]map[string]any, bool) {
	switch v := value.(type) {
	case []map[string]any:
		return v, true
	case []any:
		list := make([]map[string]any, len(v))
		for i, e := range v {
			m, ok := e.(map[string]any)
			if !ok {
				return nil, false
			}
			list[i] = m
		}
		return list, true
	}
	return nil, false
}

func (t table) wrongKind(o Option, key string, value any) {
	suggestion := ""
	switch {
	case o.Kind == Tables:
		suggestion = fmt.Sprintf("Write [[%s]] above each one.", o.Key)
	case o.Kind == Table:
		suggestion = fmt.Sprintf("Write %s = { key = value }, or [%s] on a line of its own and its keys below.", key, o.Key)
	case o.Kind == Texts && kindOf(value) == "text":
		suggestion = fmt.Sprintf("Write %s = [%q].", key, value)
	case o.Kind == Text && kindOf(value) != "list" && kindOf(value) != "table":
		suggestion = fmt.Sprintf("Put it in quotes: %s = \"%v\".", key, value)
	case o.Kind == Date:
		suggestion = `Write it as "2026-03-31".`
	}
	t.report(t.place(key), fmt.Sprintf("%q is %s; it must be %s", key, article(kindOf(value)), article(string(o.Kind))), o.Doc,
		suggestion)
}

func article(kind string) string {
	switch {
	case strings.HasPrefix(kind, "true"), strings.HasPrefix(kind, "text"), kind == "":
		return kind
	case strings.ContainsRune("aeiou", rune(kind[0])):
		return "an " + kind
	default:
		return "a " + kind
	}
}

func kindOf(value any) string {
	switch value.(type) {
	case string:
		return "text"
	case int64:
		return "integer"
	case float64:
		return "number"
	case bool:
		return "true or false"
	case time.Time:
		return "time"
	case []any:
		return "list"
	case []map[string]any:
		return "array of tables"
	default:
		return "table"
	}
}

// allowed checks a text, or each text of a list, against the option's list; in lists no text may come twice.
func (t table) allowed(o Option, key string, value any) bool {
	if o.Allowed == nil {
		return true
	}
	texts, isList := value.([]string)
	if s, ok := value.(string); ok {
		texts = []string{s}
	}
	if isList && len(texts) == 0 {
		t.report(t.place(key), fmt.Sprintf("%q is empty", key), oneOf(o.Allowed), "")
		return false
	}
	good, seen := true, map[string]bool{}
	for i, s := range texts {
		at := t.place(key)
		if isList {
			at = t.at(t.pos.Children[key].Elems[i].Value)
		}
		switch {
		case o.Former[s] != "":
			t.report(at, fmt.Sprintf("%q is called %q now", s, o.Former[s]), "It was renamed, and means what it meant.",
				fmt.Sprintf("Write %s = %q.", key, o.Former[s]))
			good = false
		case !slices.Contains(o.Allowed, s):
			t.report(at, fmt.Sprintf("%q cannot be %q", key, s), oneOf(o.Allowed), didYouMean(s, o.Allowed))
			good = false
		case seen[s]:
			t.report(at, fmt.Sprintf("%q names %q twice", key, s), "", "")
			good = false
		}
		seen[s] = true
	}
	return good
}

func oneOf(allowed []string) string { return "Allowed: " + strings.Join(allowed, ", ") + "." }

func didYouMean(word string, known []string) string {
	if near := diag.DidYouMean(word, known); near != "" {
		return fmt.Sprintf("Did you mean %q?", near)
	}
	return ""
}

func (t table) inRange(o Option, key string, value any) bool {
	var x float64
	switch v := value.(type) {
	case int:
		x = float64(v)
	case float64:
		x = v
	default:
		return true
	}
	if x >= o.Min && x <= o.Max {
		return true
	}
	t.report(t.place(key), fmt.Sprintf("%q is out of range", key),
		fmt.Sprintf("It must lie from %s to %s. %s", plainNumber(o.Min), plainNumber(o.Max), o.Doc), "")
	return false
}

func plainNumber(x float64) string {
	if x == float64(int64(x)) {
		return fmt.Sprintf("%d", int64(x))
	}
	return fmt.Sprintf("%g", x)
}
