package linalg

// Gram is the n x n matrix of all inner products of n rows of equal length, each summed as Dot sums it. Products of two rows with
// two others are taken at once, since one sum alone would wait for itself at every step.
func Gram(rows [][]float64) []float64 {
	n := len(rows)
	out := make([]float64, n*n)
	for i := 0; i < n; i += 2 {
		for j := 0; j <= i; j += 2 {
			if i+1 == n {
				for k := j; k < min(j+2, n); k++ {
					out[i*n+k] = Dot(rows[i], rows[k])
				}
				continue
			}
			a, b, c, d := fourDots(rows[i], rows[i+1], rows[j], rows[j+1])
			out[i*n+j], out[i*n+j+1], out[(i+1)*n+j], out[(i+1)*n+j+1] = a, b, c, d
		}
	}
	for i := range n {
		for j := range i {
			out[j*n+i] = out[i*n+j]
		}
	}
	return out
}

// fourDots are the products of x and y with u and v: xu, xv, yu, yv.
func fourDots(x, y, u, v []float64) (xu, xv, yu, yv float64) {
	y, u, v = y[:len(x)], u[:len(x)], v[:len(x)]
	for i, p := range x {
		q, r, s := y[i], u[i], v[i]
		xu, xv = xu+p*r, xv+p*s
		yu, yv = yu+q*r, yv+q*s
	}
	return xu, xv, yu, yv
}
