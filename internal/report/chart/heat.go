package chart

import (
	"math"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// HeatData describes one heat map of a square matrix; labels stand in the order in which they are drawn. NaN is missing.
type HeatData struct {
	Labels   []string
	Values   [][]float64
	Reason   func(i, j int) string // of a missing cell
	N        func(i, j int) int    // what a cell rests on, said in its tooltip where that differs between cells; nil where not
	Min, Max float64               // of the colour scale, common to all maps of a row
	Legend   string                // what the colours mean
}

// diverging runs from Okabe-Ito blue over the page's middle tone to vermilion: unlike, unrelated, alike.
var diverging = []string{"var(--blue)", "var(--mid)", "var(--red)"}

// shownLabels is how many labels fit beside a heat map of the page; of more, every second or third is drawn, and all of them
// are in the tooltips and in the drawing, which grows with the matrix.
const shownLabels = 40

// Heat draws a matrix. The diagonal is left out: a benchmark's likeness to itself is no finding.
func Heat(d HeatData) (Drawing, error) {
	d = d.shown()
	var data []any
	for i, row := range d.Values {
		for j, v := range row {
			if i == j {
				continue
			}
			pair := d.Labels[i] + " and " + d.Labels[j]
			if math.IsNaN(v) {
				data = append(data, datum{Value: []any{j, i, gap}, Tip: pair + ": missing. " + d.Reason(i, j)})
				continue
			}
			if err := finite("heat map: "+pair, v); err != nil {
				return Drawing{}, err
			}
			cell := []float64{float64(j), float64(i), round(v)} // the page's script makes its tooltip
			if d.N != nil {
				cell = append(cell, float64(d.N(i, j)))
			}
			data = append(data, cell)
		}
	}
	c := rect()
	c.GridList = []opts.Grid{{Left: "92", Right: "8", Top: "8", Bottom: "84"}}
	c.SetGlobalOptions(
		charts.WithXAxisOpts(opts.XAxis{Type: "category", AxisLabel: &opts.AxisLabel{Rotate: 90, FontSize: 10}}),
		charts.WithYAxisOpts(opts.YAxis{Type: "category", Inverse: opts.Bool(true), Data: d.Labels,
			AxisLabel: &opts.AxisLabel{FontSize: 10}}),
		charts.WithVisualMapOpts(opts.VisualMap{Type: "continuous", Min: float32(d.Min), Max: float32(d.Max),
			InRange: &opts.VisualMapInRange{Color: diverging}}),
	)
	c.MultiSeries = []charts.SingleSeries{{Type: "heatmap", Id: "cells", Name: "overlap", Data: data}}
	options, err := finish(c, func(o map[string]any) {
		o["xAxis"].([]any)[0].(map[string]any)["data"] = d.Labels
		for _, a := range []string{"xAxis", "yAxis"} {
			axis := o[a].([]any)[0].(map[string]any)
			set(axis, "axisTick", "show", false)
			set(axis, "axisLabel", "interval", (len(d.Labels)-1)/shownLabels)
			if len(d.Labels) > 24 {
				set(axis, "axisLabel", "fontSize", 8)
			}
			set(axis, "axisLabel", "color", "var(--fg)")
		}
		v := o["visualMap"].([]any)[0].(map[string]any)
		v["show"] = false
		v["min"], v["max"] = d.Min, d.Max
		v["calculable"] = false
	})
	if err != nil {
		return Drawing{}, err
	}
	svg, err := heatSVG(d)
	return Drawing{Options: options, SVG: svg}, err
}
