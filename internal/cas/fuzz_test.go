package cas

import (
	"bytes"
	"testing"
)

// What decodes is exactly what encode prints: no second spelling of an entry exists.
func FuzzEntry(f *testing.F) {
	e := Entry{Made: Made{Kind: "a/b", Subject: "m01 on \"x\"", Description: "kind a/b\nfact x \"y\"\n", Seconds: 1.5, Tokens: 3}, Output: OutputOf(nil), Size: 9}
	f.Add(e.encode())
	f.Add([]byte(entryMagic + "\nkind \nsubject \noutput \nsize -1\nseconds NaN\ntokens 1\ndescription 99999999999\n"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := decodeEntry(data)
		if err == nil && (!bytes.Equal(e.encode(), data) || e.Action != IDOf(e.Description)) {
			t.Errorf("%q decodes to %+v, which prints otherwise", data, e)
		}
	})
}

// Reading records never fails and never invents: what counts as sound is what appendRecord writes.
func FuzzRecords(f *testing.F) {
	f.Add(appendRecord(appendRecord(nil, "key", []byte("value")), "", nil))
	f.Add(bytes.Repeat([]byte{0xff}, 40))
	f.Fuzz(func(t *testing.T, data []byte) {
		known := map[string][]byte{}
		good := readRecords(data, known)
		again := map[string][]byte{}
		if n := readRecords(data[:good], again); n != good || len(again) != len(known) {
			t.Errorf("the sound part of %d bytes reads as %d bytes", good, n)
		}
	})
}
