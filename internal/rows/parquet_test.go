package rows

import (
	"bytes"
	"encoding/binary"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// pageHeaderOf is a data page's header as Thrift's compact protocol writes it.
func pageHeaderOf(unpacked, packed, values int64) []byte {
	out := []byte{0x15, 0} // field 1, an int32: a data page
	for _, n := range []int64{unpacked, packed} {
		out = binary.AppendVarint(append(out, 0x15), n)
	}
	out = append(out, 0x2c, 0x15) // field 5, a structure; its field 1
	out = binary.AppendVarint(out, values)
	return append(out, 0x15, 0, 0x15, 0, 0x15, 0, 0, 0) // and its three encodings, plain
}

// What a Parquet file claims to hold is held against its size before room is made for it.
func TestParquetClaims(t *testing.T) {
	whole, err := os.ReadFile("testdata/none.parquet")
	if err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	first := f.Metadata().RowGroups[0].Columns[0].MetaData
	at := first.DataPageOffset
	if first.DictionaryPageOffset != 0 {
		at = first.DictionaryPageOffset
	}
	page := func(header []byte) []byte {
		src := slices.Clone(whole)
		copy(src[at:], header)
		return src
	}
	ending := func(src []byte, length uint32) []byte {
		return append(binary.LittleEndian.AppendUint32(slices.Clone(src), length), "PAR1"...)
	}
	const much = 1 << 30
	for want, src := range map[string][]byte{
		"claims 1073741824 bytes, and":           page(pageHeaderOf(1, much, 1)),
		"claims 1073741824 bytes unpacked":       page(pageHeaderOf(much, 1, 1)),
		"claims 1073741824 values":               page(pageHeaderOf(1, 1, much)),
		`column "id": the page at byte 4 claims`: page(pageHeaderOf(-1, 1, 1)),
		"header of the page at byte 4":           page(bytes.Repeat([]byte{0xff}, 40)),
		"footer is of 4294967295 bytes":          ending(whole[:len(whole)-8], 1<<32-1),
		"a list of 1073741824, and":              ending(append([]byte("PAR1\x19"), binary.AppendUvarint([]byte{0xfc}, much)...), 7),
		"nested deeper":                          ending(append([]byte("PAR1"), bytes.Repeat([]byte{0x1c}, 100)...), 100),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := collect(string(src), Options{})
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(told(err), want) || !strings.Contains(told(err), "download it again") {
			t.Errorf("error %v, want %q and what to do", told(err), want)
		}
		if got := (after.TotalAlloc - before.TotalAlloc) >> 20; got > 32 {
			t.Errorf("%s: %d MiB were taken", want, got)
		}
	}
}

// A file whose footer or pages were damaged is read or refused, and never more is taken than its size gives reason for.
func FuzzParquet(f *testing.F) {
	whole, err := os.ReadFile("testdata/zstd.parquet")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(10, byte(0xff), len(whole)-100, byte(0x7f))
	f.Fuzz(func(t *testing.T, i int, a byte, k int, b byte) {
		src := slices.Clone(whole)
		src[uint(i)%uint(len(src))], src[uint(k)%uint(len(src))] = a, b
		if _, err := collect(string(src), Options{}); err != nil && told(err) == "" {
			t.Fatal("a fault without a reason")
		}
	})
}
