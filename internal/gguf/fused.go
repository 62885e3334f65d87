package gguf

type kernel struct {
	values int
	dot    func(n int, rows *byte, stride int, x, sums *float32)
	panel  func(n int, rows *byte, stride int, panel *float32)
}
