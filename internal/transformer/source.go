package transformer

import "sdmap/internal/gguf"

// tensor is a weight in a file, Rows x Cols.
type tensor interface {
	Rows() int
	Cols() int
	Dequantise(dst []float32, row0, row1 int) error
}

// mapped is a weight that can be multiplied where it lies, and be brought into simd's panels.
type mapped interface {
	Multiply(dst, x []float32, row0, row1 int) error
	Panels(dst []float32, row0, row1 int) error
}

// source is where the weights of a model come from, by the names that GGUF files have for them.
type source struct {
	names   []string // in file order
	tensors map[string]tensor
}

func (s *source) add(name string, t tensor) {
	s.names = append(s.names, name)
	s.tensors[name] = t
}

func tensorsOf(f *gguf.File) source {
	s := source{tensors: map[string]tensor{}}
	for _, t := range f.Tensors() {
		s.add(t.Name, t)
	}
	return s
}

// parameters counts the floats of an expanded model; a tied embedding is held twice, as rows and inputs x outputs.
func (s source) parameters(c Config) int {
	n := 0
	for _, t := range s.tensors {
		n += t.Rows() * t.Cols()
	}
	if c.TiedOutput {
		n += c.Vocab * c.Width
	}
	return n
}
