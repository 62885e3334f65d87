package semantic

import (
	"context"
	"strings"
	"testing"

	"sdmap/internal/action"
)

// Every embedding that lacks more than a few texts says so, not the primary one alone.
func TestEveryEmbeddingTellsWhatItLacks(t *testing.T) {
	const few, many = 1, 3 // of 100 and more items: at the share that is no alarm, and above it
	whole, short := study4(100), study4(100)
	whole[0].Refused, short[1].Refused, short[2].Refused = many, many, few
	first, err := encodeBlocks(whole)
	if err != nil {
		t.Fatal(err)
	}
	second, err := encodeBlocks(short)
	if err != nil {
		t.Fatal(err)
	}
	a := Axis(params(whole), []Provider{LearnedBy("hidden", "m", []*action.Action{nil}),
		LearnedBy("hidden:n", "n", []*action.Action{nil})}, nil, nil)
	data, err := a.Run(context.Background(), runtime{map[string][]byte{inputName(0, 0): first, inputName(1, 0): second,
		"wordings": wordingsOf(t, whole)}, 1})
	if err != nil {
		t.Fatal(err)
	}
	out, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, al := range out.Alarms {
		got = append(got, al.Text)
	}
	want := []string{"Of a, 3 of 103 texts could not be embedded (hidden states of m)",
		"Of b, 3 of 103 texts could not be embedded (hidden states of n)"}
	if len(got) != len(want) || !strings.HasPrefix(got[0], want[0]) || !strings.HasPrefix(got[1], want[1]) {
		t.Errorf("alarms %q, want %q", got, want)
	}
}
