package matrix

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"
)

func TestJSONComesBack(t *testing.T) {
	m := New("overlap", "nats", []string{"a", "b"}, []string{"x", "y", "z"})
	m.Set(0, 0, 1.0/3)
	m.Set(0, 1, math.Copysign(0, -1))
	m.Set(1, 2, 5e-324)
	m.SetMissing(1, 0, "constant <scores>")
	data, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var back Labelled
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if !back.Equal(m) {
		t.Errorf("%+v came back as %+v", m, back)
	}
	for _, bad := range []string{
		`{"rows":["a"],"cols":["x"],"values":[]}`,
		`{"rows":["a"],"cols":["x"],"values":[[1,2]]}`,
		`{"rows":["a"],"cols":["x"],"values":[[1]],"missing":[{"row":"q","col":"x","reason":"r"}]}`,
		`{"rows":["a","a"],"cols":["x"],"values":[[1],[2]]}`,
		`[1]`,
	} {
		if err := json.Unmarshal([]byte(bad), &back); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
}

// A reason that very many cells have is written once, whatever others there are, and comes back; so does the list of every cell's
// reason.
func TestCommonReason(t *testing.T) {
	labels := make([]string, commonReason)
	for i := range labels {
		labels[i] = strconv.Itoa(i)
	}
	m := New("standard error", "1", labels, []string{"x", "y"})
	for i := range labels {
		m.SetMissing(i, 0, "the number of items is not known")
		m.SetMissing(i, 1, "the number of items is not known")
	}
	m.SetMissing(7, 0, "no value")
	m.Set(9, 1, 0.5)
	data, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(data), "is not known"); n != 1 {
		t.Errorf("the common reason is written %d times", n)
	}
	var back Labelled
	if err := json.Unmarshal(data, &back); err != nil || !back.Equal(m) {
		t.Errorf("the matrix came back otherwise: %v", err)
	}
	every := `{"name":"n","unit":"1","rows":["a"],"cols":["x","y"],"values":[[null,null]],"missing":[{"row":"a","col":"y",` +
		`"reason":"r"}],"otherwise":"s"}`
	if err := json.Unmarshal([]byte(every), &back); err != nil || back.Reason(0, 0) != "s" || back.Reason(0, 1) != "r" {
		t.Errorf("%v, reasons %q and %q", err, back.Reason(0, 0), back.Reason(0, 1))
	}
}
