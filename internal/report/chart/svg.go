package chart

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"regexp"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"sdmap/internal/diag"
)

// glyphs follow the order of symbols.
var glyphs = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, draw.SquareGlyph{}, draw.RingGlyph{},
	draw.TriangleGlyph{}, draw.CrossGlyph{}}

var ink, pale = color.NRGBA{0x1b, 0x1b, 0x1b, 255}, color.NRGBA{0xdd, 0xd8, 0xcf, 255}

// paper starts a drawing in the look of the printed page.
func paper() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = color.White
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.LineStyle.Color, a.Tick.LineStyle.Color = pale, pale
		a.Label.TextStyle.Color, a.Tick.Label.Color = ink, ink
		a.Label.TextStyle.Font = sans(10)
		a.Tick.Label.Font = sans(9)
	}
	p.Legend.TextStyle.Font = sans(9)
	p.Legend.Top = true
	return p
}

func sans(size vg.Length) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
}

// write prints a plot as SVG of the given size in points. Its texts are fit for XML; that the whole of it is, is seen to here.
func write(p *plot.Plot, w, h vg.Length) ([]byte, error) {
	c := vgsvg.NewWith(vgsvg.UseWH(w, h))
	p.Draw(draw.New(c))
	return printed(c)
}

// writeAll is write of plots in rows of one length; where one is nil there is none.
func writeAll(rows [][]*plot.Plot, w, h vg.Length) ([]byte, error) {
	c := vgsvg.NewWith(vgsvg.UseWH(w, h))
	tiles := draw.Tiles{Rows: len(rows), Cols: len(rows[0]), PadX: vg.Points(8), PadY: vg.Points(8),
		PadLeft: vg.Points(8), PadTop: vg.Points(4)}
	for i, row := range plot.Align(rows, tiles, draw.New(c)) {
		for j, at := range row {
			if rows[i][j] != nil {
				rows[i][j].Draw(at)
			}
		}
	}
	return printed(c)
}

func printed(c *vgsvg.Canvas) ([]byte, error) {
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("drawing: %w", err)
	}
	return diag.ShownLines(compact(b.Bytes())), nil
}

var (
	fontDefaults = regexp.MustCompile(`font-variant:normal;font-weight:normal;font-style:normal;`)
	decimals     = regexp.MustCompile(`(\d+\.\d)\d+`)
	paths        = regexp.MustCompile(`<path d="[^"]*"`)
	plainFill    = regexp.MustCompile(`style="fill:(#[0-9A-F]{6})" />`)
)

// compact drops what makes no visible difference: font styles that are the default, hundredths of a point, long forms.
func compact(svg []byte) []byte {
	svg = fontDefaults.ReplaceAll(svg, nil)
	svg = paths.ReplaceAllFunc(svg, func(p []byte) []byte { return decimals.ReplaceAll(p, []byte("$1")) })
	return plainFill.ReplaceAll(svg, []byte(`fill="$1"/>`))
}

func faded(c color.NRGBA, alpha uint8) color.NRGBA { c.A = alpha; return c }

func line(points [][2]float64, c color.Color, width vg.Length) (*plotter.Line, error) {
	xys := make(plotter.XYs, len(points))
	for i, p := range points {
		xys[i] = plotter.XY{X: p[0], Y: p[1]}
	}
	l, err := plotter.NewLine(xys)
	if err != nil {
		return nil, err
	}
	l.LineStyle.Color, l.LineStyle.Width = c, width
	return l, nil
}

// mark is one glyph of its own look.
type mark struct {
	at    [2]float64
	style draw.GlyphStyle
	label string
}

// marks draws glyphs, and their labels where they hide neither glyphs nor each other: eight places are tried in turn, and
// a label that finds none is left out (the figure's table has it).
type marks struct {
	all  []mark
	font font.Font
}

func (m marks) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	var taken []vg.Rectangle
	for _, k := range m.all {
		pt := vg.Point{X: trX(k.at[0]), Y: trY(k.at[1])}
		c.DrawGlyph(k.style, pt)
		r := k.style.Radius + 1
		taken = append(taken, vg.Rectangle{Min: pt.Sub(vg.Point{X: r, Y: r}), Max: pt.Add(vg.Point{X: r, Y: r})})
	}
	sty := text.Style{Color: ink, Font: m.font, Handler: plot.DefaultTextHandler, YAlign: draw.YCenter}
	for _, k := range m.all {
		if k.label == "" {
			continue
		}
		pt := vg.Point{X: trX(k.at[0]), Y: trY(k.at[1])}
		if box, ok := place(pt, sty.Rectangle(k.label).Size(), k.style.Radius+2, taken, c.Rectangle); ok {
			taken = append(taken, box)
			c.FillText(sty, vg.Point{X: box.Min.X, Y: (box.Min.Y + box.Max.Y) / 2}, k.label)
		}
	}
}

// DataRange makes axes include every glyph.
func (m marks) DataRange() (xmin, xmax, ymin, ymax float64) {
	xmin, ymin, xmax, ymax = math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, k := range m.all {
		xmin, xmax = min(xmin, k.at[0]), max(xmax, k.at[0])
		ymin, ymax = min(ymin, k.at[1]), max(ymax, k.at[1])
	}
	return
}

