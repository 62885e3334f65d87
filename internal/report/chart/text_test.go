package chart

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"sdmap/internal/diag"
)

// said makes one drawing of every kind that says a text wherever a text can stand.
func said(t testing.TB, s string) map[string]Drawing {
	t.Helper()
	out := map[string]Drawing{}
	add := func(name string, d Drawing, err error) {
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = d
	}
	point := func(x, y float64) MapPoint {
		return MapPoint{ID: s, At: [2]float64{x, y}, Satellites: [][2]float64{{x, y + 1}}, Lines: []string{s}}
	}
	d, err := Map(MapData{Points: []MapPoint{point(0, 0), point(1, 2)}, Axes: []string{s}, Families: []string{s},
		Formats: []string{s}, XTitle: s, YTitle: s})
	add("map", d, err)
	heat := heatData()
	heat.Labels, heat.Reason = []string{s, s}, func(i, j int) string { return s }
	d, err = Heat(heat)
	add("heat", d, err)
	d, err = Scatter(ScatterData{XTitle: s, YTitle: s, Groups: []Group{{Name: s}, {Name: s, Axis: s}},
		Points: []ScatterPoint{{0, .1, .2, s, s}, {1, .5, -.2, s, s}}, Equal: true})
	add("scatter", d, err)
	d, err = Intervals(IntervalData{Title: s, Rows: []Interval{{s, s, .8, .7, .9, s}}, Reference: .5, Max: 1})
	add("intervals", d, err)
	d, err = Stacks(StackData{Title: s, Parts: []Group{{s, s, false}}, Rows: []StackRow{{s, []float64{.3}, s}}})
	add("stacks", d, err)
	return out
}

// elements counts the elements of an XML document, by name, and gathers its text.
func elements(t testing.TB, doc []byte) (map[string]int, string) {
	t.Helper()
	var text strings.Builder
	count := map[string]int{}
	dec := xml.NewDecoder(bytes.NewReader(doc))
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return count, text.String()
		}
		if err != nil {
			t.Fatalf("the drawing is not well-formed: %v\n%.2000s", err, doc)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			count[tok.Name.Local]++
		case xml.CharData:
			text.Write(tok)
		}
	}
}

// checkSaid wants drawings that hold no more than a text, and nothing in them that acts.
func checkSaid(t testing.TB, s string) {
	t.Helper()
	for name, d := range said(t, s) {
		for form, b := range map[string][]byte{"options": d.Options, "data": d.Data, "drawing": d.SVG} {
			if line := strings.Trim(string(b), "\n"); !utf8.Valid(b) || diag.Shown(line) != strings.NewReplacer("\n", " ", "\t",
				" ").Replace(line) {
				t.Fatalf("%s: %s of %q hold what must not be shown: %q", name, form, s, b)
			}
		}
		if !json.Valid(d.Options) || len(d.Data) > 0 && !json.Valid(d.Data) {
			t.Fatalf("%s: %q makes options that are not JSON", name, s)
		}
		count, _ := elements(t, d.SVG)
		for e := range count {
			if !strings.Contains(" svg g path text rect ", " "+e+" ") {
				t.Fatalf("%s: %q makes an element %q", name, s, e)
			}
		}
	}
}

const hostile = "\x1b[31m\x00\x7f\u0085\u009b\u202eevil\u2066\ufffe\uffff\xff\xc3\u2028\n\t</text><script>alert(1)</script><!--]]>&#27;\"'"

func TestHostileTextStaysText(t *testing.T) {
	checkSaid(t, hostile)
	for name, d := range said(t, hostile) {
		if _, text := elements(t, d.SVG); !strings.Contains(text, "\ufffd[31m") || !strings.Contains(text, "</text><script>") {
			t.Errorf("%s does not show its text: %q", name, text)
		}
	}
}

func TestLongTextIsDrawn(t *testing.T) {
	checkSaid(t, strings.Repeat("long", 5000))
}

func TestTextsThatAreSeenStay(t *testing.T) {
	in := MapData{Axes: []string{"a\x1b"}, Families: []string{"x"}}
	if out := in.shown(); in.Axes[0] != "a\x1b" || out.Axes[0] != "a\ufffd" || out.Families[0] != "x" {
		t.Errorf("%q became %q", in.Axes, out.Axes)
	}
}

func FuzzDrawing(f *testing.F) {
	f.Add(hostile)
	f.Add("sum.eq")
	f.Fuzz(func(t *testing.T, s string) { checkSaid(t, s) })
}
