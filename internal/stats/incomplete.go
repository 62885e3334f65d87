package stats

import (
	"fmt"
	"math"

	"sdmap/internal/linalg"
)

// Incomplete holds columns of m rows of which some cells are missing, and fits one general factor to those that are there.
type Incomplete struct {
	m    int
	rows [][]int32   // by column: its rows with a value, ascending
	z    [][]float64 // their values, mean 0 and variance 1
	all  [][]float64 // the same with one number for each row, NaN where there is none
}

// RankOne is the probabilistic principal component of the cells that are there: z_ib = mean_b + weight_b g_i + noise, with g
// standard normal and noise of one variance for all columns (Roweis 1998; Tipping & Bishop 1999; missing cells as in Ilin &
// Raiko 2010). Where no cell is missing, the expectations of g are the first principal component up to their scale, which is
// shrunk. Where cells are missing, a row's expectation is shrunk the more, the fewer of its cells are there: by
// sum w^2/(sum w^2 + noise) over them.
type RankOne struct {
	Mean, Weight []float64 // by column, 0 where it was left out
	Noise        float64   // variance
	Scores       []float64 // by row: the expectation of g, 0 where no cell is there
	Behind       []int     // by row: cells there
	Columns      int       // that took part
	Share        float64   // of the variance that one component has: (w'w + noise)/(w'w + k noise)
	top, bottom  []float64 // by row: sum of w (z - mean), and of w^2
}

// NewIncomplete standardises each column over its cells that are there; missing ones are NaN. A column in which fewer than two
// differ is an error that names it.
func NewIncomplete(columns [][]float64) (*Incomplete, error) {
	c := &Incomplete{}
	for j, x := range columns {
		c.m = len(x)
		var rows []int32
		var values []float64
		for i, v := range x {
			if !math.IsNaN(v) {
				rows, values = append(rows, int32(i)), append(values, v)
			}
		}
		if len(x) != len(columns[0]) {
			return nil, fmt.Errorf("column %d: %w", j, ErrLength)
		}
		if Constant(values) {
			return nil, fmt.Errorf("column %d: %w", j, ErrConstant)
		}
		z := linalg.Standardised(values)
		for i := range z {
			z[i] *= math.Sqrt(float64(len(z)))
		}
		all := make([]float64, len(x))
		for i := range all {
			all[i] = math.NaN()
		}
		for n, i := range rows {
			all[i] = z[n]
		}
		c.rows, c.z, c.all = append(c.rows, rows), append(c.z, z), append(c.all, all)
	}
	return c, nil
}

const (
	emRounds   = 1000
	leastNoise = 1e-9 // keeps expectations finite where one factor explains everything
)

// Fit finds the factor of the columns that are not left out (nil leaves out none) by expectation and maximisation, until a
// round turns the scores by less than tolerance. start is a fit of nearly the same columns to begin with, or nil.
func (c *Incomplete) Fit(leaveOut []bool, start *RankOne, tolerance float64) (*RankOne, error) {
	keep, cells := c.kept(leaveOut)
	if len(keep) < 2 {
		return nil, fmt.Errorf("a general factor needs two columns, %d are left: %w", len(keep), ErrTooFew)
	}
	f := c.begin(keep, start)
	g, variance := make([]float64, c.m), make([]float64, c.m)
	before := make([]float64, c.m)
	f.expect(g, variance)
	for range emRounds {
		copy(before, g)
		f.maximise(c, keep, cells, g, variance)
		f.expect(g, variance)
		if turned(before, g) < tolerance {
			break
		}
	}
	f.finish(keep, g)
	return f, nil
}

// kept lists the columns that take part, and counts their cells.
func (c *Incomplete) kept(leaveOut []bool) (keep []int, cells int) {
	for j := range c.z {
		if leaveOut == nil || !leaveOut[j] {
			keep, cells = append(keep, j), cells+len(c.z[j])
		}
	}
	return keep, cells
}

// begin has the weights of start, or equal ones.
func (c *Incomplete) begin(keep []int, start *RankOne) *RankOne {
	f := &RankOne{Mean: make([]float64, len(c.z)), Weight: make([]float64, len(c.z)), Noise: 1, Columns: len(keep),
		Behind: make([]int, c.m), top: make([]float64, c.m), bottom: make([]float64, c.m)}
	if start != nil {
		f.Noise = start.Noise
	}
	for n, j := range keep {
		f.Weight[j] = 1 + float64(n)/float64(8*len(keep)) // not equal, so that no plain pattern is orthogonal to them
		if start != nil {
			f.Weight[j], f.Mean[j] = start.Weight[j], start.Mean[j]
		}
		f.add(c, j)
		for _, i := range c.rows[j] {
			f.Behind[i]++
		}
	}
	return f
}

// add puts a column into the sums behind the expectations.
func (f *RankOne) add(c *Incomplete, j int) {
	w, mean, z := f.Weight[j], f.Mean[j], c.z[j]
	for n, i := range c.rows[j] {
		f.top[i] += w * (z[n] - mean)
		f.bottom[i] += w * w
	}
}

// expect gives mean and variance of each row's g, given weights and noise.
func (f *RankOne) expect(g, variance []float64) {
	for i := range g {
		g[i] = f.top[i] / (f.bottom[i] + f.Noise)
		variance[i] = f.Noise / (f.bottom[i] + f.Noise)
	}
}