// place finds a free box of the size beside a point, inside the frame.
func place(pt, size vg.Point, gap vg.Length, taken []vg.Rectangle, frame vg.Rectangle) (vg.Rectangle, bool) {
	w, h := size.X, size.Y
	for _, corner := range []vg.Point{
		{X: gap, Y: -h / 2}, {X: -gap - w, Y: -h / 2}, {X: -w / 2, Y: gap}, {X: -w / 2, Y: -gap - h},
		{X: gap, Y: gap / 2}, {X: gap, Y: -h - gap/2}, {X: -gap - w, Y: gap / 2}, {X: -gap - w, Y: -h - gap/2},
	} {
		lo := pt.Add(corner)
		box := vg.Rectangle{Min: lo, Max: lo.Add(size)}
		if box.Min.X >= frame.Min.X && box.Max.X <= frame.Max.X && box.Min.Y >= frame.Min.Y && box.Max.Y <= frame.Max.Y &&
			!overlapsAny(box, taken) {
			return box, true
		}
	}
	return vg.Rectangle{}, false
}

func overlapsAny(a vg.Rectangle, taken []vg.Rectangle) bool {
	for _, b := range taken {
		if a.Min.X < b.Max.X && b.Min.X < a.Max.X && a.Min.Y < b.Max.Y && b.Min.Y < a.Max.Y {
			return true
		}
	}
	return false
}

// mapSVG draws the map with equal units on both axes.
func mapSVG(d MapData, box [4]float64) ([]byte, error) {
	const w = vg.Length(620)
	h := min(max(w*vg.Length((box[3]-box[2])/(box[1]-box[0])), 300), 700)
	p := paper()
	p.X.Label.Text, p.Y.Label.Text = d.XTitle, d.YTitle
	var all marks
	all.font = sans(9)
	for k, axis := range d.Axes {
		for _, q := range d.Points {
			l, err := line([][2]float64{q.At, q.Satellites[k]}, faded(axisHue(axis).paper, 110), vg.Points(0.6))
			if err != nil {
				return nil, err
			}
			p.Add(l)
		}
	}
	for k, axis := range d.Axes {
		var s marks
		s.font = all.font
		for _, q := range d.Points {
			s.all = append(s.all, mark{q.Satellites[k], draw.GlyphStyle{Color: faded(axisHue(axis).paper, 180), Radius: 1.6,
				Shape: draw.CircleGlyph{}}, ""})
		}
		p.Add(s)
		p.Legend.Add(axis, swatch{axisHue(axis).paper})
	}
	for _, q := range d.Points {
		all.all = append(all.all, mark{q.At, draw.GlyphStyle{Color: groupHue(q.Family).paper, Radius: 4,
			Shape: glyphs[q.Format%len(glyphs)]}, q.title()})
	}
	p.Add(all)
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = box[0], box[1], box[2], box[3]
	return write(p, w, h)
}

// swatch is a legend entry: a dot of one colour.
type swatch struct{ c color.Color }

func (s swatch) Thumbnail(c *draw.Canvas) {
	c.DrawGlyph(draw.GlyphStyle{Color: s.c, Radius: 3, Shape: draw.CircleGlyph{}}, c.Center())
}

// tint gives the diverging scale's colour on paper, in a hundred steps.
func tint(v, lo, hi float64) color.NRGBA {
	mid := (lo + hi) / 2
	t := (v - mid) / (hi - mid)
	t = math.Round(50*min(max(t, -1), 1)) / 50
	end := palette[1].paper
	if t < 0 {
		end, t = palette[0].paper, -t
	}
	mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a)*(1-t) + float64(b)*t)) }
	return rgb(mix(0xf4, end.R), mix(0xf1, end.G), mix(0xea, end.B))
}

// cells draws a heat map's squares; missing ones stay white with a cross.
type cells struct{ d HeatData }

func (h cells) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	n := len(h.d.Labels)
	byColour := map[color.NRGBA]*vg.Path{}
	var order []color.NRGBA
	for i, row := range h.d.Values {
		for j, v := range row {
			if i == j {
				continue
			}
			x, y := float64(j), float64(n-1-i)
			corner := func(dx, dy float64) vg.Point { return vg.Point{X: trX(x + dx), Y: trY(y + dy)} }
			if math.IsNaN(v) {
				c.StrokeLine2(draw.LineStyle{Color: pale, Width: 0.5}, corner(-.4, -.4).X, corner(-.4, -.4).Y, corner(.4, .4).X,
					corner(.4, .4).Y)
				continue
			}
			k := tint(v, h.d.Min, h.d.Max)
			if byColour[k] == nil {
				byColour[k] = &vg.Path{}
				order = append(order, k)
			}
			q := byColour[k]
			q.Move(corner(-.5, -.5))
			q.Line(corner(.5, -.5))
			q.Line(corner(.5, .5))
			q.Line(corner(-.5, .5))
			q.Close()
		}
	}
	for _, k := range order { // cells of one colour share one path, which keeps the drawing small
		c.SetColor(k)
		c.Fill(*byColour[k])
	}
}

