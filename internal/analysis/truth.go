package analysis

import (
	"fmt"
	"maps"
	"slices"

	"sdmap/internal/diag"
	"sdmap/internal/tomltext"
)

// truth is what a truth file says was planted.
type truth struct {
	Benchmarks []truthBenchmark `toml:"benchmark"`
	Pairs      []truthPair      `toml:"pair"`
	Models     []truthModel     `toml:"model"`
	Columns    []truthColumn    `toml:"column"`

	byID   map[string]truthBenchmark
	byPair map[[2]string]truthPair // by the ends of the pair
}

type truthBenchmark struct {
	ID      string             `toml:"id"`
	Surface string             `toml:"surface"`
	Skills  map[string]float64 `toml:"skills"`
	Columns []string           `toml:"columns"`
}

type truthPair struct {
	A      string `toml:"a"`
	B      string `toml:"b"`
	Kind   int    `toml:"kind"`
	Name   string `toml:"name"`
	Expect string `toml:"expect"`
	InAUC  bool   `toml:"in_auc"`
}

// truthModel says how much of each column of texts a model met, from 0 to 1.
type truthModel struct {
	ID        string             `toml:"id"`
	Exposures map[string]float64 `toml:"exposures"`
}

// truthColumn is one column of texts: how many times more those who met it much did than those who met it little, and what it
// was drawn from, by the weight of each source.
type truthColumn struct {
	ID       string             `toml:"id"`
	Strength float64            `toml:"strength"`
	Sources  map[string]float64 `toml:"sources"`
}

// expectations are the words that a truth file may use for a pair. Whether exposure drives an overlap it says by benchmarks'
// columns.
var expectations = []string{OverlapWithoutKinship, KinshipWithoutOverlap, LikenessWithoutKinship, "none", "unknown"}

// CheckTruth says what is wrong with a truth file for these benchmarks.
func CheckTruth(file string, content []byte, benchmarks []string) diag.List {
	_, found := readTruth(file, content, benchmarks)
	return found
}

// readTruth reads a truth file and checks it against the study's benchmarks. It is nil if the list has errors.
func readTruth(file string, content []byte, benchmarks []string) (*truth, diag.List) {
	r := truthReader{places: diag.Index(file, content)}
	var fault *tomltext.Fault
	if r.root, fault = tomltext.Decode(content, &r.truth); fault != nil {
		return nil, diag.List{{Summary: fault.Summary, Detail: fault.Detail, Range: r.places.Span(fault.At.Start, fault.At.End)}}
	}
	r.keys()
	r.benchmarks(file, benchmarks)
	r.pairs()
	r.columns()
	if found := r.found.List(); found.HasErrors() {
		return nil, found
	}
	return &r.truth, nil
}

// truthReader is one reading of a truth file.
type truthReader struct {
	truth
	root   *tomltext.Node
	places *diag.Places
	found  diag.Collector
}

// has reports whether a table says something of a key.
func (r *truthReader) has(table string, i int, key string) bool {
	return r.root.Children[table].Elems[i].Children[key] != nil
}

// fault adds an error at a key of a table, or at its header where the key is not there.
func (r *truthReader) fault(table string, i int, key, summary, detail string) {
	n := r.root.Children[table].Elems[i]
	at := n.Key
	if c := n.Children[key]; c != nil {
		at = c.Value
	}
	r.found.Add(diag.Diagnostic{Summary: summary, Detail: detail, Range: r.places.Span(at.Start, at.End)})
}

func (r *truthReader) benchmarks(file string, of []string) {
	r.byID = map[string]truthBenchmark{}
	for i, b := range r.Benchmarks {
		if _, twice := r.byID[b.ID]; twice {
			r.fault("benchmark", i, "id", fmt.Sprintf("benchmark %q stands there twice", b.ID), "")
			continue
		}
		r.byID[b.ID] = b
	}
	for _, id := range of {
		if _, known := r.byID[id]; !known {
			r.found.Add(diag.Diagnostic{Summary: fmt.Sprintf("the truth says nothing of benchmark %q", id),
				Detail: "Give it a [[benchmark]] table with its skills.",
				Range:  diag.Range{File: file}})
		}
	}
}

