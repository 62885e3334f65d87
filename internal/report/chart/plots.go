package chart

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// Group is a set of marks of one colour and shape.
type Group struct {
	Name string
	Axis string // gives the colour of an axis; else the group's number does
	Grey bool   // background: neither colour nor label
}

// ScatterData describes points over two value axes; flagged points carry their name.
type ScatterData struct {
	XTitle, YTitle string
	Groups         []Group
	Points         []ScatterPoint
	Unit           bool // both axes run from -1 to 1
	Equal          bool // both axes have the same unit of length: distances are to be read
	YZero          bool // a line at y = 0
}

// ScatterPoint is one mark.
type ScatterPoint struct {
	Group int
	X, Y  float64
	Label string // drawn beside the mark if not empty
	Tip   string
}

func (d ScatterData) hue(g int) hue {
	switch {
	case d.Groups[g].Grey:
		return palette[7]
	case d.Groups[g].Axis != "":
		return axisHue(d.Groups[g].Axis)
	}
	return groupHue(g)
}

// Scatter draws points.
func Scatter(d ScatterData) (Drawing, error) {
	d = d.shown()
	c := rect()
	x := opts.XAxis{Type: "value", Name: d.XTitle, NameLocation: "middle", NameGap: 28, Scale: opts.Bool(true),
		AxisLabel: &opts.AxisLabel{}}
	y := opts.YAxis{Type: "value", Name: d.YTitle, NameLocation: "middle", NameGap: 40, Scale: opts.Bool(true),
		AxisLabel: &opts.AxisLabel{}}
	if d.Unit {
		x.Min, x.Max, y.Min, y.Max = -1, 1, -1, 1
	}
	box := d.box()
	if d.Equal {
		x.Min, x.Max, y.Min, y.Max = box[0], box[1], box[2], box[3]
	}
	c.SetGlobalOptions(charts.WithXAxisOpts(x), charts.WithYAxisOpts(y))
	c.Legend = opts.Legend{Show: opts.Bool(true), Top: "0"}
	c.GridList = []opts.Grid{{Left: "60", Right: "24", Top: "36", Bottom: "48"}}
	var names []string
	for g, group := range d.Groups {
		data := []datum{}
		for _, p := range d.Points {
			if p.Group != g {
				continue
			}
			if err := finite("scatter: "+p.Tip, p.X, p.Y); err != nil {
				return Drawing{}, err
			}
			data = append(data, datum{Name: p.Label, Value: [2]float64{round(p.X), round(p.Y)}, Tip: p.Tip})
		}
		names = append(names, group.Name)
		opacity := 0.85
		if group.Grey {
			opacity = 0.35
		}
		c.MultiSeries = append(c.MultiSeries, charts.SingleSeries{Name: group.Name, Id: fmt.Sprintf("group-%d", g),
			Type:   "scatter",
			Symbol: symbol(g), SymbolSize: 8, Data: data,
			ItemStyle: &opts.ItemStyle{Color: d.hue(g).css, Opacity: opts.Float(float32(opacity))},
			Label: &opts.Label{Show: opts.Bool(!group.Grey), Position: "right", Formatter: "{b}", FontSize: 11,
				Color: "var(--fg)"}})
	}
	options, err := finish(c, func(o map[string]any) {
		o["legend"] = map[string]any{"show": true, "top": 0, "data": names, "textStyle": map[string]any{"color": "var(--muted)"}}
		seriesOf(o, func(s map[string]any) {
			s["labelLayout"] = map[string]any{"hideOverlap": true}
		})
		if d.Equal {
			hideEnds(o)
		}
	})
	if err != nil {
		return Drawing{}, err
	}
	var data json.RawMessage
	if d.Equal {
		if data, err = json.Marshal(map[string]any{"equal": box}); err != nil {
			return Drawing{}, err
		}
	}
	svg, err := scatterSVG(d)
	return Drawing{Options: options, Data: data, SVG: svg}, err
}

// box is the extent of the points with a margin for labels.
func (d ScatterData) box() [4]float64 {
	box := [4]float64{math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)}
	for _, p := range d.Points {
		box[0], box[1] = min(box[0], p.X), max(box[1], p.X)
		box[2], box[3] = min(box[2], p.Y), max(box[3], p.Y)
	}
	mx, my := 0.08*(box[1]-box[0])+1e-3, 0.08*(box[3]-box[2])+1e-3
	return [4]float64{round(box[0] - mx), round(box[1] + mx), round(box[2] - my), round(box[3] + my)}
}

// hideEnds leaves out the labels at the ends of both axes, where the box of equal units ends at no round number.
func hideEnds(o map[string]any) {
	for _, a := range []string{"xAxis", "yAxis"} {
		axis := o[a].([]any)[0].(map[string]any)
		set(axis, "axisLabel", "showMinLabel", false)
		set(axis, "axisLabel", "showMaxLabel", false)
	}
}

// IntervalData describes estimates with intervals, one a row, first row on top, and a line of reference.
type IntervalData struct {
	Title     string
	Rows      []Interval
	Reference float64
	Min, Max  float64
}

