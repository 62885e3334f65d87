package neural

import (
	"context"
	"fmt"
	"math"
	"math/bits"
	"slices"

	"sdmap/internal/axis"
	"sdmap/internal/linalg"
	"sdmap/internal/simd"
	"sdmap/internal/stats"
)

// noisePool are the last-token states of all traced models as crossnobis distances need them.
//
// Crossnobis (cross-validated Mahalanobis distance; Walther et al. 2016; Schütt et al. 2023) of benchmarks a and b in one
// model and layer, with diagonal noise and two folds of items:
//
//	d_ab = 1/P sum_j (mu1_aj - mu1_bj)(mu2_aj - mu2_bj) / s_j^2
//
// s_j^2 = variance of neuron j within benchmarks (n-1), averaged over benchmarks with equal weight. A split of the items in
// halves is arbitrary; the mean over all splits has a closed form, in which every pair of different items i != i' counts once:
//
//	d_ab = k_aa + k_bb - 2 k_ab,  k_aa = (|S_a|^2 - sum_i |x_i|^2) / (n(n-1)),  k_ab = S_a.S_b / (n_a n_b)
//
// where x are whitened states over sqrt(P) and S their sums: the unbiased MMD_u^2 with a linear kernel. It is what sdmap
// computes. It is unbiased up to the estimate of s_j^2: 0 on average where two benchmarks have the same mean pattern.
//
// RDMs of unit norm are averaged over layers, then models, with weights 1/norm fixed on the full sample, and the result is
// divided by the mean weight, so that its unit stays the noise variance of a neuron. Weights fixed in advance make the
// average linear in the products above: they are folded into the states.
type noisePool struct {
	size   []int // items by block
	models []noiseModel
	absent int // layers in which all distances are 0
	silent int // neurons without noise, left out
}

// noiseModel holds whitened and weighted states; width counts neurons of all layers.
type noiseModel struct {
	width  int
	states [][]float32 // by block: items x width
	square [][]float64 // by block: |x|^2 of each item
	weight float64     // of this model in the average
}

// silentShare is the share of a layer's median noise variance below which a neuron counts as silent: its whitened values would
// be rounding and drown all others.
const silentShare = 1e-4

// newNoisePool takes states[m][b]: items x layers x width of model m on block b.
func newNoisePool(states [][][]float32, layers, width, size []int) *noisePool {
	pool := &noisePool{size: size}
	for m := range states {
		var made noiseModel
		columns := make([][][]float64, len(size)) // by block and item
		for b := range columns {
			columns[b] = make([][]float64, size[b])
		}
		for l := range layers[m] {
			pool.addLayer(columns, &made.weight, states[m], l, layers[m], width[m])
		}
		made.width = len(columns[0][0])
		for _, items := range columns {
			flat, square := make([]float32, 0, len(items)*made.width), make([]float64, len(items))
			for i, row := range items {
				for _, v := range row {
					flat = append(flat, float32(v))
					square[i] += float64(float32(v)) * float64(float32(v))
				}
			}
			made.states, made.square = append(made.states, flat), append(made.square, square)
		}
		pool.models = append(pool.models, made)
	}
	return pool
}