func (r *truthReader) pairs() {
	r.byPair = map[[2]string]truthPair{}
	for i, p := range r.Pairs {
		_, a := r.byID[p.A]
		_, b := r.byID[p.B]
		if !a || !b || p.A == p.B {
			r.fault("pair", i, "a", fmt.Sprintf("pair %q and %q does not name two of its benchmarks", p.A, p.B), "")
		}
		if !slices.Contains(expectations, p.Expect) {
			r.fault("pair", i, "expect", fmt.Sprintf("nothing like %q can be expected of a pair", p.Expect),
				fmt.Sprintf("Known: %q.", expectations))
		}
		if _, named := kindNames[p.Kind]; !named && r.has("pair", i, "kind") {
			r.fault("pair", i, "kind", fmt.Sprintf("there is no kind %d of planted pairs", p.Kind), "Kinds are 1 to "+
				fmt.Sprint(len(kindNames))+".")
		}
		key := ends(p.A, p.B)
		if _, twice := r.byPair[key]; twice {
			r.fault("pair", i, "a", fmt.Sprintf("the pair %q and %q stands there twice", p.A, p.B), "Keep one of the two.")
			continue
		}
		r.byPair[key] = p
	}
}

// ends are the two of a pair, whichever way round.
func ends(a, b string) [2]string { return [2]string{min(a, b), max(a, b)} }

// relation says how two benchmarks stand to each other.
type relation int

const (
	different relation = iota
	same
	mixed // they share some skills, or one needs none: neither positive nor negative
)

func (b truthBenchmark) skillTo(o truthBenchmark) relation {
	x, y := slices.Sorted(maps.Keys(b.Skills)), slices.Sorted(maps.Keys(o.Skills))
	if len(x) == 0 || len(y) == 0 {
		return mixed
	}
	if slices.Equal(x, y) {
		return same
	}
	for _, s := range x {
		if slices.Contains(y, s) {
			return mixed
		}
	}
	if len(x) > 1 || len(y) > 1 {
		return mixed
	}
	return different
}

// pair finds what the file says of a pair first, whichever way round.
func (t *truth) pair(x, y string) (truthPair, bool) {
	p, ok := t.byPair[ends(x, y)]
	return p, ok
}

// exposed says whether one exposure governs two benchmarks.
func (b truthBenchmark) exposed(o truthBenchmark) bool {
	return slices.ContainsFunc(b.Columns, func(c string) bool { return slices.Contains(o.Columns, c) })
}

// driven says whether exposure drives the overlap of two benchmarks: one governs both, and they have no skill in common that
// would make it.
func (b truthBenchmark) driven(o truthBenchmark) bool { return b.exposed(o) && !b.sharesSkill(o) }

func (b truthBenchmark) sharesSkill(o truthBenchmark) bool {
	for s := range b.Skills {
		if _, both := o.Skills[s]; both {
			return true
		}
	}
	return false
}

// allowed lists the labels that the truth gives a pair: what the file expects of it, or, where it does not list the pair, what
// follows from skills, exposures and surfaces. Two benchmarks of one skill overlap and are kin; two that share neither a skill
// nor an exposure do not overlap. judged is false where the file says so, of pairs with some of their skills in common, and of
// those whose exposures go together because one source taught both.
func (t *truth) allowed(x, y truthBenchmark) (labels []string, judged bool) {
	said, listed := t.pair(x.ID, y.ID)
	switch {
	case listed && said.Expect == "unknown", !listed && (x.sharesSkill(y) && x.skillTo(y) != same || t.together(x, y)):
		return nil, false
	case listed && said.Expect != "none":
		labels = append(labels, said.Expect)
	case !listed && !x.sharesSkill(y):
		if x.exposed(y) {
			labels = append(labels, OverlapWithoutKinship)
		}
		if x.Surface == y.Surface {
			labels = append(labels, LikenessWithoutKinship)
		}
	}
	if x.driven(y) {
		labels = append(labels, ExposureDriven)
	}
	return labels, true
}

func (t *truth) benchmark(id string) truthBenchmark { return t.byID[id] }
