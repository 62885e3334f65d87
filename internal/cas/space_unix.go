//go:build linux || darwin

package cas

import "syscall"

// Free is how many bytes this user may still write where the store lies; false if the system does not say.
func (s *Store) Free() (int64, bool) {
	f, err := s.disk.root.Open(".")
	if err != nil {
		return 0, false
	}
	defer f.Close()
	var st syscall.Statfs_t
	if err := syscall.Fstatfs(int(f.Fd()), &st); err != nil || st.Blocks == 0 { // some file systems have no size
		return 0, false
	}
	return int64(st.Bavail) * int64(st.Bsize), true
}
