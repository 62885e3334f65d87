package analysis

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"sdmap/internal/tomltext"
)

// truth is what a truth file says was planted.
type truth struct {
	Benchmarks []truthBenchmark `toml:"benchmark"`
	Pairs      []truthPair      `toml:"pair"`
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

// expectations are the words that a truth file may use for a pair.
var expectations = []string{OverlapWithoutKinship, KinshipWithoutOverlap, LikenessWithoutKinship, "none", "unknown"}

// readTruth reads a truth file and checks it against the study's benchmarks.
func readTruth(file string, content []byte, benchmarks []string) (*truth, error) {
	var t truth
	if _, fault := tomltext.Decode(content, &t); fault != nil {
		return nil, fmt.Errorf("%s:%d: %w", file, 1+bytes.Count(content[:fault.At.Start], []byte("\n")), fault)
	}
	known := map[string]bool{}
	for _, b := range t.Benchmarks {
		if known[b.ID] {
			return nil, fmt.Errorf("%s: benchmark %q stands there twice", file, b.ID)
		}
		known[b.ID] = true
	}
	for _, b := range benchmarks {
		if !known[b] {
			return nil, fmt.Errorf("%s: it says nothing of benchmark %q; give it a [[benchmark]] table with its skills", file, b)
		}
	}
	for _, p := range t.Pairs {
		if !known[p.A] || !known[p.B] || p.A == p.B {
			return nil, fmt.Errorf("%s: pair %q and %q does not name two of its benchmarks", file, p.A, p.B)
		}
		if !slices.Contains(expectations, p.Expect) {
			return nil, fmt.Errorf("%s: pair %q and %q: expect = %q is none of %q", file, p.A, p.B, p.Expect, expectations)
		}
	}
	return &t, nil
}

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

// pair finds what the file says of a pair, whichever way round.
func (t *truth) pair(x, y string) (truthPair, bool) {
	for _, p := range t.Pairs {
		if (p.A == x && p.B == y) || (p.A == y && p.B == x) {
			return p, true
		}
	}
	return truthPair{}, false
}

func (t *truth) benchmark(id string) truthBenchmark {
	for _, b := range t.Benchmarks {
		if b.ID == id {
			return b
		}
	}
	return truthBenchmark{ID: id}
}
