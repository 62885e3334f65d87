package httpreplay

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// body is that of a request or a reply: a JSON value, or text where it is none.
type body struct {
	value any
	text  string
}

// read takes JSON apart; its numbers get as short as a float32 allows.
func read(data []byte) body {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil || value == nil {
		return body{text: string(data)}
	}
	if _, err := dec.Token(); err != io.EOF {
		return body{text: string(data)} // several values
	}
	return body{value: rewrite(value, nil, func(s string) string { return s })}
}

func (b body) isText() bool { return b.value == nil }

// without leaves members out.
func (b body) without(drop []string) body {
	return body{rewrite(b.value, drop, func(s string) string { return s }), b.text}
}

// unnamed puts names in the place of this machine's paths, named the paths in the place of names.
func (b body) unnamed(paths map[string]string) body {
	return b.replaced(paths, func(name, path string) (old, new string) { return path, "${" + name + "}" })
}

func (b body) named(paths map[string]string) body {
	return b.replaced(paths, func(name, path string) (old, new string) { return "${" + name + "}", path })
}

func (b body) replaced(paths map[string]string, pair func(name, path string) (old, new string)) body {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(paths)) {
		old, new := pair(name, paths[name])
		all = append(all, old, new)
	}
	replace := strings.NewReplacer(all...).Replace
	return body{rewrite(b.value, nil, replace), replace(b.text)}
}

// rewrite gives a copy with other strings and shorter numbers, and without some members.
func rewrite(value any, drop []string, text func(string) string) any {
	switch v := value.(type) {
	case string:
		return text(v)
	case json.Number:
		return shortened(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = rewrite(v[i], drop, text)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for name, member := range v {
			if !slices.Contains(drop, name) {
				out[name] = rewrite(member, drop, text)
			}
		}
		return out
	}
	return value
}

// shortened writes a number that is no integer with the digits that tell it from other float32.
func shortened(n json.Number) json.Number {
	x, err := n.Float64()
	if err != nil || !strings.ContainsAny(n.String(), ".eE") || math.IsInf(float64(float32(x)), 0) || float32(x) == 0 {
		return n
	}
	return json.Number(strconv.FormatFloat(x, 'g', -1, 32))
}

// bytes are the body on one line, as servers send it.
func (b body) bytes() []byte {
	if b.isText() {
		return []byte(b.text)
	}
	return append(compact(b.value), '\n')
}

func compact(value any) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false) // grammars are full of < and >
	if err := enc.Encode(value); err != nil {
		panic(err) // what was decoded can be encoded
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

// columns are the most that a line of a file takes, if what stands on it can be broken.
const columns = 120

// indented is the body as it stands in a file, with an end of line.
func (b body) indented() []byte {
	switch {
	case b.isText() && (b.text == "" || strings.HasSuffix(b.text, "\n")):
		return []byte(b.text)
	case b.isText():
		return []byte(b.text + "\n")
	}
	var w writer
	w.put(b.value, 0)
	w.WriteByte('\n')
	return w.Bytes()
}

// writer breaks JSON into lines.
type writer struct{ bytes.Buffer }

// put writes a value that begins at a column of the indent: whole if it fits, else its parts on lines of their own; of lists
// of numbers and texts as many to a line as fit.
func (w *writer) put(value any, indent int) {
	whole := compact(value)
	list, isList := value.([]any)
	object, isObject := value.(map[string]any)
	if indent+utf8.RuneCount(whole) <= columns || !isList && !isObject {
		w.Write(whole)
		return
	}
	pad := "\n" + strings.Repeat(" ", indent+1)
	if isObject {
		w.WriteByte('{')
		for i, name := range slices.Sorted(maps.Keys(object)) {
			w.between(i, pad)
			w.Write(compact(name))
			w.WriteByte(':')
			w.put(object[name], indent+1)
		}
		w.WriteByte('}')
		return
	}
	w.WriteByte('[')
	w.fill(list, indent, pad)
	w.WriteByte(']')
}

func (w *writer) between(i int, pad string) {
	if i > 0 {
		w.WriteByte(',')
	}
	w.WriteString(pad)
}

// fill writes the elements of a list.
func (w *writer) fill(list []any, indent int, pad string) {
	room := 0
	for i, element := range list {
		_, isList := element.([]any)
		_, isObject := element.(map[string]any)
		size := utf8.RuneCount(compact(element)) + 1
		if isList || isObject || size > room {
			w.between(i, pad)
			room = columns - indent - 1
		} else {
			w.WriteByte(',')
		}
		w.put(element, indent+1)
		room -= size
		if isList || isObject {
			room = 0
		}
	}
}
