package chart

import (
	"math"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// boxes are those of all layers that lie inside the axes.
func (f *frame) boxes() []box {
	var out []box
	for _, l := range f.layers {
		if b, ok := l.(bounded); ok {
			for _, b := range b.boxes(f) {
				if size := b.Size(); !(size.X > 0 && (b.x < 0 || b.x > 1) || size.Y > 0 && (b.y < 0 || b.y > 1)) {
					out = append(out, b)
				}
			}
		}
	}
	return out
}

// belowBoxes are the rooms of the lower axis' title and labels.
func (a *axis) belowBoxes() []box {
	var out []box
	var up vg.Length
	if a.title != "" {
		out = append(out, box{x: a.part(0.5 * (a.max + a.min)),
			Rectangle: a.named.Rectangle(a.title).Add(vg.Point{Y: up + a.named.FontExtents().Descent})})
		up += a.named.Height(a.title)
	}
	_, labels := a.room()
	for _, t := range a.ticks {
		if t.label != "" {
			out = append(out, box{x: a.part(t.at),
				Rectangle: a.tick.Rectangle(t.label).Add(vg.Point{Y: up + labels + a.tick.FontExtents().Descent})})
		}
	}
	return out
}

// besideBoxes are the rooms of the left axis' title and labels.
func (a *axis) besideBoxes() []box {
	var out []box
	var right vg.Length
	if a.title != "" {
		turned := a.named
		turned.Rotation += math.Pi / 2
		right += a.named.Height(a.title)
		descent := a.named.FontExtents().Descent
		out = append(out, box{y: a.part(0.5 * (a.max + a.min)),
			Rectangle: turned.Rectangle(a.title).Add(vg.Point{X: right - descent})})
		right += descent
	}
	labels, _ := a.room()
	right += labels
	extents := a.tick.FontExtents()
	for _, t := range a.ticks {
		if t.label != "" {
			out = append(out, box{y: a.part(t.at),
				Rectangle: a.tick.Rectangle(t.label).Add(vg.Point{X: right, Y: extents.Height - extents.Ascent})})
		}
	}
	return out
}

// padX narrows a canvas so that what reaches over its left and right edges has room.
func (f *frame) padX(c draw.Canvas) draw.Canvas {
	inside := f.boxes()
	left, right := box{}, box{x: 1}
	lowest, highest := c.Min.X, c.Max.X
	for _, b := range inside {
		if x := c.X(b.x) + b.Min.X; b.Size().X > 0 && x < lowest && b.x >= 0 {
			lowest, left = x, b
		}
	}
	for _, b := range append(inside, f.x.belowBoxes()...) {
		if x := c.X(b.x) + b.Min.X + b.Size().X; b.Size().X > 0 && x > highest && b.x <= 1 {
			highest, right = x, b
		}
	}
	c.Min.X, c.Max.X = narrowed(c.Min.X-left.Min.X, c.Max.X-(right.Min.X+right.Size().X), vg.Length(left.x), vg.Length(right.x))
	return c
}

// padY does the same for the lower and upper edges.
func (f *frame) padY(c draw.Canvas) draw.Canvas {
	inside := f.boxes()
	bottom, top := box{}, box{y: 1}
	lowest, highest := c.Min.Y, c.Max.Y
	for _, b := range inside {
		if y := c.Y(b.y) + b.Min.Y; b.Size().Y > 0 && y < lowest && b.y >= 0 {
			lowest, bottom = y, b
		}
	}
	for _, b := range append(inside, f.y.besideBoxes()...) {
		if y := c.Y(b.y) + b.Min.Y + b.Size().Y; b.Size().Y > 0 && y > highest && b.y <= 1 {
			highest, top = y, b
		}
	}
	c.Min.Y, c.Max.Y = narrowed(c.Min.Y-bottom.Min.Y, c.Max.Y-(top.Min.Y+top.Size().Y), vg.Length(bottom.y), vg.Length(top.y))
	return c
}

// narrowed are the ends of an edge on which the fractions l and r lie at lo and hi.
func narrowed(lo, hi, l, r vg.Length) (from, to vg.Length) {
	return (l*hi - r*lo) / (l - r), ((l-1)*hi - r*lo + lo) / (l - r)
}

// drawKey writes the entries along the right edge.
func (f *frame) drawKey(c draw.Canvas) {
	sty := text.Style{Font: sans(9), XAlign: draw.XRight, Handler: writing}
	left := c.Max.X - keyWidth
	words := left - sty.Width(" ")
	var height vg.Length
	for _, e := range f.key {
		height = max(height, sty.Rectangle(e.name).Max.Y)
	}
	descent := sty.FontExtents().Descent
	y := c.Max.Y - height - descent
	if !f.keyTop {
		y = c.Min.Y + height*(vg.Length(len(f.key))-1)
	}
	for _, e := range f.key {
		c.DrawGlyph(draw.GlyphStyle{Color: e.dot, Radius: 3, Shape: draw.CircleGlyph{}},
			vg.Point{X: left + keyWidth/2, Y: y + height/2})
		up := (height-descent-sty.Rectangle(e.name).Max.Y)/2 + descent
		c.FillText(sty, vg.Point{X: words, Y: y + up}, e.name)
		y -= height
	}
}
