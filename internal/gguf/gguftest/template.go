package gguftest

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// WithTemplate copies a model file and gives it a chat template. The template is filled up with a comment, so that what
// lies behind it stays aligned.
func WithTemplate(t testing.TB, path, template string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := func(b *bytes.Buffer, s string) {
		binary.Write(b, binary.LittleEndian, uint64(len(s)))
		b.WriteString(s)
	}
	var entry bytes.Buffer
	for fill := 0; entry.Len() == 0 || entry.Len()%32 > 0; fill++ {
		entry.Reset()
		text(&entry, "tokenizer.chat_template")
		binary.Write(&entry, binary.LittleEndian, uint32(8))
		text(&entry, template+"{#"+strings.Repeat(" ", fill)+"#}")
	}
	const header, count = 24, 16 // the header's length, and where the number of entries stands
	out := append(slices.Clone(data[:header]), entry.Bytes()...)
	out = append(out, data[header:]...)
	binary.LittleEndian.PutUint64(out[count:], binary.LittleEndian.Uint64(out[count:])+1)
	copied := filepath.Join(t.TempDir(), filepath.Base(path))
	if err := os.WriteFile(copied, out, 0o600); err != nil {
		t.Fatal(err)
	}
	return copied
}
