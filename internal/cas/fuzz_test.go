package cas

import (
	"bytes"
	"testing"
)

// What decodes is exactly what encode prints: no second spelling of an entry exists.
func FuzzEntry(f *testing.F) {
	e := Entry{Made: Made{Kind: "a/b", Subject: "m01 on \"x\"", Description: "kind a/b\nfact x \"y\"\n", Seconds: 1.5, Tokens: 3},
		Output: OutputOf(nil), Size: 9}
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

// Whatever stands in a memo, a digest comes out of it only if remember wrote it for that very face.
func FuzzMemo(f *testing.F) {
	face := faceMagic + "\"/models/a.gguf\"\nsize 9\nmodified 1\n"
	id := OutputOf([]byte("content"))
	f.Add(memoText(face, id), face)
	f.Add([]byte(faceMagic+"\"\n"), face)
	s, err := Open(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte, face string) {
		name := memoName(face)
		if err := s.write(name, data); err != nil {
			t.Fatal(err)
		}
		if id, ok := s.readMemo(name, face); ok && !bytes.Equal(memoText(face, id), data) {
			t.Errorf("%q gives %v", data, id)
		}
		memoIsOf(data)
	})
}

// What an owner's file may hold never stops anybody, and what a process writes of itself is read back.
func FuzzProcess(f *testing.F) {
	f.Add(thisProcess().face())
	f.Add("host \"a\"\npid 1\n")
	f.Fuzz(func(t *testing.T, face string) {
		p, ok := parseFace(face)
		if again, ok2 := parseFace(p.face()); ok && (!ok2 || again != p) {
			t.Errorf("%+v is written as %q and read as %+v", p, p.face(), again)
		}
		p.ended()
	})
}
