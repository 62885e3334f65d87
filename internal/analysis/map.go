package analysis

import (
	"fmt"
	"math"
	"slices"

	"sdmap/internal/atlas"
	"sdmap/internal/axis"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
	"sdmap/internal/wording"
)

const (
	ellipseLevel    = 0.95
	ellipseVertices = 36
	panelRestarts   = 20
	disagreeLevel   = 0.9
	fewestAxes      = 2
	FewestMapped    = 3   // benchmarks that a map takes
	outlierReach    = 1.5 // interquartile ranges above the third quartile
)

// AmongFirst is how many benchmarks count as the first: how often one is among them is said of its disagreement.
const AmongFirst = 3

// drawMaps fills the two maps, the order of heat maps and the benchmarks' disagreement.
func (a *Analysis) drawMaps(opts Options, axes map[string]*axis.Result) error {
	raw, absent, why, err := a.drawMap(opts, axes, "")
	if err != nil {
		return fmt.Errorf("map: %w", err)
	}
	a.Absent = append(a.Absent, absent...)
	if raw == nil {
		a.Warnings = append(a.Warnings, "There is no map: "+why+".")
		a.seriateWithoutMap(axes)
		return nil
	}
	a.Map, a.Disagreement = raw.result, raw.disagreement
	if err := a.seriate(raw); err != nil {
		return fmt.Errorf("order of heat maps: %w", err)
	}
	if axes[axis.Performance].Variant(gfree) != nil {
		free, _, _, err := a.drawMap(opts, axes, gfree)
		if err != nil {
			return fmt.Errorf("map without the general factor: %w", err)
		}
		if free != nil {
			a.MapGFree = free.result
		}
	}
	return nil
}

// drawn is a map while it is being made.
type drawn struct {
	result       *Map
	compromise   *atlas.Compromise
	index        []int // of the map's benchmarks in the study
	disagreement []Disagreement
}

// drawMap computes one compromise. performance names the variant of the performance axis, "" for its primary one.
func (a *Analysis) drawMap(opts Options, axes map[string]*axis.Result, performance string) (*drawn, []Absent, string, error) {
	var names []string
	var overlaps []*matrix.Labelled
	var absent []Absent
	for _, name := range a.Axes {
		v := axes[name].Primary()
		if name == axis.Performance && performance != "" {
			v = axes[name].Variant(performance)
		}
		if flat(v.Overlap) {
			absent = append(absent, Absent{Axis: name, Reason: "all benchmarks are alike on it: it has nothing to put on a map"})
			continue
		}
		if _, known := v.Overlap.UpperTriangle(); len(known) == 0 && len(v.Overlap.Rows) > 1 {
			absent = append(absent, Absent{Axis: name, Reason: "no pair of benchmarks has an overlap on it: " +
				v.Overlap.Reason(0, 1)})
			continue
		}
		names, overlaps = append(names, name), append(overlaps, v.Overlap)
	}
	if len(names) < fewestAxes {
		return nil, absent, fmt.Sprintf("a compromise needs %s axes that tell benchmarks apart", wording.Spelt(fewestAxes)), nil
	}
	common, left, err := atlas.Common(names, overlaps)
	if err != nil {
		return nil, nil, "", err
	}
	for _, l := range left {
		absent = append(absent, Absent(l))
	}
	if len(common) == 0 || len(common[0].Rows) < FewestMapped {
		return nil, absent, fmt.Sprintf("fewer than %s benchmarks are complete on all axes", wording.Spelt(FewestMapped)), nil
	}
	c, err := atlas.Distatis(names, common, opts.Scaling)
	if err != nil {
		return nil, absent, "", err
	}
	d := &drawn{compromise: c}
	for _, l := range c.Labels {
		d.index = append(d.index, slices.Index(a.Benchmarks, l))
	}
	d.result = &Map{Benchmarks: c.Labels, Axes: names, Scaling: opts.Scaling, Alpha: c.Alpha, RV: c.RV, Inertia: c.Inertia,
		Dims: c.Dims, Negative: c.Negative,
		Points: c.Points, Satellites: c.Satellites, Warnings: c.Warnings, Ellipses: []Ellipse{}}
	a.weightNulls(d, axes, common)
	reps := a.replicate(d, axes, performance)
	if err := d.ellipses(reps); err != nil {
		return nil, absent, "", err
	}
	d.disagree(reps)
	return d, absent, "", d.panels(opts, common)
}

// flat reports whether an axis tells no two benchmarks apart.
func flat(m *matrix.Labelled) bool {
	_, values := m.UpperTriangle()
	for _, v := range values {
		if v < 1-1e-12 {
			return false
		}
	}
	return len(values) > 0
}

