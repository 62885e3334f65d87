package matrix

import (
	"encoding/json"
	"math"
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
