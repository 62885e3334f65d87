package study

import (
	"os"
	"path/filepath"

	"sdmap/internal/diag"
	"sdmap/internal/files"
	"sdmap/internal/tomltext"
)

// The tables of models that answer benchmarks, and of those that only embed.
const (
	models    = "models"
	embedders = "embedders"
)

// Format is what studies may say: every option, with those of the backends that answer for models, and measures.
type Format struct {
	backends []Backend
	options  []Option
	byKey    map[string]Option
	byTable  map[string][]Option
}

// FormatOf is the format of studies whose models these backends answer for; the first is the default.
func FormatOf(backends []Backend) *Format {
	f := &Format{backends: backends, byKey: map[string]Option{}, byTable: map[string][]Option{}}
	for _, o := range schema {
		f.add(withMeasures(o))
		if o.Key == models || o.Key == embedders {
			for _, o := range f.modelOptions(o.Key) {
				f.add(o)
			}
		}
	}
	return f
}

// add takes an option in, behind those of its own table: the keys that depend on backends come before the table's others.
func (f *Format) add(o Option) {
	f.options = append(f.options, o)
	f.byKey[o.Key] = o
	f.byTable[o.Table()] = append(f.byTable[o.Table()], o)
}

// Options lists every key in the order of the documentation.
func (f *Format) Options() []Option { return append([]Option(nil), f.options...) }

// find looks a key up by its dotted path.
func (f *Format) find(key string) (Option, bool) {
	o, ok := f.byKey[key]
	return o, ok
}

// namesIn lists the keys that a table knows.
func (f *Format) namesIn(table string) []string {
	var names []string
	for _, o := range f.byTable[table] {
		names = append(names, o.Name())
	}
	return names
}

// homeOf is the only table that knows a key of this name, if there is exactly one.
func (f *Format) homeOf(key string) string {
	var homes []string
	for _, o := range f.options {
		if o.Name() == key && o.Table() != "" {
			homes = append(homes, o.Table())
		}
	}
	if len(homes) == 1 {
		return homes[0]
	}
	return ""
}

// largestStudy bounds what is read: a study of a thousand benchmarks takes a fraction.
const largestStudy = 4 << 20

// Load is LoadWith where nothing is elsewhere.
func (f *Format) Load(path string) (*Study, diag.List) { return f.LoadWith(path, Elsewhere{}) }

// LoadWith reads the study at path. The Study is nil if the list has errors; warnings may accompany a Study.
func (f *Format) LoadWith(path string, e Elsewhere) (*Study, diag.List) {
	src, err := files.Read(path, largestStudy)
	if err != nil {
		return nil, diag.List{{Summary: "the study cannot be read", Detail: cause(err), Range: diag.Range{File: path}}}
	}
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, diag.List{{Summary: "the study's folder cannot be opened", Detail: cause(err), Range: diag.Range{File: path}}}
	}
	defer root.Close()
	return f.read(path, src, root, e)
}

// read makes a Study of src; root is the folder that paths are relative to.
func (f *Format) read(file string, src []byte, root *os.Root, e Elsewhere) (*Study, diag.List) {
	r := f.newReader(file, src, root, e)
	values := map[string]any{}
	pos, fault := tomltext.Decode(src, &values)
	if fault != nil {
		r.report(r.at(fault.At), fault.Summary, fault.Detail, "")
		return nil, r.found.List()
	}
	top := table{reader: r, values: values, pos: pos}
	top.validate()
	s := build(top)
	list := r.found.List()
	if list.HasErrors() {
		return nil, list
	}
	return s, list
}