// replicate projects every complete half-sample onto the compromise.
func (a *Analysis) replicate(d *drawn, axes map[string]*axis.Result, performance string) []atlas.Layout {
	n := math.MaxInt
	data := make([]axis.Floats, len(d.result.Axes))
	for k, name := range d.result.Axes {
		r := axes[name]
		variant := r.Primary().Name
		if name == axis.Performance && performance != "" {
			variant = performance
		}
		data[k] = r.Replicates[variant]
		if len(data[k]) == 0 || r.R == 0 {
			d.result.Warnings = append(d.result.Warnings, "the "+name+" axis has no replicates, so the map has no ellipses")
			return nil
		}
		n = min(n, r.R)
	}
	all := len(a.Benchmarks)
	var out []atlas.Layout
	for r := range n {
		overlaps := make([][]float64, len(data))
		for k := range data {
			for _, i := range d.index {
				for _, j := range d.index {
					v := data[k][(r*all+i)*all+j]
					if i == j {
						v = 1
					}
					overlaps[k] = append(overlaps[k], v)
				}
			}
		}
		if l, err := d.compromise.Project(overlaps); err == nil {
			out = append(out, l)
		}
	}
	if len(out) < n {
		d.result.Warnings = append(d.result.Warnings, fmt.Sprintf("%d of %d half-samples had a missing overlap and were left "+
			"out of the ellipses", n-len(out), n))
	}
	d.result.Replicates = len(out)
	return out
}

// ellipses summarises the replicates of each point in the plane.
func (d *drawn) ellipses(reps []atlas.Layout) error {
	if len(reps) < axis.FewestForSpread || len(d.compromise.Inertia) < 2 {
		return nil
	}
	for b := range d.compromise.Labels {
		var xy [][2]float64
		for _, r := range reps {
			xy = append(xy, [2]float64{r.Points[b][0], r.Points[b][1]})
		}
		e, err := atlas.NewEllipse(xy, ellipseLevel)
		if err != nil {
			return err
		}
		at := [2]float64{d.compromise.Points[b][0], d.compromise.Points[b][1]}
		d.result.Ellipses = append(d.result.Ellipses, Ellipse{X: at[0], Y: at[1], Cov: e.Cov, Level: e.Level,
			Outline: e.Outline(at, ellipseVertices)})
	}
	return nil
}

// disagree measures how far each benchmark's axes lie apart, less what sampling alone would put between them.
//
// Delta_b is quadratic, so sampling noise of a satellite about its point raises its expectation by the noise's variance:
// the floor, sum_k alpha_k sum_dims Var_r(F*_k[b] - F*[b]) over half-samples r. A half-sample carries that noise twice (its
// own and the sample's), so the interval is that of Delta*_b - 2 floor.
func (d *drawn) disagree(reps []atlas.Layout) {
	c := d.compromise
	dims := c.Dims
	full := c.Disagreement(dims)
	var drawn [][]atlas.Disagreement
	for _, r := range reps {
		drawn = append(drawn, r.Disagreement(dims))
	}
	floors := make([]float64, len(d.index))
	free := make([][]float64, len(drawn)) // by half-sample and benchmark: Delta*_b - 2 floor_b
	if len(reps) >= axis.FewestForSpread {
		for b := range floors {
			floors[b] = floorOf(reps, b, dims)
		}
		for r := range drawn {
			for b, v := range drawn[r] {
				free[r] = append(free[r], v.Delta-2*floors[b])
			}
		}
	}
	top, far := amongFirst(free), outliersOf(reps)
	total := totalInertia(c, full)
	for b, i := range d.index {
		out := Disagreement{Benchmark: i, ByAxis: map[string]float64{}}
		for k, name := range d.result.Axes {
			out.ByAxis[name] = full[b].ByAxis[k]
		}
		method := fmt.Sprintf("sum of weighted squared distances of the axes to the compromise over %d dimensions, less "+
			"its noise floor", dims)
		if len(reps) < axis.FewestForSpread {
			out.Value = stats.NewEstimate(full[b].Delta, len(c.Axes), method).Warn("no half-samples: neither floor nor interval")
		} else {
			values := make([]float64, len(free))
			for r := range free {
				values[r] = free[r][b]
			}
			out.Value = stats.NewEstimate(full[b].Delta-floors[b], len(c.Axes), method).WithNull(0)
			if lo, hi, err := stats.PercentileInterval(values, disagreeLevel); err == nil {
				out.Value = out.Value.WithInterval(lo, hi, disagreeLevel)
			}
			out.TopThree, out.Outlier = top[b], far[b]
		}
		if total > 0 {
			out.OfInertia = out.Value.Value / total
		}
		d.disagreement = append(d.disagreement, out)
	}
}

