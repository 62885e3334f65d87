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

// singleRows are multiplied one by one with a mapped weight, as it is read, to the same bits: panels pay from three on.
const singleRows = 2

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

// each calls do for the tensors that outputs c0 to c1 are in, with the rows that these are and the place of their first one
// behind c0.
func (w *weight) each(c0, c1 int, do func(t tensor, place, row0, row1 int) error) error {
	first := 0
	for _, t := range w.tensors {
		from, to := max(c0, first), min(c1, first+t.Rows())
		if from < to {
			if err := do(t, from-c0, from-first, to-first); err != nil {
				return err
			}
		}
		first += t.Rows()
	}
	return nil
}

// dequantise writes outputs c0 to c1 as rows of in values.
func (w *weight) dequantise(rows []float32, c0, c1 int) error {
	return w.each(c0, c1, func(t tensor, place, row0, row1 int) error {
		return t.Dequantise(rows[place*w.in:(place+row1-row0)*w.in], row0, row1)
	})
}

// panels writes outputs c0 to c1, of which c0 begins a panel, as panels.
func (w *weight) panels(own *workerScratch, c0, c1 int) error {
	own.panel = sized(own.panel, simd.PanelsLen(w.in, c1-c0))
	if w.straddled() {
		own.rows = sized(own.rows, (c1-c0)*w.in)
		if err := w.dequantise(own.rows, c0, c1); err != nil {
			return err
		}
		simd.Pack(own.panel, own.rows, c1-c0, w.in)
		return nil
	}
	return w.each(c0, c1, func(t tensor, place, row0, row1 int) error {
		return t.(mapped).Panels(own.panel[place*w.in:][:simd.PanelsLen(w.in, row1-row0)], row0, row1)
	})
}

// straddled says whether there is a panel with outputs of two tensors.
func (w *weight) straddled() bool {
	for _, t := range w.tensors[:len(w.tensors)-1] {
		if t.Rows()%simd.Width != 0 {
			return true
		}
	}
	return false
}

// multiply writes x (rows x in) times w, plus its bias, to dst (rows x out), with one task for each panel of outputs.
func (m *Model) multiply(ctx context.Context, s *scratch, w *weight, dst, x []float32, rows int) error {
	tasks := (w.out + panelOutputs - 1) / panelOutputs
	return parallel(ctx, m.workers, tasks, func(worker, task int) error {
		c := task * panelOutputs
		n := min(panelOutputs, w.out-c)
		if err := w.multiply(&s.workers[worker], dst[c:], x, rows, c, n); err != nil {
			return err
		}
		if w.bias != nil {
			for i := range rows {
				add(dst[i*w.out+c:i*w.out+c+n], w.bias[c:c+n])
			}
		}
		return nil
	})
}

// multiply writes the products with n outputs from c on to dst, whose rows are those of all outputs.
func (w *weight) multiply(own *workerScratch, dst, x []float32, rows, c, n int) error {
	if w.resident != nil {
		simd.Multiply(rows, n, w.in, x, w.in, simd.Panels(w.resident[c*w.in:], w.in), dst, w.out, false)
		return nil
	}
	if rows <= singleRows {
		return w.each(c, c+n, func(t tensor, place, row0, row1 int) error {
			for i := range rows {
				if err := t.(mapped).Multiply(dst[i*w.out+place:][:row1-row0], x[i*w.in:(i+1)*w.in], row0, row1); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := w.panels(own, c, c+n); err != nil {
		return err
	}
	simd.Multiply(rows, n, w.in, x, w.in, simd.Panels(own.panel, w.in), dst, w.out, false)
	return nil
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