// addLayer whitens one layer, weights it by 1/norm of its distances over the number of layers, and appends its neurons to
// columns.
func (pool *noisePool) addLayer(columns [][][]float64, weight *float64, states [][]float32, layer, layers, width int) {
	blocks := len(pool.size)
	at := func(b, i, j int) float64 { return float64(states[b][(i*layers+layer)*width+j]) }
	centre, noise := make([]float64, width), make([]float64, width)
	for b, n := range pool.size {
		for j := range width {
			var mean, ss float64
			for i := range n {
				mean += at(b, i, j) / float64(n)
			}
			for i := range n {
				ss += (at(b, i, j) - mean) * (at(b, i, j) - mean)
			}
			centre[j] += mean / float64(blocks)
			noise[j] += ss / float64(n-1) / float64(blocks)
		}
	}
	sorted := slices.Sorted(slices.Values(noise))
	var keep []int
	for j, v := range noise {
		if v > silentShare*sorted[width/2] && v > 0 {
			keep = append(keep, j)
		}
	}
	pool.silent += width - len(keep)
	whitened := make([][][]float64, blocks)
	sums, square := make([][]float64, blocks), make([]float64, blocks)
	for b, n := range pool.size {
		sums[b] = make([]float64, len(keep))
		for i := range n {
			row := make([]float64, len(keep))
			for k, j := range keep {
				row[k] = (at(b, i, j) - centre[j]) / math.Sqrt(noise[j]*float64(len(keep)))
				sums[b][k] += row[k]
				square[b] += row[k] * row[k]
			}
			whitened[b] = append(whitened[b], row)
		}
	}
	var norm float64
	for _, d := range crossnobis(sums, square, pool.size) {
		norm += d * d
	}
	if norm = math.Sqrt(norm); !(norm > 1e-12) {
		pool.absent++
		return
	}
	w := 1 / (norm * float64(layers))
	*weight += w
	for b := range whitened {
		for i, row := range whitened[b] {
			for _, v := range row {
				columns[b][i] = append(columns[b][i], v*math.Sqrt(w))
			}
		}
	}
}

// crossnobis gives the distances of all pairs of blocks from sums of states, sums of squared lengths and sizes.
func crossnobis(sums [][]float64, square []float64, size []int) []float64 {
	self := make([]float64, len(size))
	for b, n := range size {
		self[b] = (linalg.Dot(sums[b], sums[b]) - square[b]) / (float64(n) * float64(n-1))
	}
	var out []float64
	for a := range size {
		for b := a + 1; b < len(size); b++ {
			out = append(out, self[a]+self[b]-2*linalg.Dot(sums[a], sums[b])/(float64(size[a])*float64(size[b])))
		}
	}
	return out
}

// subsample is a draw of models and items: indices into the pool's models, and into each block's items, ascending.
type subsample struct {
	models []int
	items  [][]int
}

// everything is the full sample.
func (pool *noisePool) everything() subsample {
	all := func(n int) []int {
		out := make([]int, n)
		for i := range out {
			out[i] = i
		}
		return out
	}
	s := subsample{models: all(len(pool.models))}
	for _, n := range pool.size {
		s.items = append(s.items, all(n))
	}
	return s
}

const (
	poolChunk = 512 // replicates at once
	tableBits = 5   // items whose subset sums are tabled together
)

// distances recomputes the averaged crossnobis distances on n subsamples: n x pairs, row-major.
//
// Every replicate draws its own models and its own items, independently of all other replicates; the items of a replicate
// are the same for all its models, as models and items are crossed in the data. Cost: sums of states over drawn items, five
// items at once from a table of their 32 subset sums, in float32 (states are centred and whitened, so nothing cancels but
// self terms); then the products of all blocks with each other. Only the models that a replicate drew are touched. A chunk of
// replicates belongs to one goroutine and takes models in their order, so bits depend neither on workers nor on GOMAXPROCS.
func (pool *noisePool) distances(ctx context.Context, n, workers int, draw func(r int) subsample,
	progress func(done int)) ([]float64, error) {
	blocks := len(pool.size)
	pairs := blocks * (blocks - 1) / 2
	out := make([]float64, n*pairs)
	batch := poolChunk * max(1, workers)
	for from := 0; from < n; from += batch {
		chunks := (min(batch, n-from) + poolChunk - 1) / poolChunk
		err := axis.Parallel(ctx, workers, chunks, func(c int) {
			first := from + c*poolChunk
			draws := make([]subsample, min(poolChunk, n-first))
			for r := range draws {
				draws[r] = draw(first + r)
			}
			pool.chunk(draws, out[first*pairs:(first+len(draws))*pairs])
		})
		if err != nil {
			return nil, err
		}
		progress(min(n, from+batch))
	}
	return out, nil
}

