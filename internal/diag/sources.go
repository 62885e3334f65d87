package diag

import (
	"bytes"
	"io"

	"sdmap/internal/files"
)

// largestSource bounds the text that is read to show one line of a file.
const largestSource = 64 << 20

// Source reads a file, for Print. It is nil for one that cannot be read, is no file, or is compressed: its lines are not
// those of the text.
func Source(name string) []byte {
	f, err := files.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, largestSource))
	if err != nil || packed(src) {
		return nil
	}
	return src
}

// packed says whether the lines of a file are not those that its reader sees: it is gzip or zstd.
func packed(src []byte) bool {
	return bytes.HasPrefix(src, []byte{0x1f, 0x8b}) || bytes.HasPrefix(src, []byte{0x28, 0xb5, 0x2f, 0xfd})
}
