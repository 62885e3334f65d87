package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"sdmap/internal/linalg"
)

// factorColumns are n columns of m rows with one common factor of the given loading and noise, some of them with a second.
func factorColumns(rng *rand.Rand, m, n int, loading float64) [][]float64 {
	g, h := normals(rng, m), normals(rng, m)
	out := make([][]float64, n)
	for j := range out {
		out[j] = normals(rng, m)
		for i := range m {
			out[j][i] += loading*g[i] + float64(j%3)*loading/3*h[i]
		}
	}
	return out
}

// What is left out by the secular equation is what is decomposed anew, in tall and wide tables with a strong, a weak and no factor.
func TestLeavingOutIsGeneral(t *testing.T) {
	asked, solved := 0, 0
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 9))
		m, n := 8+rng.IntN(60), 4+rng.IntN(40)
		loading := []float64{2, 0.7, 0.3, 0}[seed%4]
		c, err := NewComponents(factorColumns(rng, m, n, loading))
		if err != nil {
			t.Fatal(err)
		}
		var groups [][]int
		for j := 0; j < n; j += 1 + int(seed%3) {
			groups = append(groups, nil)
			for k := j; k < min(n, j+1+int(seed%3)); k++ {
				groups[len(groups)-1] = append(groups[len(groups)-1], k)
			}
		}
		d := c.LeaveOut(groups)
		for a := range groups {
			for b := range a + 1 {
				out := groups[a]
				if b < a {
					out = append(append([]int{}, groups[b]...), groups[a]...)
				}
				if n-len(out) < 2 {
					continue
				}
				asked++
				if d == nil {
					continue
				}
				with, value, ok := d.Without(out)
				if !ok {
					continue
				}
				solved++
				compareLeftOut(t, c, d, out, with, value)
			}
		}
	}
	t.Logf("%d of %d solved", solved, asked)
	if solved < asked*3/4 {
		t.Errorf("only %d of %d were solved", solved, asked)
	}
}

func compareLeftOut(t *testing.T, c *Components, d *LeavingOut, out []int, with []float64, value float64) {
	t.Helper()
	f, err := c.General(out...)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "eigenvalue", []float64{value}, []float64{f.Share * float64(f.Columns)}, 1e-9*value)
	g, scores := linalg.Standardised(f.Scores), d.Scores(c, out, with, value)
	turn := linalg.Dot(g, scores)
	if math.Abs(math.Abs(turn)-1) > 1e-9 {
		t.Fatalf("without %v scores differ: their correlation is %v", out, turn)
	}
	if turn < 0 {
		var sum float64
		for _, l := range f.Loadings {
			sum += l
		}
		if sum > 1e-6 {
			t.Fatalf("without %v the sign differs; loadings sum to %v", out, sum)
		}
	}
	sign := math.Copysign(1, with[0]*linalg.Dot(c.z[out[0]], g))
	for k, j := range out {
		near(t, "correlation", []float64{sign * with[k]}, []float64{linalg.Dot(c.z[j], g)}, 1e-7)
	}
}

func BenchmarkLeavingOut(b *testing.B) {
	for _, n := range []int{20, 100, 200} {
		for _, m := range []int{32, 250} {
			c, err := NewComponents(factorColumns(rand.New(rand.NewPCG(1, 9)), m, n, 1))
			if err != nil {
				b.Fatal(err)
			}
			groups := make([][]int, n)
			for j := range groups {
				groups[j] = []int{j}
			}
			b.Run(fmt.Sprintf("%dx%d", m, n), func(b *testing.B) {
				for b.Loop() {
					d := c.LeaveOut(groups)
					for i := range n {
						for j := range i {
							d.Without([]int{j, i})
						}
					}
				}
			})
		}
	}
}
