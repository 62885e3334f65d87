package chart

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"regexp"

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

// write prints a frame as SVG of the given size in points. Its texts are fit for XML; that the whole of it is, is seen to here.
func write(f *frame, w, h vg.Length) ([]byte, error) {
	c := vgsvg.NewWith(vgsvg.UseWH(w, h))
	f.draw(draw.New(c))
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

// line joins two points.
type line struct {
	from, to [2]float64
	style    draw.LineStyle
}

func (l line) draw(c draw.Canvas, f *frame) {
	c.StrokeLines(l.style, c.ClipLinesXY([]vg.Point{f.at(&c, l.from[0], l.from[1]), f.at(&c, l.to[0], l.to[1])})...)
}

// boxes keep a line at the edge from losing half of its width.
func (l line) boxes(f *frame) []box {
	r := 0.5 * l.style.Width
	rect := vg.Rectangle{Min: vg.Point{X: -r, Y: -r}, Max: vg.Point{X: r, Y: r}}
	return []box{{f.x.part(l.from[0]), f.y.part(l.from[1]), rect}, {f.x.part(l.to[0]), f.y.part(l.to[1]), rect}}
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
	size vg.Length // of labels
}

func (m marks) draw(c draw.Canvas, f *frame) {
	var taken []vg.Rectangle
	for _, k := range m.all {
		pt := f.at(&c, k.at[0], k.at[1])
		c.DrawGlyph(k.style, pt)
		r := k.style.Radius + 1
		taken = append(taken, vg.Rectangle{Min: pt.Sub(vg.Point{X: r, Y: r}), Max: pt.Add(vg.Point{X: r, Y: r})})
	}
	sty := lettering(m.size, draw.XLeft, draw.YCenter)
	for _, k := range m.all {
		if k.label == "" {
			continue
		}
		pt := f.at(&c, k.at[0], k.at[1])
		if box, ok := place(pt, sty.Rectangle(k.label).Size(), k.style.Radius+2, taken, c.Rectangle); ok {
			taken = append(taken, box)
			c.FillText(sty, vg.Point{X: box.Min.X, Y: (box.Min.Y + box.Max.Y) / 2}, k.label)
		}
	}
}

// fit makes axes include every glyph.
func (m marks) fit(f *frame) {
	if len(m.all) == 0 {
		return
	}
	f.x.min, f.y.min = math.Inf(1), math.Inf(1)
	f.x.max, f.y.max = math.Inf(-1), math.Inf(-1)
	for _, k := range m.all {
		f.x.min, f.x.max = min(f.x.min, k.at[0]), max(f.x.max, k.at[0])
		f.y.min, f.y.max = min(f.y.min, k.at[1]), max(f.y.max, k.at[1])
	}
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
	f := paper()
	f.x.title, f.y.title = d.XTitle, d.YTitle
	for k, axis := range d.Axes {
		thread := draw.LineStyle{Color: faded(axisHue(axis).paper, 110), Width: 0.6}
		for _, q := range d.Points {
			f.add(line{q.At, q.Satellites[k], thread})
		}
	}
	for k, axis := range d.Axes {
		var s marks
		for _, q := range d.Points {
			s.all = append(s.all, mark{q.Satellites[k], draw.GlyphStyle{Color: faded(axisHue(axis).paper, 180), Radius: 1.6,
				Shape: draw.CircleGlyph{}}, ""})
		}
		f.add(s)
		f.key = append(f.key, entry{axis, axisHue(axis).paper})
	}
	all := marks{size: 9}
	for _, q := range d.Points {
		all.all = append(all.all, mark{q.At, draw.GlyphStyle{Color: groupHue(q.Family).paper, Radius: 4,
			Shape: glyphs[q.Format%len(glyphs)]}, q.ID})
	}
	f.add(all)
	f.x.min, f.x.max, f.y.min, f.y.max = box[0], box[1], box[2], box[3]
	return write(f, w, h)
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

func (h cells) draw(c draw.Canvas, f *frame) {
	n := len(h.d.Labels)
	byColour := map[color.NRGBA]*vg.Path{}
	var order []color.NRGBA
	for i, row := range h.d.Values {
		for j, v := range row {
			if i == j {
				continue
			}
			x, y := float64(j), float64(n-1-i)
			corner := func(dx, dy float64) vg.Point { return f.at(&c, x+dx, y+dy) }
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
	f := paper()
	f.x.ticks, f.y.ticks = []tick{}, []tick{}
	f.add(cells{d})
	n := len(d.Labels)
	f.x.min, f.x.max, f.y.min, f.y.max = -.5, float64(n)-.5, -.5, float64(n)-.5
	for i, l := range d.Labels {
		f.x.ticks = append(f.x.ticks, tick{float64(i), l})
		f.y.ticks = append(f.y.ticks, tick{float64(n - 1 - i), l})
	}
	for _, a := range []*axis{&f.x, &f.y} {
		a.tickLength, a.line.Width = 0, 0
		a.tick = lettering(7, draw.XRight, draw.YCenter)
	}
	f.x.tick.Rotation = math.Pi / 2
	side := labelRoom(d.Labels, f.x.tick) + vg.Length(11*n)
	return write(f, side, side)
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
	f := paper()
	f.x.title, f.y.title = d.XTitle, d.YTitle
	all := marks{size: 8}
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
		f.key = append(f.key, entry{group.Name, c})
	}
	f.add(all)
	all.fit(f)
	if d.Unit {
		f.x.min, f.x.max, f.y.min, f.y.max = -1, 1, -1, 1
	}
	if d.Equal {
		box := d.box()
		f.x.min, f.x.max, f.y.min, f.y.max = box[0], box[1], box[2], box[3]
		return write(f, 520, min(max(vg.Length(520*(box[3]-box[2])/(box[1]-box[0])), 260), 640))
	}
	return write(f, 520, 380)
}

func intervalsSVG(d IntervalData) ([]byte, error) {
	f := paper()
	f.y.ticks = []tick{}
	f.x.title = d.Title
	n := len(d.Rows)
	all := marks{size: 8}
	f.add(line{[2]float64{d.Reference, -.5}, [2]float64{d.Reference, float64(n) - .5}, draw.LineStyle{Color: pale, Width: 1}})
	for i, r := range d.Rows {
		y := float64(n - 1 - i)
		c := axisHue(r.Axis).paper
		f.add(line{[2]float64{r.Lo, y}, [2]float64{r.Hi, y}, draw.LineStyle{Color: c, Width: 1.4}})
		all.all = append(all.all, mark{[2]float64{r.Value, y}, draw.GlyphStyle{Color: c, Radius: 3, Shape: draw.CircleGlyph{}},
			""})
		f.y.ticks = append(f.y.ticks, tick{y, r.Label})
	}
	f.add(all)
	f.y.tickLength = 0
	f.x.min, f.x.max, f.y.min, f.y.max = d.Min, d.Max, -.5, float64(n)-.5
	return write(f, 520, vg.Length(60+18*n))
}

func stacksSVG(d StackData) ([]byte, error) {
	f := paper()
	f.y.ticks = []tick{}
	f.x.title = d.Title
	n := len(d.Rows)
	f.add(stack{d})
	longest := 0.0
	for i, r := range d.Rows {
		f.y.ticks = append(f.y.ticks, tick{float64(n - 1 - i), r.Label})
		sum := 0.0
		for _, v := range r.Values {
			sum += v
		}
		longest = max(longest, sum)
	}
	for _, part := range d.Parts {
		f.key = append(f.key, entry{part.Name, axisHue(part.Axis).paper})
	}
	f.keyTop = false
	f.y.tickLength = 0
	f.x.min, f.x.max, f.y.min, f.y.max = 0, longest*1.02+1e-9, -.5, float64(n)-.5
	return write(f, 520, vg.Length(60+14*n))
}

// stack draws the bars of StackData.
type stack struct{ d StackData }

func (s stack) draw(c draw.Canvas, f *frame) {
	n := len(s.d.Rows)
	for i, r := range s.d.Rows {
		y, from := float64(n-1-i), 0.0
		for k, v := range r.Values {
			lo, hi := f.at(&c, from, y-.35), f.at(&c, from+v, y+.35)
			c.FillPolygon(axisHue(s.d.Parts[k].Axis).paper, []vg.Point{lo, {X: hi.X, Y: lo.Y}, hi, {X: lo.X, Y: hi.Y}})
			from += v
		}
	}
}
