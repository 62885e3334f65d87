package neural

import (
	"bytes"
	"reflect"
	"testing"

	"sdmap/internal/llm"
	"sdmap/internal/study"
)

// Every measure that a study may name has a row, in the same order, and every row can be measured.
func TestTableFollowsTheDescriptions(t *testing.T) {
	if len(table) != len(study.NeuralMeasures) {
		t.Fatalf("%d rows, %d descriptions", len(table), len(study.NeuralMeasures))
	}
	for i, m := range table {
		switch d := study.NeuralMeasures[i]; {
		case m.name != d.Name:
			t.Errorf("row %d is %s, and %s is described", i, m.name, d.Name)
		case m.title == "" || m.method == "" || d.Doc == "" || m.layers == nil || m.alike == nil:
			t.Errorf("%s: a field is missing", m.name)
		case m.item == nil && m.states == nil:
			t.Errorf("%s keeps nothing", m.name)
		case !d.Needs.Tokenize || d.Needs.Trace == 0:
			t.Errorf("%s needs no trace", m.name)
		}
	}
}

// Features of later measures are stored under their names, and their numbers stand in the header.
func TestFeaturesByName(t *testing.T) {
	AddToy(t, llm.WantResidual)
	m, id, b := planted1(t, "m02", "max.story")
	extract := func(measures ...string) ([]byte, *Patterns) {
		a := Extract(m, id, b, study.Neural{Items: 5, Measures: measures})
		data, err := a.Run(t.Context(), runtime{workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		p, err := DecodePatterns(data)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := p.Encode(); err != nil || !bytes.Equal(again, data) {
			t.Errorf("decoding and encoding changes the bytes: %v", err)
		}
		return data, p
	}
	plain, without := extract(Hidden)
	data, p := extract(Hidden, "toy")
	toys := p.Moments["toy"]
	if len(toys.Mean) != p.Layers || p.Features["toy"] != p.Layers || !(toys.Mean[0] > 0) || !(toys.Variance[0] > 0) {
		t.Errorf("%d features of %d layers: %v", p.Features["toy"], p.Layers, toys)
	}
	if bytes.Contains(plain, []byte("Features")) || without.Features != nil {
		t.Error("patterns without later measures name features")
	}
	delete(p.Moments, "toy")
	if p.Features = nil; !reflect.DeepEqual(p, without) {
		t.Error("a later measure changes what is kept of others")
	}
	for _, number := range []string{"-3", "9999999", "0"} {
		bad := bytes.Replace(data, []byte(`"toy":3`), []byte(`"toy":`+number), 1)
		bad[len(patternMagic)] += byte(len(number) - 1)
		if _, err := DecodePatterns(bad); err == nil || bytes.Equal(bad, data) {
			t.Errorf("patterns whose header tells of %s features are read", number)
		}
	}
}

// A measure that is kept only where it is asked for stands in the key; the keys of all others are what they were.
func TestLaterMeasuresHaveKeysOfTheirOwn(t *testing.T) {
	AddToy(t, llm.WantResidual)
	m, id, b := planted1(t, "m02", "max.story")
	facts := func(measures ...string) int {
		return len(Extract(m, id, b, study.Neural{Items: 5, Measures: measures}).Facts)
	}
	if all := facts("hidden", "hidden_mean", "activation", "attention", "final", "final_mean", "energy"); all != facts("hidden") ||
		facts("hidden", "toy") != all+1 {
		t.Errorf("%d facts of all measures, %d of hidden", all, facts("hidden"))
	}
}
