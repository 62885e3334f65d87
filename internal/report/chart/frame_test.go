package chart

import (
	"bytes"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// interval is a random range of any size, often one that touches 0 or has round ends.
func interval(rng *rand.Rand) (lo, hi float64) {
	size := math.Pow10(rng.IntN(13) - 6)
	lo, hi = size*rng.NormFloat64(), size*rng.NormFloat64()
	switch rng.IntN(4) {
	case 0:
		lo = 0
	case 1:
		lo, hi = math.Round(lo), math.Round(hi)+0.5
	}
	return min(lo, hi), max(lo, hi)
}

func TestTicksAreThoseOfGonum(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 3000 {
		lo, hi := interval(rng)
		if lo == hi {
			continue
		}
		want := plot.DefaultTicks{}.Ticks(lo, hi)
		got := ticksOf(lo, hi)
		if len(got) != len(want) {
			t.Fatalf("%d ticks from %v to %v, want %d", len(got), lo, hi, len(want))
		}
		for i, w := range want {
			if got[i].at != w.Value || got[i].label != w.Label {
				t.Fatalf("tick %d from %v to %v is %v, want %v", i, lo, hi, got[i], w)
			}
		}
	}
}

// theirs is a frame's drawing of lines as gonum's own type Plot makes it.
func theirs(t *testing.T, f frame, w, h vg.Length) []byte {
	t.Helper()
	p := plot.New()
	for _, a := range []struct {
		to   *plot.Axis
		from axis
	}{{&p.X, f.x}, {&p.Y, f.y}} {
		a.to.Label.Text = a.from.title
		a.to.LineStyle.Color, a.to.Tick.LineStyle.Color = pale, pale
		a.to.Label.TextStyle.Color, a.to.Tick.Label.Color = ink, ink
		a.to.Label.TextStyle.Font, a.to.Tick.Label.Font = sans(10), sans(9)
		a.to.Tick.Length = a.from.tickLength
		if a.from.ticks != nil {
			var ticks []plot.Tick
			for _, k := range a.from.ticks {
				ticks = append(ticks, plot.Tick{Value: k.at, Label: k.label})
			}
			a.to.Tick.Marker = plot.ConstantTicks(ticks)
		}
	}
	for _, l := range f.layers {
		l := l.(line)
		one, err := plotter.NewLine(plotter.XYs{{X: l.from[0], Y: l.from[1]}, {X: l.to[0], Y: l.to[1]}})
		if err != nil {
			t.Fatal(err)
		}
		one.LineStyle = l.style
		p.Add(one)
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = f.x.min, f.x.max, f.y.min, f.y.max
	p.Legend.TextStyle.Font, p.Legend.Top = sans(9), f.keyTop
	for _, e := range f.key {
		p.Legend.Add(e.name, dot{e.dot})
	}
	c := vgsvg.NewWith(vgsvg.UseWH(w, h))
	p.Draw(draw.New(c))
	return svgOf(t, c)
}

type dot struct{ c color.Color }

func (d dot) Thumbnail(c *draw.Canvas) {
	c.DrawGlyph(draw.GlyphStyle{Color: d.c, Radius: 3, Shape: draw.CircleGlyph{}}, c.Center())
}

func svgOf(t *testing.T, c *vgsvg.Canvas) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A frame stands for gonum's Plot, and draws what it drew: to the byte, whatever lies on or over the edge.
func TestFramesAreThoseOfGonum(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	words := []string{"", "x", "the g-free overlap", "µ·10⁻³ (nats)", "A long title that is wider than the whole drawing is"}
	for n := range 200 {
		f := paper()
		f.keyTop = n%2 == 0
		f.x.title, f.y.title = words[rng.IntN(len(words))], words[rng.IntN(len(words))]
		f.x.min, f.x.max = interval(rng)
		f.y.min, f.y.max = interval(rng)
		if n%3 == 0 {
			f.y.ticks, f.y.tickLength = []tick{{f.y.min, "first"}, {f.y.max, "the last of all"}}[:rng.IntN(3)], 0
		}
		for range rng.IntN(4) {
			at := func(a axis) float64 { return a.min + (a.max-a.min)*math.Round(6*rng.Float64()-1)/4 }
			f.add(line{[2]float64{at(f.x), at(f.y)}, [2]float64{at(f.x), at(f.y)},
				draw.LineStyle{Color: palette[0].paper, Width: vg.Length(1 + rng.IntN(9))}})
		}
		for k := range rng.IntN(3) {
			f.key = append(f.key, entry{words[1+k], palette[k].paper})
		}
		w, h := vg.Length(200+rng.IntN(400)), vg.Length(100+rng.IntN(400))
		want := theirs(t, *f, w, h)
		c := vgsvg.NewWith(vgsvg.UseWH(w, h))
		f.draw(draw.New(c))
		if got := svgOf(t, c); !bytes.Equal(got, want) {
			t.Fatalf("frame %d:\n%s\nwant\n%s", n, got, want)
		}
	}
}