// Interval is one row. Lo and Hi equal to Value draw no bar.
type Interval struct {
	Label         string
	Axis          string
	Value, Lo, Hi float64
	Tip           string
}

// Intervals draws a forest plot.
func Intervals(d IntervalData) (Drawing, error) {
	d = d.shown()
	c := rect()
	c.GridList = []opts.Grid{{Left: "210", Right: "24", Top: "8", Bottom: "44"}}
	var labels []string
	var points []datum
	for i, r := range d.Rows {
		if err := finite(r.Label, r.Value, r.Lo, r.Hi); err != nil {
			return Drawing{}, err
		}
		labels = append(labels, r.Label)
		h := axisHue(r.Axis)
		points = append(points, datum{Name: r.Label, Value: []any{round(r.Value), i}, Tip: r.Tip, Style: &style{Color: h.css}})
		c.MultiSeries = append(c.MultiSeries, charts.SingleSeries{Type: "line", Id: fmt.Sprintf("bar-%d", i),
			ShowSymbol: opts.Bool(false),
			Data:       [][]any{{round(r.Lo), i}, {round(r.Hi), i}}, LineStyle: &opts.LineStyle{Color: h.css, Width: 2}})
	}
	c.MultiSeries = append(c.MultiSeries, charts.SingleSeries{Type: "scatter", Id: "estimates", Name: d.Title, SymbolSize: 9,
		Data: points})
	c.SetGlobalOptions(
		charts.WithXAxisOpts(opts.XAxis{Type: "value", Name: d.Title, NameLocation: "middle", NameGap: 26, Min: d.Min, Max: d.Max,
			AxisLabel: &opts.AxisLabel{}}),
		charts.WithYAxisOpts(opts.YAxis{Type: "category", Inverse: opts.Bool(true), Data: labels,
			AxisLabel: &opts.AxisLabel{FontSize: 12}}),
	)
	options, err := finish(c, func(o map[string]any) {
		y := o["yAxis"].([]any)[0].(map[string]any)
		set(y, "axisLabel", "interval", 0)
		set(y, "axisLabel", "color", "var(--fg)")
		set(y, "axisTick", "show", false)
		seriesOf(o, func(s map[string]any) {
			if s["id"] != "estimates" {
				s["silent"] = true
				return
			}
			s["markLine"] = map[string]any{"silent": true, "symbol": "none", "label": map[string]any{"show": false},
				"lineStyle": map[string]any{"color": "var(--muted)", "type": "dashed"},
				"data":      []any{map[string]any{"xAxis": d.Reference}}}
		})
	})
	if err != nil {
		return Drawing{}, err
	}
	svg, err := intervalsSVG(d)
	return Drawing{Options: options, SVG: svg}, err
}

// StackData describes bars made of parts, one bar a row, first row on top.
type StackData struct {
	Title string
	Parts []Group
	Rows  []StackRow
}

// StackRow is one bar; Values has one length a part, none negative.
type StackRow struct {
	Label  string
	Values []float64
	Tip    string
}

// Stacks draws bars.
func Stacks(d StackData) (Drawing, error) {
	d = d.shown()
	c := rect()
	c.GridList = []opts.Grid{{Left: "130", Right: "24", Top: "36", Bottom: "44"}}
	var labels, names []string
	for _, r := range d.Rows {
		labels = append(labels, r.Label)
	}
	for k, part := range d.Parts {
		names = append(names, part.Name)
		var data []datum
		for _, r := range d.Rows {
			if err := finite(r.Label, r.Values[k]); err != nil {
				return Drawing{}, err
			}
			data = append(data, datum{Value: round(r.Values[k]), Tip: r.Tip})
		}
		c.MultiSeries = append(c.MultiSeries, charts.SingleSeries{Type: "bar", Name: part.Name, Id: "part-" + part.Name,
			Stack: "all",
			Data:  data, ItemStyle: &opts.ItemStyle{Color: axisHue(part.Axis).css}})
	}
	c.SetGlobalOptions(
		charts.WithXAxisOpts(opts.XAxis{Type: "value", Name: d.Title, NameLocation: "middle", NameGap: 26,
			AxisLabel: &opts.AxisLabel{}}),
		charts.WithYAxisOpts(opts.YAxis{Type: "category", Inverse: opts.Bool(true), Data: labels,
			AxisLabel: &opts.AxisLabel{FontSize: 12}}),
	)
	options, err := finish(c, func(o map[string]any) {
		o["legend"] = map[string]any{"show": true, "top": 0, "data": names, "textStyle": map[string]any{"color": "var(--muted)"}}
		y := o["yAxis"].([]any)[0].(map[string]any)
		set(y, "axisLabel", "interval", 0)
		set(y, "axisLabel", "color", "var(--fg)")
		set(y, "axisTick", "show", false)
	})
	if err != nil {
		return Drawing{}, err
	}
	svg, err := stacksSVG(d)
	return Drawing{Options: options, SVG: svg}, err
}
