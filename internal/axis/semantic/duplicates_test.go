package semantic

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/benchmark"
)

// groups counts the wordings that are found in texts.
func groups(texts ...string) int {
	return len(slices.Compact(slices.Sorted(slices.Values(cluster(masked(texts))))))
}

func TestWordingsAreFound(t *testing.T) {
	names := []string{"Ana", "Bob", "Mina", "Karl-Heinz", "Yu"}
	things := []string{"figs", "red apples", "old hats", "keys"}
	var frames, free []string
	for i := range 60 {
		name, thing := names[i%5], things[i%4]
		frames = append(frames,
			fmt.Sprintf("This morning %s had %d %s and gave away %d of them. How many are left?", name, 17*i, thing, i),
			fmt.Sprintf("What is the least common multiple of %d and %d?", i+2, 3*i),
			fmt.Sprintf("%s is older than %s by %d years, and both are older than their sister. Who is the youngest?", name,
				names[(i+1)%5], i))
	}
	if n := groups(frames...); n != 3 {
		t.Errorf("%d wordings of three", n)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 80 {
		var ws []string
		for range 12 + rng.IntN(20) {
			ws = append(ws, []string{"the", "of", "a", "is", "in"}[rng.IntN(5)],
				fmt.Sprintf("w%c%c", 'a'+rng.IntN(26), 'a'+rng.IntN(26)))
		}
		free = append(free, "Read the text and say whether it is true. "+strings.Join(ws, " ")+" Is this true or false?")
	}
	if n := groups(free...); n < 78 {
		t.Errorf("%d wordings of 80 free texts under one instruction", n)
	}
}

// The wordings of the planted benchmarks: each is made from one frame, with slots, or from two.
func TestPlantedWordings(t *testing.T) {
	_, _, bs := planted(t, "sum.eq", "sum.story", "max.story", "flip.back", "logic.hold", "floor.guess", "mix.exam")
	for i, want := range []int{1, 1, 1, 1, 1, 1, 2} {
		list, _, err := texts(bs[i], TextQuestion, 0)
		if err != nil {
			t.Fatal(err)
		}
		if n := groups(list...); n != want {
			t.Errorf("%s: %d wordings, want %d", bs[i].Spec.ID, n, want)
		}
	}
}

// Groups do not depend on the order of texts, hold each leader, and hold only its near-duplicates.
func TestClustersProperties(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	for range 60 {
		texts := make([][]string, 1+rng.IntN(30))
		for i := range texts {
			for range rng.IntN(9) {
				texts[i] = append(texts[i], string(rune('a'+rng.IntN(4))))
			}
		}
		leaders := cluster(texts)
		perm := rng.Perm(len(texts))
		moved := make([][]string, len(texts))
		for i, k := range perm {
			moved[i] = texts[k]
		}
		again := cluster(moved)
		for i, k := range perm {
			if !slices.Equal(moved[again[i]], texts[leaders[k]]) {
				t.Fatalf("order changes the leader of %q: %q and %q", texts[k], moved[again[i]], texts[leaders[k]])
			}
			if lead := leaders[k]; leaders[lead] != lead {
				t.Fatalf("the leader of %q is led by another", texts[k])
			}
			a, b := texts[k], texts[leaders[k]]
			if n := longest(a, b); !slices.Equal(a, b) && float64(n) < alike*float64(max(len(a), len(b)))-1e-9 {
				t.Fatalf("%q leads %q with %d words in common", b, a, n)
			}
		}
	}
}

// longest is the longest common subsequence by the book.
func longest(a, b []string) int {
	row := make([]int, len(b)+1)
	for _, x := range a {
		last := 0
		for j, y := range b {
			above := row[j+1]
			if x == y {
				row[j+1] = last + 1
			} else {
				row[j+1] = max(row[j+1], row[j])
			}
			last = above
		}
	}
	return row[len(b)]
}

// All neighbours are found, though most pairs are never compared, and by words of 64 bits as by the book.
func TestNeighboursAreComplete(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for range 40 {
		texts := make([][]string, 25)
		for i := range texts {
			if i > 0 && rng.IntN(2) == 0 {
				texts[i] = slices.Clone(texts[rng.IntN(i)])
			}
			for k := range texts[i] {
				if rng.IntN(3) == 0 {
					texts[i][k] = fmt.Sprint(rng.IntN(50))
				}
			}
			for range rng.IntN(40) {
				texts[i] = append(texts[i], fmt.Sprint(rng.IntN(50)))
			}
		}
		near := neighbours(texts)
		for i, a := range texts {
			for j, b := range texts {
				want := i != j && len(a)+len(b) > 0 && float64(longest(a, b)) >= alike*float64(max(len(a), len(b)))-1e-9
				if slices.Contains(near[i], int32(j)) != want {
					t.Fatalf("%q and %q: neighbours %v, want %v", a, b, !want, want)
				}
			}
		}
	}
}

// Rows may name their wordings; benchmarks do not share those.
func TestWordingsAreGiven(t *testing.T) {
	_, _, bs := planted(t, "sum.eq", "max.story")
	for _, b := range bs {
		b.Items = b.Items[:6]
		b.Spec.Wording = "frame"
		for i := range b.Items {
			b.Items[i].Wording = fmt.Sprint(i / 2)
		}
	}
	a, b := given(bs[0], 6), given(bs[1], 6)
	if !a.Given || len(a.Of) != 6 || distinct(a.Of) != 3 || a.Of[0] != a.Of[1] || slices.Contains(b.Of, a.Of[0]) {
		t.Errorf("wordings %v and %v", a, b)
	}
	if w := given(&benchmark.Benchmark{Items: bs[0].Items}, 6); w.Given || w.Of != nil {
		t.Errorf("no field is named, and wordings are %v", w)
	}
}
