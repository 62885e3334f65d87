package chart

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// MapData describes the map: one point a benchmark, with a satellite an axis and an ellipse.
type MapData struct {
	Points            []MapPoint
	Axes              []string // of the satellites, in order
	Families, Formats []string // names of the groups that points refer to
	XTitle, YTitle    string
}

// MapPoint is one benchmark on the map.
type MapPoint struct {
	ID         string
	Title      string // its name; empty where that is the ID
	At         [2]float64
	Family     int
	Format     int
	Satellites [][2]float64 // by axis
	Ellipse    [][2]float64 // closed outline; may be empty
	Lines      []string     // its card, plain text
}

func (p MapPoint) title() string { return cmp.Or(p.Title, p.ID) }

// mapScript is what the page's script needs: the card and place of each benchmark, the switches, and the square to show
// with equal units on both axes.
type mapScript struct {
	Cards []mapCard   `json:"cards"`
	Axes  []mapSwitch `json:"axes"`
	Equal [4]float64  `json:"equal"` // xmin, xmax, ymin, ymax
}

type mapCard struct {
	ID     string     `json:"id"`
	Title  string     `json:"title"`
	Lines  []string   `json:"lines"`
	At     [2]float64 `json:"at"`
	Series string     `json:"series"`
	Index  int        `json:"index"`
}

type mapSwitch struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	On    bool   `json:"on"`
}

// Map draws the compromise with its satellites. Threads join a benchmark to where each axis alone would put it; series are
// named after their axis, so that the page can switch them.
func Map(d MapData) (Drawing, error) {
	d = d.shown()
	box, err := mapExtent(d)
	if err != nil {
		return Drawing{}, err
	}
	c := rect()
	c.SetGlobalOptions(
		charts.WithXAxisOpts(opts.XAxis{Type: "value", Name: d.XTitle, NameLocation: "middle", NameGap: 28, Min: box[0],
			Max: box[1], AxisLabel: &opts.AxisLabel{}}),
		charts.WithYAxisOpts(opts.YAxis{Type: "value", Name: d.YTitle, NameLocation: "middle", NameGap: 38, Min: box[2],
			Max: box[3], AxisLabel: &opts.AxisLabel{}}),
	)
	names := []string{"benchmarks", "ellipses"}
	for k, a := range d.Axes {
		names = append(names, a)
		c.MultiSeries = append(c.MultiSeries, threads(d, k), satellites(d, k))
	}
	for _, p := range d.Points {
		if len(p.Ellipse) > 0 {
			c.MultiSeries = append(c.MultiSeries, outline(p))
		}
	}
	c.MultiSeries = append(c.MultiSeries, compromise(d))
	script := mapScript{Cards: []mapCard{}, Axes: []mapSwitch{}, Equal: box}
	for i, p := range d.Points {
		script.Cards = append(script.Cards, mapCard{p.ID, p.title(), p.Lines, [2]float64{round(p.At[0]), round(p.At[1])},
			"benchmarks", i})
	}
	for _, a := range d.Axes {
		script.Axes = append(script.Axes, mapSwitch{a, a, true})
	}
	script.Axes = append(script.Axes, mapSwitch{"ellipses", "ellipses", false})
	options, err := finish(c, func(o map[string]any) {
		o["legend"] = map[string]any{"show": false, "data": names, "selected": map[string]bool{"ellipses": false}}
		seriesOf(o, func(s map[string]any) {
			if s["id"] != "benchmarks" {
				s["silent"] = true
			} else {
				s["labelLayout"] = map[string]any{"hideOverlap": true, "moveOverlap": "shiftY"}
				s["z"] = 10
				s["emphasis"] = map[string]any{"scale": 1.6, "label": map[string]any{"fontWeight": "bold"}}
			}
		})
		for _, a := range []string{"xAxis", "yAxis"} {
			axis := o[a].([]any)[0].(map[string]any)
			set(axis, "splitLine", "show", false)
			set(axis, "axisLine", "onZero", false)
		}
		hideEnds(o)
	})
	if err != nil {
		return Drawing{}, err
	}
	data, err := json.Marshal(script)
	if err != nil {
		return Drawing{}, fmt.Errorf("map: %w", err)
	}
	svg, err := mapSVG(d, box)
	return Drawing{Options: options, Data: data, SVG: svg}, err
}