// chunk fills out (len(draws) x pairs).
func (pool *noisePool) chunk(draws []subsample, out []float64) {
	blocks := len(pool.size)
	drawn := make([][]int32, blocks) // by block: replicates x tables, the row of each table that sums the items drawn
	for b, n := range pool.size {
		tables := tablesOf(n)
		drawn[b] = make([]int32, len(draws)*tables)
		for r, d := range draws {
			rows := drawn[b][r*tables : (r+1)*tables]
			for t := range rows {
				rows[t] = int32(t << tableBits)
			}
			for _, i := range d.items[b] {
				rows[i/tableBits] |= 1 << (i % tableBits)
			}
		}
	}
	weight := make([]float64, len(draws))
	for m, model := range pool.models {
		var rows []int
		for r, d := range draws {
			if slices.Contains(d.models, m) {
				rows = append(rows, r)
				weight[r] += model.weight
			}
		}
		if len(rows) > 0 && model.width > 0 {
			model.add(draws, rows, drawn, out)
		}
	}
	pairs := blocks * (blocks - 1) / 2
	for r, w := range weight {
		for k := range pairs {
			out[r*pairs+k] /= w
		}
	}
}

// add adds this model's weighted distances in the replicates of rows.
func (model *noiseModel) add(draws []subsample, rows []int, drawn [][]int32, out []float64) {
	blocks, p := len(drawn), padded(model.width)
	sums := make([]float32, len(rows)*blocks*p)
	for b := range blocks {
		model.sums(b, rows, drawn[b], func(k int) []float32 { return sums[(k*blocks+b)*p : (k*blocks+b+1)*p] })
	}
	pairs := blocks * (blocks - 1) / 2
	self, share := make([]float64, blocks), make([]float64, blocks)
	g := newProducts(blocks, p)
	for k, r := range rows {
		g.of(sums[k*blocks*p : (k+1)*blocks*p])
		for b := range blocks {
			var square float64
			for _, i := range draws[r].items[b] {
				square += model.square[b][i]
			}
			n := float64(len(draws[r].items[b]))
			self[b], share[b] = (float64(g.at(b)[b])-square)/(n*(n-1)), 1/n
		}
		row := out[r*pairs : (r+1)*pairs]
		i := 0
		for a := range blocks {
			of := g.at(a)
			for b := a + 1; b < blocks; b++ {
				row[i] += self[a] + self[b] - 2*float64(of[b])*share[a]*share[b]
				i++
			}
		}
	}
}

// tablesOf is how many tables n items need.
func tablesOf(n int) int { return (n + tableBits - 1) / tableBits }

// sums sets into(k) to the sum of the states of block b's items that replicate rows[k] drew.
func (model *noiseModel) sums(b int, rows []int, drawn []int32, into func(k int) []float32) {
	n, p, tables := len(model.square[b]), padded(model.width), tablesOf(len(model.square[b]))
	table := make([]float32, tables*p<<tableBits) // row s of each is the sum of the items whose bits are set in s
	for first := 0; first < n; first += tableBits {
		of := table[first/tableBits*p<<tableBits:]
		for s := 1; s < 1<<min(tableBits, n-first); s++ {
			item := (first + bits.TrailingZeros(uint(s))) * model.width
			row, rest := of[s*p:(s+1)*p], of[(s&(s-1))*p:]
			for j, v := range model.states[b][item : item+model.width] {
				row[j] = rest[j] + v
			}
		}
	}
	for k, r := range rows {
		simd.SumRows(into(k), table, drawn[r*tables:(r+1)*tables])
	}
}

// halves draws half of the lineages and half of each block's items.
func (pool *noisePool) halves(seed uint64, lineages []string) func(r int) subsample {
	return func(r int) subsample {
		rng := stats.Stream(seed, "neural/tests", r)
		s := subsample{models: stats.HalfSampleGroups(rng, lineages)}
		for _, n := range pool.size {
			s.items = append(s.items, stats.HalfSample(rng, n))
		}
		return s
	}
}

func (pool *noisePool) warnings() []string {
	var out []string
	if pool.silent > 0 {
		out = append(out, fmt.Sprintf("%d neurons (over all models and layers) hardly vary within benchmarks and are left out "+
			"of crossnobis distances", pool.silent))
	}
	if pool.absent > 0 {
		out = append(out, fmt.Sprintf("%d layers (over all models) do not tell any two benchmarks apart and are left out of "+
			"crossnobis distances", pool.absent))
	}
	return out
}
