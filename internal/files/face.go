package files

import (
	"fmt"
	"os"
	"time"
)

// Face is what a file looks like from outside, a line each: size, times of change and, where the system has them, inode. The
// time of the inode's last change is among them, which no program can set back: a file that was changed in place has another
// face even if its size and its time of modification are as before.
func Face(i os.FileInfo) string {
	return fmt.Sprintf("size %d\nmodified %d\n%s", i.Size(), i.ModTime().UnixNano(), inode(i))
}

// Changed is when the file changed last, in content or otherwise, as far as the system tells.
func Changed(i os.FileInfo) time.Time {
	if t := inodeChanged(i); t.After(i.ModTime()) {
		return t
	}
	return i.ModTime()
}
