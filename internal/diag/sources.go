package diag

import (
	"bytes"
	"io"
	"os"
)

// largestSource bounds the text that is read to show one line of a file.
const largestSource = 64 << 20

// Sources reads the files that list names, for Print. Files that cannot be read, and compressed ones, are left out: their
// diagnostics are shown without the line.
func Sources(list List) map[string][]byte {
	sources := map[string][]byte{}
	for _, d := range list {
		if _, done := sources[d.Range.File]; done || d.Range.Start.Line == 0 {
			continue
		}
		if src, err := readSource(d.Range.File); err == nil {
			sources[d.Range.File] = src
		}
	}
	return sources
}

func readSource(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, largestSource))
	if bytes.HasPrefix(src, []byte{0x1f, 0x8b}) { // gzip: its lines are not the text's
		src = nil
	}
	return src, err
}
