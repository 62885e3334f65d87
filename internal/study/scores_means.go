package study

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"

	"sdmap/internal/diag"
)

// What is looked at to find a column that is the mean of others. With this many rows, and a rounding error this small beside the
// column's range, chance gives no mean.
const (
	meanRows     = 5
	meanRange    = 20
	meanSample   = 400 // rows that candidates are tried on first
	mostVariants = 8   // columns between those of one kind, at most
	mostWeighted = 100 // columns among which any subset is found; in wider tables only neighbours and all the others
)

// refuseMeans reports columns that are the mean of others: they correlate with each of them by construction.
func (c *scoreSheet) refuseMeans() {
	m := newMeans(c)
	var out []string
	for k, col := range c.scored {
		of := m.behind(k)
		if of == nil {
			continue
		}
		var names []string
		for _, j := range of {
			names = append(names, c.scored[j].name)
		}
		at := c.study.Benchmarks[col.benchmark].At
		c.report(at, fmt.Sprintf("column %q is the mean of %d others", col.name, len(of)), "It averages "+quotedNames(names)+
			", and goes with each of them by construction.", c.without(col.name))
		out = append(out, col.name)
	}
	if len(out) > 1 {
		c.report(diag.Range{File: c.sheet}, fmt.Sprintf("%d columns are means of others", len(out)), "", c.without(out...))
	}
}

// without says how to leave columns out.
func (c *scoreSheet) without(names ...string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = strconv.Quote("!" + n)
	}
	list, it := strings.Join(quoted, ", "), map[bool]string{true: "it", false: "them"}[len(names) == 1]
	if len(c.columns) > 0 {
		return fmt.Sprintf("Leave %s out: write %s at the end of columns in [scores].", it, list)
	}
	return fmt.Sprintf("Leave %s out: columns = [\"*\", %s] in [scores].", it, list)
}

// means looks for columns that are means of others. Values are those of the file.
type means struct {
	values  [][]float64
	columns []*scoreColumn
	unit    []float64 // by column: what one in the last digit is
	whole   []int     // rows without a gap, at most meanSample
}

// at is what the file has for a row in a column.
func (m *means) at(row, column int) float64 {
	col := m.columns[column]
	v := m.values[row][col.benchmark]
	if col.lower {
		v = 1 - v
	}
	return v * col.scale
}

func newMeans(c *scoreSheet) *means {
	m := &means{values: c.study.Scores.Values, columns: c.scored}
	for _, col := range c.scored {
		unit := math.Pow(10, -float64(col.decimals))
		if col.percent {
			unit *= col.scale / 100
		}
		m.unit = append(m.unit, max(unit, 1e-9*col.scale))
	}
	for i, row := range m.values {
		if len(m.whole) < meanSample && !slices.ContainsFunc(c.scored, func(col *scoreColumn) bool {
			return math.IsNaN(row[col.benchmark])
		}) {
			m.whole = append(m.whole, i)
		}
	}
	return m
}

// behind lists the columns whose mean column k is; nil where it is none. Three kinds are looked for: the mean of all others
// that a row has, of neighbours, and of any.
func (m *means) behind(k int) []int {
	var others []int
	for j := range m.columns {
		if j != k {
			others = append(others, j)
		}
	}
	if len(others) < 2 {
		return nil
	}
	if m.is(k, others) {
		return others
	}
	if of := m.neighbours(k); of != nil {
		return of
	}
	if of := m.weighted(k, others); of != nil && m.is(k, of) {
		return of
	}
	return nil
}

// is says whether column k is the mean of the others in every row, within the rounding of the file, and no copy of one.
func (m *means) is(k int, of []int) bool {
	tolerance := m.tolerance(k, of)
	rows, lowest, highest := 0, math.Inf(1), math.Inf(-1)
	for i := range m.values {
		v, sum, n := m.at(i, k), 0.0, 0
		for _, j := range of {
			if x := m.at(i, j); !math.IsNaN(x) {
				sum, n = sum+x, n+1
			}
		}
		if math.IsNaN(v) || n < 2 {
			continue
		}
		if math.Abs(v-sum/float64(n)) > tolerance {
			return false
		}
		rows, lowest, highest = rows+1, min(lowest, v), max(highest, v)
	}
	return rows >= meanRows && highest-lowest >= meanRange*tolerance && !m.copies(k, of)
}

// tolerance is what rounding of the file can make of a mean: half a unit of it, and of its parts.
func (m *means) tolerance(k int, of []int) float64 {
	parts := 0.0
	for _, j := range of {
		parts += m.unit[j]
	}
	return (m.unit[k] + parts/float64(len(of))) / 2 * 1.001
}

// copies says whether one of the others has the very values of column k.
func (m *means) copies(k int, of []int) bool {
	return slices.ContainsFunc(of, func(j int) bool {
		return !slices.ContainsFunc(m.whole, func(i int) bool { return m.at(i, j) != m.at(i, k) })
	})
}

// neighbours finds a run of columns, k itself left out, whose mean is column k: next to each other, or with as many columns
// between them as tables have variants of one score.
func (m *means) neighbours(k int) []int {
	if len(m.whole) < meanRows {
		return nil
	}
	for step := 1; step <= mostVariants; step++ {
		for from := range m.columns {
			if of := m.run(k, from, step); of != nil {
				return of
			}
		}
	}
	return nil
}

// run is the shortest run from a column on, in steps, whose mean is column k; nil where there is none. Two rows tell most of
// those that are none.
func (m *means) run(k, from, step int) []int {
	first, last := m.whole[0], m.whole[len(m.whole)-1]
	var of []int
	var sumFirst, sumLast, unit float64
	for j := from; j < len(m.columns); j += step {
		if j == k {
			continue
		}
		of = append(of, j)
		sumFirst, sumLast, unit = sumFirst+m.at(first, j), sumLast+m.at(last, j), max(unit, m.unit[j])
		n, wide := float64(len(of)), m.unit[k]+unit
		if n >= 2 && math.Abs(sumFirst/n-m.at(first, k)) < wide && math.Abs(sumLast/n-m.at(last, k)) < wide && m.is(k, of) {
			return of
		}
	}
	return nil
}

// weighted finds any columns with the same weight in the least-squares fit of column k.
func (m *means) weighted(k int, others []int) []int {
	if len(m.columns) > mostWeighted || len(m.whole) < 2*len(others) {
		return nil
	}
	x, y := mat.NewDense(len(m.whole), len(others), nil), mat.NewVecDense(len(m.whole), nil)
	for r, i := range m.whole {
		for q, j := range others {
			x.Set(r, q, m.at(i, j))
		}
		y.SetVec(r, m.at(i, k))
	}
	var w mat.VecDense
	if err := w.SolveVec(x, y); err != nil {
		return nil
	}
	order := make([]int, len(others))
	for q := range order {
		order[q] = q
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(w.AtVec(b), w.AtVec(a)) })
	for n := 2; n <= len(order); n++ {
		even := 1 / float64(n)
		if w.AtVec(order[0]) < 1.3*even && w.AtVec(order[n-1]) > 0.7*even && (n == len(order) || w.AtVec(order[n]) < 0.3*even) {
			var of []int
			for _, q := range order[:n] {
				of = append(of, others[q])
			}
			slices.Sort(of)
			return of
		}
	}
	return nil
}