// totalInertia is the weighted sum of squares of all axes' points over the first dimensions: that of the compromise and, about
// it, that of the satellites.
func totalInertia(c *atlas.Compromise, full []atlas.Disagreement) float64 {
	total := 0.0
	for b := range full {
		total += full[b].Delta
		for _, x := range c.Points[b][:c.Dims] {
			total += x * x
		}
	}
	return total
}

// floorOf is the part of Delta_b that sampling noise explains.
func floorOf(reps []atlas.Layout, b, dims int) float64 {
	n := float64(len(reps))
	floor := 0.0
	for k := range reps[0].Satellites {
		alpha := 0.0
		for _, r := range reps {
			alpha += r.Alpha[k] / n
		}
		for j := range dims {
			mean, square := 0.0, 0.0
			for _, r := range reps {
				mean += (r.Satellites[k][b][j] - r.Points[b][j]) / n
			}
			for _, r := range reps {
				e := r.Satellites[k][b][j] - r.Points[b][j] - mean
				square += e * e / (n - 1)
			}
			floor += alpha * square
		}
	}
	return floor
}

// amongFirst is, for each benchmark, the share of half-samples in which its value is among the AmongFirst largest. The values
// are free of each benchmark's own noise floor, else the noisiest benchmarks would come first.
func amongFirst(values [][]float64) []float64 {
	if len(values) == 0 {
		return nil
	}
	count := make([]int, len(values[0]))
	for _, r := range values {
		for b, v := range r {
			larger := 0
			for _, o := range r {
				if o > v {
					larger++
				}
			}
			if larger < AmongFirst {
				count[b]++
			}
		}
	}
	return shares(count, len(values))
}

func shares(count []int, n int) []float64 {
	out := make([]float64, len(count))
	for i, c := range count {
		out[i] = float64(c) / float64(n)
	}
	return out
}

// outliersOf is, for each benchmark, the share of half-samples in which the log of its mean squared compromise distance
// lies above the others' third quartile by more than outlierReach interquartile ranges.
func outliersOf(reps []atlas.Layout) []float64 {
	if len(reps) == 0 {
		return nil
	}
	count := make([]int, len(reps[0].Points))
	for _, r := range reps {
		far := atlas.MeanSquaredDistances(r.Points)
		for b, v := range far {
			var rest []float64
			for i, o := range far {
				if i != b && o > 0 {
					rest = append(rest, math.Log(o))
				}
			}
			q1, err1 := stats.Quantile(rest, 0.25)
			q3, err3 := stats.Quantile(rest, 0.75)
			if v > 0 && err1 == nil && err3 == nil && math.Log(v) > q3+outlierReach*(q3-q1) {
				count[b]++
			}
		}
	}
	return shares(count, len(reps))
}

// panels draws each axis alone and turns it onto the compromise.
func (d *drawn) panels(opts Options, overlaps []*matrix.Labelled) error {
	n := len(d.compromise.Labels)
	target := make([][]float64, n)
	for b, p := range d.compromise.Points {
		target[b] = []float64{p[0], 0}
		if len(p) > 1 {
			target[b][1] = p[1]
		}
	}
	for k, name := range d.result.Axes {
		delta, err := atlas.Dissimilarity(overlaps[k])
		if err != nil {
			return err
		}
		conf, err := atlas.SMACOF(delta, n, 2, panelRestarts, stats.Stream(opts.Seed, "analysis/panel "+name, 0))
		if err != nil {
			return err
		}
		turned, err := atlas.Procrustes(target, conf.Points, true)
		if err != nil {
			return err
		}
		p := Panel{Axis: name, Stress: conf.Stress}
		for _, q := range turned.Points {
			p.Points = append(p.Points, [2]float64{q[0], q[1]})
		}
		d.result.Panels = append(d.result.Panels, p)
	}
	return nil
}

// seriateWithoutMap orders the benchmarks by the first axis, performance without the general factor; where overlaps are missing
// they stand in the study's order.
func (a *Analysis) seriateWithoutMap(axes map[string]*axis.Result) {
	for _, name := range a.Axes {
		v := axes[name].Variant(gfree)
		if v == nil {
			v = axes[name].Primary()
		}
		if order, err := atlas.Seriate(v.Overlap); err == nil {
			a.Order, a.OrderedBy = order, v.Title
			return
		}
	}
	for i := range a.Benchmarks {
		a.Order = append(a.Order, i)
	}
}

// seriate orders all benchmarks by the compromise; those that take no part come last, in the study's order.
func (a *Analysis) seriate(d *drawn) error {
	order, err := atlas.Seriate(d.compromise.Similarity())
	if err != nil {
		return err
	}
	for _, i := range order {
		a.Order = append(a.Order, d.index[i])
	}
	for i := range a.Benchmarks {
		if !slices.Contains(a.Order, i) {
			a.Order = append(a.Order, i)
		}
	}
	return nil
}