// maximise gives every column the mean and weight of least expected squared error, and the noise what is left.
func (f *RankOne) maximise(c *Incomplete, keep []int, cells int, g, variance []float64) {
	clear(f.top)
	clear(f.bottom)
	var left float64
	for _, j := range keep {
		var sg, sgg, szg float64
		z := c.z[j]
		for n, i := range c.rows[j] {
			sg, sgg, szg = sg+g[i], sgg+g[i]*g[i]+variance[i], szg+z[n]*g[i]
		}
		size := float64(len(z)) // the sum of z is 0, that of z^2 is size
		free := sgg - sg*sg/size
		w := szg / free
		mean := -sg / size * w
		f.Weight[j], f.Mean[j] = w, mean
		left += size - 2*w*szg + size*mean*mean + 2*mean*w*sg + w*w*sgg
		f.add(c, j)
	}
	f.Noise = math.Max(leastNoise, left/float64(cells))
	f.expand(keep, g, variance)
}

// expand lets g have any mean and variance while means and weights are estimated, and brings both back to 0 and 1 (Liu, Rubin &
// Wu 1998, parameter-expanded EM). The maximum is the same; without this, rounds creep towards it where g is known well.
func (f *RankOne) expand(keep []int, g, variance []float64) {
	mean := linalg.Mean(g)
	var square float64
	for i := range g {
		square += (g[i]-mean)*(g[i]-mean) + variance[i]
	}
	scale := math.Sqrt(square / float64(len(g)))
	for _, j := range keep {
		f.Mean[j] += mean * f.Weight[j]
		f.Weight[j] *= scale
	}
	for i := range f.top {
		f.top[i] = scale * (f.top[i] - mean*f.bottom[i])
		f.bottom[i] *= scale * scale
	}
}

// turned is the sine of the angle between the scores of two rounds.
func turned(before, g []float64) float64 {
	bb, bg, gg := linalg.Dot(before, before), linalg.Dot(before, g), linalg.Dot(g, g)
	if bb == 0 || gg == 0 {
		return 0
	}
	var left float64
	for i := range g {
		d := g[i] - bg/bb*before[i]
		left += d * d
	}
	return math.Sqrt(left / gg)
}

// finish turns the factor so that weights have a positive sum.
func (f *RankOne) finish(keep []int, g []float64) {
	var sum, square float64
	for _, j := range keep {
		sum, square = sum+f.Weight[j], square+f.Weight[j]*f.Weight[j]
	}
	if sum < 0 {
		for i := range g {
			g[i], f.top[i] = -g[i], -f.top[i]
		}
		for _, j := range keep {
			f.Weight[j] = -f.Weight[j]
		}
	}
	f.Scores = g
	f.Share = (square + f.Noise) / (square + float64(len(keep))*f.Noise)
}

// Both is where a fit without two sets of columns is begun: f and g leave out one each, and their changes from a fit of all are
// added.
func (f *RankOne) Both(all, g *RankOne) *RankOne {
	out := &RankOne{Mean: make([]float64, len(f.Mean)), Weight: make([]float64, len(f.Mean)),
		Noise: math.Max(leastNoise, f.Noise+g.Noise-all.Noise)}
	for j := range out.Mean {
		out.Mean[j], out.Weight[j] = f.Mean[j]+g.Mean[j]-all.Mean[j], f.Weight[j]+g.Weight[j]-all.Weight[j]
	}
	return out
}

// Without approximates the scores of a fit that leaves out the columns of both a and b, from the fits of all columns, without
// those of a, and without those of b: weights are taken to change by the sum of both changes (the change of one left out after
// the other is of second order), and no left-out column is in the sums themselves. out lists the columns of both.
func (c *Incomplete) Without(all, a, b *RankOne, out []int) []float64 {
	top, bottom := make([]float64, c.m), make([]float64, c.m)
	for i := range top {
		top[i], bottom[i] = a.top[i]+b.top[i]-all.top[i], a.bottom[i]+b.bottom[i]-all.bottom[i]
	}
	for _, j := range out {
		wa, wb, w := a.Weight[j], b.Weight[j], all.Weight[j] // a weight is 0 where the column was left out
		ma, mb, mean := a.Mean[j], b.Mean[j], all.Mean[j]
		z := c.z[j]
		for n, i := range c.rows[j] {
			top[i] -= wa*(z[n]-ma) + wb*(z[n]-mb) - w*(z[n]-mean)
			bottom[i] -= wa*wa + wb*wb - w*w
		}
	}
	noise := math.Max(leastNoise, a.Noise+b.Noise-all.Noise)
	for i := range top {
		top[i] /= math.Max(0, bottom[i]) + noise
	}
	return top
}

// PairScores is Without for two columns x and y, where a leaves out x and b leaves out y, over some rows that have both.
func (c *Incomplete) PairScores(all, a, b *RankOne, x, y int, rows []int, to []float64) {
	ay, by := a.Weight[y], all.Weight[y]
	bx, ax := b.Weight[x], all.Weight[x]
	shift := ay*a.Mean[y] - by*all.Mean[y] + bx*b.Mean[x] - ax*all.Mean[x]
	less := ay*ay - by*by + bx*bx - ax*ax
	noise := math.Max(leastNoise, a.Noise+b.Noise-all.Noise)
	zx, zy := c.all[x], c.all[y]
	for n, i := range rows {
		top := a.top[i] + b.top[i] - all.top[i] - (ay-by)*zy[i] - (bx-ax)*zx[i] + shift
		bottom := a.bottom[i] + b.bottom[i] - all.bottom[i] - less
		to[n] = top / (math.Max(0, bottom) + noise)
	}
}
