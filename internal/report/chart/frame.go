package chart

import (
	"image/color"
	"math"

	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"golang.org/x/image/font/opentype"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The parts of gonum/plot that draw are used, its type Plot is not: a program that has it holds twelve fonts, of which
// figures use one, and the writers of five formats. A frame lays axes, key and data out as Plot does.

// hairline is how axes and their ticks are drawn.
var hairline = draw.LineStyle{Color: pale, Width: 0.5}

// writing is how texts are set: in the one font that figures use.
var writing = text.Plain{Fonts: font.NewCache(font.Collection{{Font: sans(0), Face: sansFace()}})}

func sansFace() *opentype.Font {
	face, err := opentype.Parse(liberationsansregular.TTF)
	if err != nil {
		panic(err) // the font is part of the program
	}
	return face
}

func sans(size vg.Length) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
}

func lettering(size vg.Length, x text.XAlignment, y text.YAlignment) text.Style {
	return text.Style{Color: ink, Font: sans(size), XAlign: x, YAlign: y, Handler: writing}
}

const (
	axisGap  = vg.Length(5) // between axis and data
	keyWidth = vg.Length(20)
)

// axis runs along the lower or the left edge.
type axis struct {
	min, max   float64
	title      string
	named      text.Style // of the title
	tick       text.Style // of labels
	ticks      []tick     // nil for round numbers
	tickLength vg.Length
	line       draw.LineStyle
}

// layer is something that is drawn inside the axes.
type layer interface {
	// draw draws into the frame's room for data.
	draw(c draw.Canvas, f *frame)
}

// bounded layers want room for marks that reach over the edge.
type bounded interface {
	boxes(f *frame) []box
}

// box is the room, about a place in fractions of the axes, that something takes.
type box struct {
	x, y float64
	vg.Rectangle
}

// frame is a drawing with two axes and a key.
type frame struct {
	x, y   axis
	key    []entry
	keyTop bool
	layers []layer
}

// entry is one line of the key: a dot of one colour, and what it stands for.
type entry struct {
	name string
	dot  color.Color
}

// paper starts a drawing in the look of the printed page.
func paper() *frame {
	title := lettering(10, text.XCenter, text.YBottom)
	return &frame{
		x:      axis{named: title, tick: lettering(9, text.XCenter, text.YTop), tickLength: 8, line: hairline},
		y:      axis{named: title, tick: lettering(9, text.XRight, text.YCenter), tickLength: 8, line: hairline},
		keyTop: true,
	}
}

func (f *frame) add(l ...layer) { f.layers = append(f.layers, l...) }

// at is the place of a point on a canvas.
func (f *frame) at(c *draw.Canvas, x, y float64) vg.Point {
	return vg.Point{X: c.X(f.x.part(x)), Y: c.Y(f.y.part(y))}
}

// part is how far a value lies along the axis, 0 at its beginning and 1 at its end.
func (a *axis) part(v float64) float64 { return (v - a.min) / (a.max - a.min) }

// settle makes a range of two different numbers and finds the ticks.
func (a *axis) settle() {
	if a.min == a.max {
		a.min--
		a.max++
	}
	if a.ticks == nil {
		a.ticks = ticksOf(a.min, a.max)
	}
}

// room is the widest and the highest of the labels.
func (a *axis) room() (w, h vg.Length) {
	for _, t := range a.ticks {
		if t.label != "" {
			size := a.tick.Rectangle(t.label).Size()
			w, h = max(w, size.X), max(h, size.Y)
		}
	}
	return w, h
}

func (f *frame) draw(c draw.Canvas) {
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	f.x.settle()
	f.y.settle()
	left, bottom := f.y.width(), f.x.height()
	f.x.below(f.padX(draw.Crop(c, left, 0, 0, 0)))
	f.y.beside(f.padY(draw.Crop(c, 0, 0, bottom, 0)))
	inner := draw.Crop(c, left, 0, bottom, 0)
	room := f.padY(f.padX(inner))
	for _, l := range f.layers {
		l.draw(room, f)
	}
	f.drawKey(inner)
}

// height is the room of the axis below the data.
func (a *axis) height() (h vg.Length) {
	if a.title != "" {
		h += a.named.Height(a.title)
	}
	if len(a.ticks) > 0 {
		_, labels := a.room()
		h += a.tickLength
		h += labels
	}
	h += a.line.Width / 2
	return h + axisGap
}

// below draws the axis along the lower edge.
func (a *axis) below(c draw.Canvas) {
	y := c.Min.Y
	if a.title != "" {
		c.FillText(a.named, vg.Point{X: c.Center().X, Y: y + a.named.FontExtents().Descent}, a.title)
		y += a.named.Height(a.title)
	}
	_, labels := a.room()
	for _, t := range a.ticks {
		if x := c.X(a.part(t.at)); c.ContainsX(x) && t.label != "" {
			c.FillText(a.tick, vg.Point{X: x, Y: y + labels + a.tick.FontExtents().Descent}, t.label)
		}
	}
	if len(a.ticks) > 0 {
		y += labels
	} else {
		y += a.line.Width / 2
	}
	if len(a.ticks) > 0 && a.tickLength > 0 {
		for _, t := range a.ticks {
			if x := c.X(a.part(t.at)); c.ContainsX(x) {
				c.StrokeLine2(hairline, x, y+a.shortened(t), x, y+a.tickLength)
			}
		}
		y += a.tickLength
	}
	c.StrokeLine2(a.line, c.Min.X, y, c.Max.X, y)
}

// shortened is what a tick without label is shorter by.
func (a *axis) shortened(t tick) vg.Length {
	if t.label == "" {
		return a.tickLength / 2
	}
	return 0
}

// width is the room of the axis beside the data.
func (a *axis) width() (w vg.Length) {
	if a.title != "" {
		w += a.named.FontExtents().Descent
		w += a.named.Height(a.title)
	}
	if len(a.ticks) > 0 {
		if labels, _ := a.room(); labels > 0 {
			w += labels
			w += a.named.Width(" ")
		}
		w += a.tickLength
	}
	w += a.line.Width / 2
	return w + axisGap
}

// beside draws the axis along the left edge.
func (a *axis) beside(c draw.Canvas) {
	x := c.Min.X
	if a.title != "" {
		turned := a.named
		turned.Rotation += math.Pi / 2
		x += a.named.Height(a.title)
		descent := a.named.FontExtents().Descent
		c.FillText(turned, vg.Point{X: x - descent, Y: c.Center().Y}, a.title)
		x += descent
	}
	labels, _ := a.room()
	x += labels
	written := false
	for _, t := range a.ticks {
		if y := c.Y(a.part(t.at)); c.ContainsY(y) && t.label != "" {
			c.FillText(a.tick, vg.Point{X: x, Y: y + a.tick.FontExtents().Descent}, t.label)
			written = true
		}
	}
	if written {
		x += a.tick.Width(" ")
	}
	if a.tickLength > 0 {
		for _, t := range a.ticks {
			if y := c.Y(a.part(t.at)); c.ContainsY(y) {
				c.StrokeLine2(hairline, x+a.shortened(t), y, x+a.tickLength, y)
			}
		}
		if len(a.ticks) > 0 {
			x += a.tickLength
		}
	}
	c.StrokeLine2(a.line, x, c.Min.Y, x, c.Max.Y)
}
