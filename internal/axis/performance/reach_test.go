package performance

import (
	"math"
	"testing"
)

// What a study can reach is what its report says of power, and passes the tests with that power in their own formulas.
func TestReach(t *testing.T) {
	table := noKinship(32, 16, 1)
	p := newProfile(table.Columns(), table.Families)
	facts, _ := power(table, p, 0.1)
	pairs := len(table.Benchmarks) * (len(table.Benchmarks) - 1) / 2
	r := Reach{Models: p.typical(), Behind: p.fewestBehind(), Pairs: pairs, Q: 0.1, Reliability: 1}
	for i, chance := range []float64{0.5, wantedPower} {
		if v, ok := r.High(chance); !ok || math.Abs(v-facts[i].Value) > 1e-12 {
			t.Errorf("found %v of the time from %v on, the report says %v", chance, v, facts[i].Value)
		}
	}
	low, ok := r.Low(0.5)
	if z := (math.Atanh(Delta) - math.Atanh(low)) / standardError(r.Models); !ok ||
		math.Abs(0.5*math.Erfc(z/math.Sqrt2)-criticalP(pairs, 0.1)) > 1e-9 {
		t.Errorf("an overlap of %v lies %v standard errors below the bound", low, z)
	}
	before, _ := r.High(0.8)
	r.Models *= 2
	if more, _ := r.High(0.8); more >= before {
		t.Errorf("twice the models find %v, half of them %v", more, before)
	}
	if r.Floor = 1e-3; r.Floor <= criticalP(pairs, 0.1) {
		t.Fatal("the floor is none")
	}
	if v, ok := r.High(0.8); ok {
		t.Errorf("permutations give no p below 1e-3, and find %v", v)
	}
	r.Models, r.Floor = 5, 0
	if v, ok := r.High(0.8); ok && v > 1 {
		t.Errorf("five models find %v", v)
	}
	if r := ReachOf(10, []string{"a", "a", "b", "b", "c", "c", "d", "d"}, 0.1, 1); r.Behind != 4 || r.Pairs != 28 {
		t.Errorf("%+v", r)
	}
	if v := AssumedReliability(100, 0.1); math.Abs(v-0.8) > 1e-12 {
		t.Errorf("reliability %v of 100 items, want .8", v)
	}
}