func heatSVG(d HeatData) ([]byte, error) {
	p := paper()
	p.Add(cells{d})
	n := len(d.Labels)
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = -.5, float64(n)-.5, -.5, float64(n)-.5
	var x, y []plot.Tick
	for i, l := range d.Labels {
		x = append(x, plot.Tick{Value: float64(i), Label: l})
		y = append(y, plot.Tick{Value: float64(n - 1 - i), Label: l})
	}
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.ConstantTicks(x), plot.ConstantTicks(y)
	p.X.Tick.Label.Rotation = math.Pi / 2
	p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = text.XRight, text.YCenter
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Tick.Length, a.LineStyle.Width = 0, 0
		a.Tick.Label.Font = sans(7)
	}
	side := labelRoom(d.Labels, p.X.Tick.Label) + vg.Length(11*n)
	return write(p, side, side)
}

// labelRoom is the room beside a heat map for its longest label; of one that is longer than any id, a part is cut off.
func labelRoom(labels []string, style text.Style) vg.Length {
	room := vg.Length(70)
	for _, l := range labels {
		room = min(max(room, 20+style.Width(l)), 600)
	}
	return room
}

func scatterSVG(d ScatterData) ([]byte, error) {
	p := paper()
	p.X.Label.Text, p.Y.Label.Text = d.XTitle, d.YTitle
	all := marks{font: sans(8)}
	for g, group := range d.Groups {
		c := d.hue(g).paper
		if group.Grey {
			c = faded(c, 110)
		}
		st := draw.GlyphStyle{Color: c, Radius: 2.6, Shape: glyphs[g%len(glyphs)]}
		for _, q := range d.Points {
			if q.Group == g {
				label := q.Label
				if group.Grey {
					label = ""
				}
				all.all = append(all.all, mark{[2]float64{q.X, q.Y}, st, label})
			}
		}
		p.Legend.Add(group.Name, swatch{c})
	}
	p.Add(all)
	if d.Unit {
		p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = -1, 1, -1, 1
	}
	if d.Equal {
		box := d.box()
		p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = box[0], box[1], box[2], box[3]
		return write(p, 520, min(max(vg.Length(520*(box[3]-box[2])/(box[1]-box[0])), 260), 640))
	}
	return write(p, 520, 380)
}

func intervalsSVG(d IntervalData) ([]byte, error) {
	p := paper()
	p.X.Label.Text = d.Title
	n := len(d.Rows)
	all := marks{font: sans(8)}
	var ticks []plot.Tick
	ref, err := line([][2]float64{{d.Reference, -.5}, {d.Reference, float64(n) - .5}}, pale, 1)
	if err != nil {
		return nil, err
	}
	p.Add(ref)
	for i, r := range d.Rows {
		y := float64(n - 1 - i)
		c := axisHue(r.Axis).paper
		l, err := line([][2]float64{{r.Lo, y}, {r.Hi, y}}, c, 1.4)
		if err != nil {
			return nil, err
		}
		p.Add(l)
		all.all = append(all.all, mark{[2]float64{r.Value, y}, draw.GlyphStyle{Color: c, Radius: 3, Shape: draw.CircleGlyph{}},
			""})
		ticks = append(ticks, plot.Tick{Value: y, Label: r.Label})
	}
	p.Add(all)
	p.Y.Tick.Marker = plot.ConstantTicks(ticks)
	p.Y.Tick.Length = 0
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = d.Min, d.Max, -.5, float64(n)-.5
	return write(p, 520, vg.Length(60+18*n))
}

func stacksSVG(d StackData) ([]byte, error) {
	p := paper()
	p.X.Label.Text = d.Title
	n := len(d.Rows)
	p.Add(stack{d})
	var ticks []plot.Tick
	longest := 0.0
	for i, r := range d.Rows {
		ticks = append(ticks, plot.Tick{Value: float64(n - 1 - i), Label: r.Label})
		sum := 0.0
		for _, v := range r.Values {
			sum += v
		}
		longest = max(longest, sum)
	}
	for _, part := range d.Parts {
		p.Legend.Add(part.Name, swatch{axisHue(part.Axis).paper})
	}
	p.Legend.Top = false
	p.Y.Tick.Marker = plot.ConstantTicks(ticks)
	p.Y.Tick.Length = 0
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, longest*1.02+1e-9, -.5, float64(n)-.5
	return write(p, 520, vg.Length(60+14*n))
}

// stack draws the bars of StackData.
type stack struct{ d StackData }

func (s stack) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	n := len(s.d.Rows)
	for i, r := range s.d.Rows {
		y, from := float64(n-1-i), 0.0
		for k, v := range r.Values {
			lo, hi := trY(y-.35), trY(y+.35)
			a, b := trX(from), trX(from+v)
			c.FillPolygon(axisHue(s.d.Parts[k].Axis).paper, []vg.Point{{X: a, Y: lo}, {X: b, Y: lo}, {X: b, Y: hi},
				{X: a, Y: hi}})
			from += v
		}
	}
}
