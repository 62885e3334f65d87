package transformer

import (
	"context"
	"sync"

	"sdmap/internal/simd"
)

// panelOutputs is how many outputs a task computes: enough to share the reading of the inputs, few enough to stay in a near
// cache when dequantised.
const panelOutputs = 12 * simd.Width

// fewRows are computed at once where memory does not matter: as many as share a panel while it is near.
const fewRows = 96

// weight maps in inputs to out outputs.
type weight struct {
	in, out  int
	bias     []float32 // out; nil if there is none
	tensors  []tensor  // stacked: their rows are the outputs, in order
	resident []float32 // in x out in panels; nil if these are dequantised as they are needed
}

// expand makes w resident.
func (w *weight) expand() error {
	w.resident = make([]float32, simd.PanelsLen(w.in, w.out))
	var rows []float32
	for c := 0; c < w.out; c += panelOutputs {
		n := min(panelOutputs, w.out-c)
		rows = sized(rows, n*w.in)
		if err := w.dequantise(rows, c, c+n); err != nil {
			return err
		}
		simd.Pack(w.resident[c*w.in:], rows, n, w.in)
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

// multiply writes x (rows x in) times w, plus its bias, to dst (rows x out), with one task for each panel of outputs.
func (m *Model) multiply(ctx context.Context, s *scratch, w *weight, dst, x []float32, rows int) error {
	panels := (w.out + panelOutputs - 1) / panelOutputs
	return parallel(ctx, m.workers, panels, func(worker, panel int) error {
		c := panel * panelOutputs
		n := min(panelOutputs, w.out-c)
		if w.resident != nil {
			simd.Multiply(rows, n, w.in, x, w.in, simd.Panels(w.resident[c*w.in:], w.in), dst[c:], w.out, false)
		} else {
			own := &s.workers[worker]
			own.rows, own.panel = sized(own.rows, n*w.in), sized(own.panel, simd.PanelsLen(w.in, n))
			if err := w.dequantise(own.rows, c, c+n); err != nil {
				return err
			}
			simd.Pack(own.panel, own.rows, n, w.in)
			simd.Multiply(rows, n, w.in, x, w.in, simd.Panels(own.panel, w.in), dst[c:], w.out, false)
		}
		if w.bias != nil {
			for i := range rows {
				add(dst[i*w.out+c:i*w.out+c+n], w.bias[c:c+n])
			}
		}
		return nil
	})
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
