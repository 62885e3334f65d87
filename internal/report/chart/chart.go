// Package chart turns numbers into pictures, twice: as ECharts options for the page and as an SVG drawing for print and
// Markdown. Both are drawn from one description, so they cannot disagree.
//
// The pipeline: a description (MapData, HeatData, ...) -> go-echarts builds and checks the options -> JSON with our own ids
// and without functions; the same description -> gonum/plot -> SVG bytes. NaN is refused before anything is drawn; a missing
// value is a gap that its tooltip explains. Colours are Okabe and Ito's, by name of a CSS variable in the page and as fixed
// values on paper; shapes tell the same story for those who cannot tell the colours.
package chart

import (
	"encoding/json"
	"fmt"
	"image/color"
	"math"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// Drawing is one figure in both forms. Data is what the page's script needs beyond the options.
type Drawing struct {
	Options json.RawMessage
	Data    json.RawMessage
	SVG     []byte
}

// hue is one colour: its CSS variable in the page and its value on paper.
type hue struct {
	css   string
	paper color.NRGBA
}

// Okabe and Ito's palette, darkened yellow, in the order in which groups take colours.
var palette = []hue{
	{"var(--blue)", rgb(0x00, 0x72, 0xB2)},
	{"var(--red)", rgb(0xD5, 0x5E, 0x00)},
	{"var(--green)", rgb(0x00, 0x9E, 0x73)},
	{"var(--pink)", rgb(0xCC, 0x79, 0xA7)},
	{"var(--orange)", rgb(0xE6, 0x9F, 0x00)},
	{"var(--sky)", rgb(0x56, 0xB4, 0xE9)},
	{"var(--yellow)", rgb(0xB8, 0xA9, 0x00)},
	{"var(--grey)", rgb(0x7A, 0x7A, 0x78)},
}

// axisHues gives every axis its colour, the same in every figure.
var axisHues = map[string]hue{
	"performance": palette[0],
	"perplexity":  palette[4],
	"semantic":    palette[2],
	"neural":      palette[3],
}

func rgb(r, g, b uint8) color.NRGBA { return color.NRGBA{r, g, b, 255} }

func groupHue(i int) hue { return palette[i%len(palette)] }

func axisHue(axis string) hue {
	if h, ok := axisHues[axis]; ok {
		return h
	}
	return palette[len(palette)-1]
}

// symbols are ECharts' marks, in the order in which formats take them; glyphs in svg.go follow the same order.
var symbols = []string{"circle", "rect", "triangle", "diamond", "roundRect", "pin", "arrow"}

func symbol(i int) string { return symbols[i%len(symbols)] }

// datum is one ECharts data item with our own tooltip text.
type datum struct {
	Name   string `json:"name,omitempty"`
	Value  any    `json:"value"`
	Tip    string `json:"tip,omitempty"`
	Symbol string `json:"symbol,omitempty"`
	Style  *style `json:"itemStyle,omitempty"`
}

type style struct {
	Color   string  `json:"color,omitempty"`
	Opacity float64 `json:"opacity,omitempty"`
}

// gap is how ECharts writes a break in a line.
const gap = "-"

// finish checks the chart and prints its options; patch may set what go-echarts has no field for.
func finish(c *charts.RectChart, patch func(o map[string]any)) (json.RawMessage, error) {
	c.Validate()
	raw, err := json.Marshal(c.JSON())
	if err != nil {
		return nil, fmt.Errorf("chart options: %w", err)
	}
	var o map[string]any
	if err := json.Unmarshal(raw, &o); err != nil {
		return nil, fmt.Errorf("chart options: %w", err)
	}
	delete(o, "color")
	delete(o, "toolbox")
	delete(o, "title")
	for _, a := range []string{"xAxis", "yAxis"} {
		axes, _ := o[a].([]any)
		for _, x := range axes {
			if m, ok := x.(map[string]any); ok {
				dress(m)
			}
		}
	}
	if patch != nil {
		patch(o)
	}
	return json.Marshal(o)
}

// dress gives an axis the page's colours.
func dress(axis map[string]any) {
	set(axis, "axisLine", "lineStyle", "color", "var(--line)")
	set(axis, "axisTick", "lineStyle", "color", "var(--line)")
	set(axis, "splitLine", "lineStyle", "color", "var(--line)")
	set(axis, "axisLabel", "color", "var(--muted)")
	set(axis, "nameTextStyle", "color", "var(--muted)")
}

// set puts the last element of path at the place that the others name.
func set(m map[string]any, path ...any) {
	for _, k := range path[:len(path)-2] {
		next, ok := m[k.(string)].(map[string]any)
		if !ok {
			next = map[string]any{}
			m[k.(string)] = next
		}
		m = next
	}
	m[path[len(path)-2].(string)] = path[len(path)-1]
}

// seriesOf walks the series of finished options.
func seriesOf(o map[string]any, visit func(s map[string]any)) {
	list, _ := o["series"].([]any)
	for _, s := range list {
		if m, ok := s.(map[string]any); ok {
			visit(m)
		}
	}
}

// rect makes an empty chart over two value axes.
func rect() *charts.RectChart {
	c := &charts.NewScatter().RectChart
	c.MultiSeries = nil
	c.GridList = []opts.Grid{{Left: "56", Right: "24", Top: "16", Bottom: "48"}}
	c.Legend.Show = opts.Bool(false)
	return c
}

// finite refuses what JSON cannot carry, by name.
func finite(what string, values ...float64) error {
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("%s: %v cannot be drawn", what, v)
		}
	}
	return nil
}

// round keeps four significant decimals: enough for a picture, and equal bytes are easier to compare.
func round(v float64) float64 { return math.Round(v*1e4) / 1e4 }

// ColourName says the colour of the i-th group in words.
func ColourName(i int) string {
	return []string{"blue", "vermilion", "green", "pink", "orange", "sky blue", "yellow", "grey"}[i%len(palette)]
}

// ShapeName says the mark of the i-th group in words.
func ShapeName(i int) string {
	return []string{"circle", "square", "triangle", "diamond", "rounded square", "pin", "arrow"}[i%len(symbols)]
}
