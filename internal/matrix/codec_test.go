package matrix

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"runtime"
	"strings"
	"testing"
)

func encode(t testing.TB, m *Labelled) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := m.Encode(&buf); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestRoundTrip(t *testing.T) {
	empty := New("", "", nil, nil)
	hostile := NewSquare("<script>\x00\xff", "µ", []string{"", "\n", "名"})
	for _, m := range []*Labelled{sample(), empty, hostile} {
		b := encode(t, m)
		got, err := Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if !got.Equal(m) {
			t.Errorf("decoded %+v, want %+v", got, m)
		}
		if !bytes.Equal(encode(t, got), b) {
			t.Error("equal matrices, different bytes")
		}
	}
}

func TestDecodeReadsOneMatrixOnly(t *testing.T) {
	b := encode(t, sample())
	r := bytes.NewReader(append(bytes.Clone(b), b...))
	for range 2 {
		if _, err := Decode(r); err != nil {
			t.Fatal(err)
		}
	}
	if r.Len() != 0 {
		t.Errorf("%d bytes left", r.Len())
	}
}

func TestDecodeRefusesDamage(t *testing.T) {
	b := encode(t, sample())
	for n := range b {
		if _, err := Decode(bytes.NewReader(b[:n])); err == nil {
			t.Fatalf("a file cut at byte %d of %d decoded", n, len(b))
		}
	}
	wrong := bytes.Clone(b)
	wrong[len(magic)] = 2
	if _, err := Decode(bytes.NewReader(wrong)); err == nil || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("version: %v", err)
	}
	if _, err := Decode(strings.NewReader("{\"name\": 1}   ")); err == nil || !strings.Contains(err.Error(), "not a matrix") {
		t.Errorf("magic: %v", err)
	}
}

// A header that promises 2^31 cells must not allocate them before they arrive.
func TestDecodeAllocatesOnlyWhatArrives(t *testing.T) {
	head := []byte(magic)
	head = binary.LittleEndian.AppendUint32(head, version)
	head = append(head, make([]byte, 8)...) // empty name and unit
	head = binary.LittleEndian.AppendUint32(head, 1)
	head = append(head, make([]byte, 4)...) // one row, label ""
	head = binary.LittleEndian.AppendUint32(head, 1<<24)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := Decode(bytes.NewReader(head)); err == nil {
		t.Error("a header alone decoded")
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<21 {
		t.Errorf("%d bytes allocated for a header of %d", used, len(head))
	}
}

func TestEncodeRefusesInvalid(t *testing.T) {
	m := sample()
	m.Rows[1] = "a"
	if err := m.Encode(io.Discard); err == nil {
		t.Error("a matrix with one label twice was written")
	}
}

func TestJSON(t *testing.T) {
	got, err := json.Marshal(sample())
	if err != nil {
		t.Fatal(err)
	}
	want := `{"name":"overlap","unit":"1","rows":["a","b"],"cols":["x","y","z"],` +
		`"values":[[0.1,-0,5e-324],[-1.7976931348623157e+308,0,null]],` +
		`"missing":[{"row":"b","col":"z","reason":"a constant vector has no correlation"}]}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	got, err = json.Marshal(New("", "", nil, nil))
	if err != nil || strings.Contains(string(got), "null") {
		t.Errorf("empty matrix: %s, %v", got, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(f, sample()))
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		m, err := Decode(r)
		if err != nil {
			return
		}
		if !bytes.Equal(encode(t, m), b[:len(b)-r.Len()]) {
			t.Error("decoded, but encodes to other bytes")
		}
	})
}
