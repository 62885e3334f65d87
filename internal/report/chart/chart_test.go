package chart

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
)

func mapData() MapData {
	pt := func(id string, x, y float64, f int) MapPoint {
		return MapPoint{ID: id, At: [2]float64{x, y}, Family: f, Format: f,
			Satellites: [][2]float64{{x + .1, y}, {x - .1, y}}, Ellipse: [][2]float64{{x, y + .1}, {x + .1, y}, {x, y - .1},
				{x, y + .1}}, Lines: []string{"a < b"}}
	}
	return MapData{Points: []MapPoint{pt("a.<x>", 0, 0, 0), pt("b", 1, 1, 1), pt("c", -1, 1, 2)},
		Axes: []string{"performance", "semantic"}, XTitle: "1", YTitle: "2"}
}

func heatData() HeatData {
	return HeatData{Labels: []string{"a", "b"}, Values: [][]float64{{1, math.NaN()}, {-.5, 1}},
		Reason: func(i, j int) string { return "constant scores" }, Min: -1, Max: 1}
}

// drawings makes one of every kind.
func drawings(t *testing.T) map[string]Drawing {
	t.Helper()
	out := map[string]Drawing{}
	add := func(name string, d Drawing, err error) {
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = d
	}
	d, err := Map(mapData())
	add("map", d, err)
	d, err = Heat(heatData())
	add("heat", d, err)
	d, err = Scatter(ScatterData{XTitle: "x", YTitle: "y",
		Groups: []Group{{Name: "none", Grey: true}, {Name: "semantic", Axis: "semantic"}},
		Points: []ScatterPoint{{0, .1, .2, "", "a and b"}, {1, .5, -.2, "a~c", "a and c"}}, Unit: true})
	add("scatter", d, err)
	d, err = Intervals(IntervalData{Title: "AUC", Rows: []Interval{{"raw", "performance", .8, .7, .9, "tip"}}, Reference: .5,
		Min: 0, Max: 1})
	add("intervals", d, err)
	d, err = Stacks(StackData{Title: "disagreement", Parts: []Group{{Name: "neural", Axis: "neural"}},
		Rows: []StackRow{{"a", []float64{.3}, "tip"}}})
	add("stacks", d, err)
	band := []Band{{.6, .5, .7, false, "tip"}, {None: true}, {.8, .7, .9, false, "tip"}}
	d, err = Curves(CurvesData{Ticks: []string{"8", "16", "all"}, Reference: .5, Min: 0, Max: 1, Panels: []CurvesPanel{
		{"raw", "performance", band, band}, {"a", "neural", band, band}, {"b", "", band, band}, {"c", "semantic", band, band}}})
	add("curves", d, err)
	return out
}

func TestBothFormsAreWellFormed(t *testing.T) {
	for name, d := range drawings(t) {
		var o map[string]any
		if err := json.Unmarshal(d.Options, &o); err != nil {
			t.Errorf("%s: options are not JSON: %v", name, err)
		}
		if bytes.Contains(d.Options, []byte("__f__")) || bytes.Contains(d.Options, []byte("function")) {
			t.Errorf("%s: options hold a function, which the page's policy forbids", name)
		}
		if len(o["series"].([]any)) == 0 {
			t.Errorf("%s: no series", name)
		}
		dec := xml.NewDecoder(bytes.NewReader(d.SVG))
		for {
			_, err := dec.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Errorf("%s: drawing is not well-formed: %v", name, err)
				break
			}
		}
	}
}

func TestMapHasOnePointABenchmarkAndClosedEllipses(t *testing.T) {
	d, err := Map(mapData())
	if err != nil {
		t.Fatal(err)
	}
	var o struct {
		Series []struct {
			ID   string            `json:"id"`
			Data []json.RawMessage `json:"data"`
		} `json:"series"`
	}
	if err := json.Unmarshal(d.Options, &o); err != nil {
		t.Fatal(err)
	}
	ids := map[string]int{}
	for _, s := range o.Series {
		ids[s.ID] = len(s.Data)
	}
	if ids["benchmarks"] != 3 || ids["satellites-semantic"] != 3 || ids["ellipse-b"] != 4 {
		t.Errorf("series and their sizes: %v", ids)
	}
}

func TestEqualInputsGiveEqualBytes(t *testing.T) {
	a, b := drawings(t), drawings(t)
	for name := range a {
		if !bytes.Equal(a[name].Options, b[name].Options) || !bytes.Equal(a[name].SVG, b[name].SVG) {
			t.Errorf("%s differs from one drawing to the next", name)
		}
	}
}

func TestWhatCannotBeDrawnIsRefusedByName(t *testing.T) {
	m := mapData()
	m.Points[1].Satellites[0][0] = math.NaN()
	if _, err := Map(m); err == nil || !strings.Contains(err.Error(), "b") {
		t.Errorf("map with NaN: %v", err)
	}
	if _, err := Intervals(IntervalData{Rows: []Interval{{Label: "raw", Value: math.Inf(1)}}}); err == nil ||
		!strings.Contains(err.Error(), "raw") {
		t.Errorf("infinite estimate: %v", err)
	}
	d, err := Heat(heatData())
	if err != nil || !bytes.Contains(d.Options, []byte("constant scores")) {
		t.Errorf("a missing cell must carry its reason (%v)", err)
	}
}
