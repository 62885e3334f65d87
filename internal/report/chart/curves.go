package chart

import (
	"fmt"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// CurvesData describes small multiples: in each panel a curve with its band, and the band of its null in grey, over places that
// are the same in all.
type CurvesData struct {
	Ticks     []string // the places, from left to right
	Reference float64
	Min, Max  float64
	Panels    []CurvesPanel
}

// CurvesPanel is one of them; Curve and Null have one entry a tick.
type CurvesPanel struct {
	Title, Axis string
	Curve, Null []Band
}

// Band is a value in its range at one place.
type Band struct {
	Middle, Lo, Hi float64
	None           bool // nothing is drawn there
	Tip            string
}

// panelsInRow is how many panels stand side by side.
const panelsInRow = 3

// Rows is how many rows of panels a figure has.
func (d CurvesData) Rows() int { return (len(d.Panels) + panelsInRow - 1) / panelsInRow }

// Curves draws small multiples.
func Curves(d CurvesData) (Drawing, error) {
	d = d.shown()
	c := rect()
	c.SetGlobalOptions(charts.WithXAxisOpts(opts.XAxis{AxisLabel: &opts.AxisLabel{}}),
		charts.WithYAxisOpts(opts.YAxis{AxisLabel: &opts.AxisLabel{}})) // frames takes their place
	for k, p := range d.Panels {
		for _, b := range append(append([]Band{}, p.Curve...), p.Null...) {
			if err := finite(p.Title, b.Middle, b.Lo, b.Hi); err != nil {
				return Drawing{}, err
			}
		}
		grey, own := palette[len(palette)-1].css, axisHue(p.Axis).css
		c.MultiSeries = append(c.MultiSeries, bandSeries(k, "null", grey, p.Null)...)
		c.MultiSeries = append(c.MultiSeries, bandSeries(k, "curve", own, p.Curve)...)
	}
	options, err := finish(c, func(o map[string]any) {
		o["grid"], o["xAxis"], o["yAxis"] = d.frames()
		seriesOf(o, func(s map[string]any) {
			id, _ := s["id"].(string)
			if !strings.HasSuffix(id, "-middle") {
				s["silent"] = true
			}
			if strings.HasPrefix(id, "null") && strings.HasSuffix(id, "-middle") {
				s["markLine"] = map[string]any{"silent": true, "symbol": "none", "label": map[string]any{"show": false},
					"lineStyle": map[string]any{"color": "var(--muted)", "type": "dashed"},
					"data":      []any{map[string]any{"yAxis": d.Reference}}}
			}
		})
	})
	if err != nil {
		return Drawing{}, err
	}
	svg, err := curvesSVG(d)
	return Drawing{Options: options, SVG: svg}, err
}

// bandSeries are a range, as an unseen line with an area stacked on it, and the line in its middle.
func bandSeries(panel int, what, colour string, bands []Band) []charts.SingleSeries {
	var low, width, middle []datum
	for _, b := range bands {
		if b.None {
			low, width, middle = append(low, datum{Value: gap}), append(width, datum{Value: gap}),
				append(middle, datum{Value: gap})
			continue
		}
		low, width = append(low, datum{Value: round(b.Lo)}), append(width, datum{Value: round(b.Hi - b.Lo)})
		middle = append(middle, datum{Value: round(b.Middle), Tip: b.Tip})
	}
	id := fmt.Sprintf("%s-%d", what, panel)
	unseen := &opts.LineStyle{Opacity: opts.Float(0), Color: colour}
	one := charts.SingleSeries{Type: "line", XAxisIndex: panel, YAxisIndex: panel, ShowSymbol: opts.Bool(false)}
	from, area, line := one, one, one
	from.Id, from.Stack, from.LineStyle, from.Data = id+"-low", id, unseen, low
	area.Id, area.Stack, area.LineStyle, area.Data = id+"-width", id, unseen, width
	area.AreaStyle = &opts.AreaStyle{Color: colour, Opacity: opts.Float(0.25)}
	line.Id, line.LineStyle, line.Data = id+"-middle", &opts.LineStyle{Color: colour, Width: 2}, middle
	line.ShowSymbol, line.SymbolSize, line.ItemStyle = opts.Bool(true), 6, &opts.ItemStyle{Color: colour}
	return []charts.SingleSeries{from, area, line}
}

// frames are the grid and axes of each panel, with its title below.
func (d CurvesData) frames() (grids, xs, ys []any) {
	const left, right, below = 5., 2., 13. // margins, in percent of the figure
	wide, high := 100./panelsInRow, 100./float64(max(1, d.Rows()))
	percent := func(v float64) string { return fmt.Sprintf("%.1f%%", v) }
	for k, p := range d.Panels {
		column, row := float64(k%panelsInRow), float64(k/panelsInRow)
		grids = append(grids, map[string]any{"left": percent(column*wide + left), "width": percent(wide - left - right),
			"top": percent(row*high + right), "height": percent(high - right - below)})
		x := map[string]any{"type": "category", "data": d.Ticks, "gridIndex": k, "name": p.Title, "nameLocation": "middle",
			"nameGap": 24}
		y := map[string]any{"type": "value", "gridIndex": k, "min": d.Min, "max": d.Max}
		dress(x)
		dress(y)
		set(x, "axisLabel", "interval", 0)
		set(x, "nameTextStyle", "color", "var(--fg)")
		xs, ys = append(xs, x), append(ys, y)
	}
	return grids, xs, ys
}

func (d CurvesData) shown() CurvesData {
	panels := make([]CurvesPanel, len(d.Panels))
	bands := func(of []Band) []Band {
		out := append([]Band{}, of...)
		for i := range out {
			out[i].Tip = shown([]string{out[i].Tip})[0]
		}
		return out
	}
	for i, p := range d.Panels {
		texts := shown([]string{p.Title, p.Axis})
		panels[i] = CurvesPanel{Title: texts[0], Axis: texts[1], Curve: bands(p.Curve), Null: bands(p.Null)}
	}
	d.Panels, d.Ticks = panels, shown(d.Ticks)
	return d
}

// curvesSVG draws the panels side by side.
func curvesSVG(d CurvesData) ([]byte, error) {
	var rows [][]*plot.Plot
	for k, panel := range d.Panels {
		p, err := d.panel(panel)
		if err != nil {
			return nil, err
		}
		if k%panelsInRow == 0 {
			rows = append(rows, make([]*plot.Plot, panelsInRow))
		}
		rows[len(rows)-1][k%panelsInRow] = p
	}
	return writeAll(rows, 620, vg.Length(150*len(rows)))
}

// panel draws one.
func (d CurvesData) panel(panel CurvesPanel) (*plot.Plot, error) {
	p := paper()
	p.X.Label.Text = panel.Title
	var ticks []plot.Tick
	for i, t := range d.Ticks {
		ticks = append(ticks, plot.Tick{Value: float64(i), Label: t})
	}
	p.X.Tick.Marker = plot.ConstantTicks(ticks)
	reference, err := line([][2]float64{{-.3, d.Reference}, {float64(len(d.Ticks)) - .7, d.Reference}}, pale, 1)
	if err != nil {
		return nil, err
	}
	p.Add(reference)
	for _, one := range []struct {
		bands []Band
		h     hue
	}{{panel.Null, palette[len(palette)-1]}, {panel.Curve, axisHue(panel.Axis)}} {
		if err := addBand(p, one.bands, one.h); err != nil {
			return nil, err
		}
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = -.3, float64(len(d.Ticks))-.7, d.Min, d.Max
	return p, nil
}

// addBand adds the runs of places that have a value.
func addBand(p *plot.Plot, bands []Band, h hue) error {
	dots := marks{font: sans(8)}
	for from := 0; from < len(bands); from++ {
		to := from
		for to < len(bands) && !bands[to].None {
			to++
		}
		if to == from {
			continue
		}
		var outline plotter.XYs
		var middle [][2]float64
		for i := from; i < to; i++ {
			outline = append(outline, plotter.XY{X: float64(i), Y: bands[i].Lo})
			middle = append(middle, [2]float64{float64(i), bands[i].Middle})
			dots.all = append(dots.all, mark{middle[i-from],
				draw.GlyphStyle{Color: h.paper, Radius: 2, Shape: draw.CircleGlyph{}}, ""})
		}
		for i := to - 1; i >= from; i-- {
			outline = append(outline, plotter.XY{X: float64(i), Y: bands[i].Hi})
		}
		area, err := plotter.NewPolygon(outline)
		if err != nil {
			return err
		}
		area.Color, area.LineStyle.Width = faded(h.paper, 60), 0
		l, err := line(middle, h.paper, 1.2)
		if err != nil {
			return err
		}
		p.Add(area, l)
		from = to
	}
	p.Add(dots)
	return nil
}