// mapExtent is the box of everything that is drawn, with a margin for labels.
func mapExtent(d MapData) ([4]float64, error) {
	box := [4]float64{math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)}
	add := func(p [2]float64) {
		box[0], box[1] = min(box[0], p[0]), max(box[1], p[0])
		box[2], box[3] = min(box[2], p[1]), max(box[3], p[1])
	}
	for _, p := range d.Points {
		if len(p.Satellites) != len(d.Axes) {
			return box, fmt.Errorf("map: %s has %d satellites for %d axes", p.ID, len(p.Satellites), len(d.Axes))
		}
		for _, q := range append(append([][2]float64{p.At}, p.Satellites...), p.Ellipse...) {
			if err := finite("map: "+p.ID, q[0], q[1]); err != nil {
				return box, err
			}
		}
		add(p.At)
		for _, s := range p.Satellites {
			add(s)
		}
	}
	if len(d.Points) == 0 {
		return box, fmt.Errorf("map: it has no points")
	}
	mx, my := 0.06*(box[1]-box[0])+1e-3, 0.06*(box[3]-box[2])+1e-3
	return [4]float64{round(box[0] - mx), round(box[1] + mx), round(box[2] - my), round(box[3] + my)}, nil
}

func xy(p [2]float64) [2]float64 { return [2]float64{round(p[0]), round(p[1])} }

// compromise is the one series that readers point at.
func compromise(d MapData) charts.SingleSeries {
	var data []datum
	for _, p := range d.Points {
		data = append(data, datum{Name: p.title(), Value: xy(p.At), Symbol: symbol(p.Format),
			Style: &style{Color: groupHue(p.Family).css}})
	}
	return charts.SingleSeries{Name: "benchmarks", Id: "benchmarks", Type: "scatter", SymbolSize: 13, Data: data,
		Label: &opts.Label{Show: opts.Bool(true), Position: "right", Formatter: "{b}", FontSize: 12, Color: "var(--fg)"}}
}

// threads joins every compromise point to its satellite on one axis, as one line with gaps.
func threads(d MapData, k int) charts.SingleSeries {
	var data []any
	for _, p := range d.Points {
		data = append(data, xy(p.At), xy(p.Satellites[k]), []string{gap, gap})
	}
	h := axisHue(d.Axes[k])
	return charts.SingleSeries{Name: d.Axes[k], Id: "threads-" + d.Axes[k], Type: "line", Data: data,
		ShowSymbol: opts.Bool(false),
		LineStyle:  &opts.LineStyle{Color: h.css, Width: 1, Opacity: opts.Float(0.45)}}
}

func satellites(d MapData, k int) charts.SingleSeries {
	var data []datum
	for _, p := range d.Points {
		data = append(data, datum{Name: p.title(), Value: xy(p.Satellites[k])})
	}
	h := axisHue(d.Axes[k])
	return charts.SingleSeries{Name: d.Axes[k], Id: "satellites-" + d.Axes[k], Type: "scatter", SymbolSize: 5, Data: data,
		ItemStyle: &opts.ItemStyle{Color: h.css, Opacity: opts.Float(0.7)}}
}

func outline(p MapPoint) charts.SingleSeries {
	var data [][2]float64
	for _, q := range p.Ellipse {
		data = append(data, xy(q))
	}
	return charts.SingleSeries{Name: "ellipses", Id: "ellipse-" + p.ID, Type: "line", Data: data, ShowSymbol: opts.Bool(false),
		LineStyle: &opts.LineStyle{Color: groupHue(p.Family).css, Width: 1, Opacity: opts.Float(0.6)}}
}
