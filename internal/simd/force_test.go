//go:build amd64 || arm64

package simd

// onlyPortable turns the assembly off until the function that it returns is called.
func onlyPortable() (undo func()) {
	before := hasFMA
	hasFMA = false
	return func() { hasFMA = before }
}
