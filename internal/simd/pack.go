package simd

// Pack writes n columns, each in k contiguous numbers of src, as panels of k rows. What fills the last panel up is left as it
// is.
func Pack(dst, src []float32, n, k int) {
	for j := 0; j < n; j += Width {
		panel, columns := dst[j*k:], src[j*k:min(n, j+Width)*k]
		from := packVectors(panel, columns, k)
		for i := 0; i*k < len(columns); i++ {
			for l := from; l < k; l++ {
				panel[l*Width+i] = columns[i*k+l]
			}
		}
	}
}
