package simd

// portable is block in Go: two rows by four columns at a time, whose sums the compiler keeps in registers.
func portable(rows, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int) {
	for i := 0; i < rows; i += 2 {
		next := min(i+1, rows-1) // the last row of an odd number stands for both
		x, y := a[i*lda:i*lda+k], a[next*lda:next*lda+k]
		for j := 0; j < Width; j += 4 {
			u, v := c[i*ldc+j:i*ldc+j+4:i*ldc+j+4], c[next*ldc+j:next*ldc+j+4:next*ldc+j+4]
			u0, u1, u2, u3, v0, v1, v2, v3 := u[0], u[1], u[2], u[3], v[0], v[1], v[2], v[3]
			for l, s := range x {
				t := y[l]
				w := b[l*ldb+j : l*ldb+j+4 : l*ldb+j+4]
				u0 += s * w[0]
				u1 += s * w[1]
				u2 += s * w[2]
				u3 += s * w[3]
				v0 += t * w[0]
				v1 += t * w[1]
				v2 += t * w[2]
				v3 += t * w[3]
			}
			u[0], u[1], u[2], u[3] = u0, u1, u2, u3
			v[0], v[1], v[2], v[3] = v0, v1, v2, v3
		}
	}
}
