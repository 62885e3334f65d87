package simd

// SumRows sets to to the sum of some rows of a table, in the order in which they are named, one addition a number and row; of no
// rows it is 0. Rows stand one after the other, each as long as to, whose length is a multiple of Width.
func SumRows(to, table []float32, rows []int32) {
	if len(to)%Width != 0 {
		panic("simd: rows of a table are not whole panels")
	}
	for _, r := range rows {
		_ = table[int(r)*len(to) : (int(r)+1)*len(to)] // the assembly checks no bounds
	}
	if len(rows) > 0 && len(to) > 0 && sumRowsVectors(to, table, rows) {
		return
	}
	clear(to)
	for _, r := range rows {
		for i, v := range table[int(r)*len(to) : (int(r)+1)*len(to)] {
			to[i] += v
		}
	}
}
