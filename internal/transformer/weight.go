package transformer

import (
	"context"
	"sync"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"sdmap/internal/gguf"
)

// A product runs in tiles of these sizes: small enough that gonum neither starts goroutines (it does from four blocks of
// 64 x 64 on) nor leaves the second-level cache. Tiles split rows, outputs and inputs; a sum over inputs stays in order.
const (
	tileRows = 64
	tileCols = 192
	tileSum  = 128
)

// weight maps in inputs to out outputs.
type weight struct {
	in, out  int
	bias     []float32      // out; nil if there is none
	tensors  []*gguf.Tensor // stacked: their rows are the outputs, in order
	resident []float32      // in x out; nil if panels are dequantised as they are needed
}

// expand makes w resident.
func (w *weight) expand() error {
	w.resident = make([]float32, w.in*w.out)
	var rows []float32
	for c := 0; c < w.out; c += tileCols {
		n := min(tileCols, w.out-c)
		rows = sized(rows, n*w.in)
		if err := w.dequantise(rows, c, c+n); err != nil {
			return err
		}
		transpose(w.resident[c:], w.out, rows, n, w.in)
	}
	return nil
}

// dequantise writes outputs c0 to c1 as rows of in values.
func (w *weight) dequantise(rows []float32, c0, c1 int) error {
	first := 0
	for _, t := range w.tensors {
		from, to := max(c0, first), min(c1, first+t.Rows())
		if from < to {
			part := rows[(from-c0)*w.in : (to-c0)*w.in]
			if err := t.Dequantise(part, from-first, to-first); err != nil {
				return err
			}
		}
		first += t.Rows()
	}
	return nil
}

// transpose writes src (n x m) to dst (m x n, with stride).
func transpose(dst []float32, stride int, src []float32, n, m int) {
	const side = 16
	for j0 := 0; j0 < m; j0 += side {
		for i := range n {
			for j := j0; j < min(j0+side, m); j++ {
				dst[j*stride+i] = src[i*m+j]
			}
		}
	}
}

// multiply writes x (rows x in) times w, plus its bias, to dst (rows x out), with one task for each panel of outputs.
func (m *Model) multiply(ctx context.Context, s *scratch, w *weight, dst, x []float32, rows int) error {
	panels := (w.out + tileCols - 1) / tileCols
	return parallel(ctx, m.workers, panels, func(worker, panel int) error {
		c := panel * tileCols
		n := min(tileCols, w.out-c)
		if w.resident != nil {
			gemm(rows, n, w.in, x, w.in, w.resident[c:], w.out, dst[c:], w.out, false)
		} else {
			own := &s.workers[worker]
			own.rows, own.panel = sized(own.rows, n*w.in), sized(own.panel, n*w.in)
			if err := w.dequantise(own.rows, c, c+n); err != nil {
				return err
			}
			transpose(own.panel, n, own.rows, n, w.in)
			gemm(rows, n, w.in, x, w.in, own.panel, n, dst[c:], w.out, false)
		}
		if w.bias != nil {
			for i := range rows {
				add(dst[i*w.out+c:i*w.out+c+n], w.bias[c:c+n])
			}
		}
		return nil
	})
}

// gemm sets C (m x n) to A (m x k) B (k x n), or adds to it. Whatever the tiles, each element is summed over k in order.
func gemm(m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int, add bool) {
	for j := 0; j < n; j += tileCols {
		for l := 0; l < k; l += tileSum {
			beta := float32(1)
			if l == 0 && !add {
				beta = 0
			}
			right := blas32.General{Rows: min(tileSum, k-l), Cols: min(tileCols, n-j), Stride: ldb, Data: b[l*ldb+j:]}
			for i := 0; i < m; i += tileRows {
				rows := min(tileRows, m-i)
				left := blas32.General{Rows: rows, Cols: right.Rows, Stride: lda, Data: a[i*lda+l:]}
				out := blas32.General{Rows: rows, Cols: right.Cols, Stride: ldc, Data: c[i*ldc+j:]}
				blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, left, right, beta, out)
			}
		}
	}
}

// parallel runs tasks 0 to n-1 on so many workers and returns the error of the lowest task that failed, or that of ctx.
func parallel(ctx context.Context, workers, n int, task func(worker, i int) error) error {
	if workers = min(workers, n); workers <= 1 {
		for i := range n {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := task(0, i); err != nil {
				return err
			}
		}
		return nil
	}
	errs := make([]error, n)
	var group sync.WaitGroup
	next := make(chan int, n)
	for i := range n {
		next <- i
	}
	close(next)
	for worker := range workers {
		group.Go(func() {
			for i := range next {
				if errs[i] = ctx.Err(); errs[i] == nil {
					errs[i] = task(worker, i)
				}
			}
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
