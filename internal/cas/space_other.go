//go:build !(linux || darwin)

package cas

// Free is not known here.
func (s *Store) Free() (int64, bool) { return 0, false }
