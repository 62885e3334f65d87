package report

// heightFor picks one of the heights that the style sheet knows.
func heightFor(rows, each, around int) int {
	want := rows*each + around
	for _, h := range []int{160, 220, 280, 320, 420, 480, 520, 600, 640, 800, 1000, 1400, 2000} {
		if h >= want {
			return h
		}
	}
	return 2000
}
