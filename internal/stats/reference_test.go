package stats

import (
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"sdmap/internal/matrix"
)

// reference reads testdata/reference.txt, which
//
//	Rscript --vanilla reference.R > reference.txt
//
// made with R 4.2.2.
func reference(t *testing.T) map[string][]float64 {
	t.Helper()
	data, err := os.ReadFile("testdata/reference.txt")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]float64{}
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		for _, f := range fields[1:] {
			v, err := strconv.ParseFloat(f, 64)
			if err != nil {
				t.Fatal(err)
			}
			out[fields[0]] = append(out[fields[0]], v)
		}
	}
	return out
}

func near(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d numbers, want %d", what, len(got), len(want))
		return
	}
	for i := range got {
		if !(math.Abs(got[i]-want[i]) <= tol) {
			t.Errorf("%s[%d] = %.17g, want %.17g", what, i, got[i], want[i])
			return
		}
	}
}

// one turns a number and its error into what near compares.
func one(v float64, err error) []float64 {
	if err != nil {
		return nil
	}
	return []float64{v}
}

func two(a, b float64, err error) []float64 {
	if err != nil {
		return nil
	}
	return []float64{a, b}
}

func all(v []float64, err error) []float64 { return v }

func TestAgainstR(t *testing.T) {
	r := reference(t)
	x, y, g, p := r["x"], r["y"], r["g"], r["p"]
	near(t, "ranks", Ranks(x), r["ranks"], 0)
	near(t, "first", RanksFirst(x), r["first"], 0)
	near(t, "scores", NormalScores(x), r["scores"], 1e-14)
	near(t, "pearson", one(Pearson(x, y)), r["pearson"], 1e-14)
	near(t, "spearman", one(Spearman(x, y)), r["spearman"], 1e-14)
	near(t, "kendall", one(KendallTauB(x, y)), r["kendall"], 1e-14)
	near(t, "partial", one(PartialPearson(x, y, g)), r["partial"], 1e-14)
	near(t, "residuals", all(Residuals(y, g)), r["residuals"], 1e-14)
	near(t, "fisher", two(FisherInterval(r["pearson"][0], 20, 0, 0.9)), r["fisher"], 1e-13)
	var quantiles []float64
	for _, q := range []float64{0, 0.05, 0.31, 0.5, 0.95, 1} {
		quantiles = append(quantiles, one(Quantile(x, q))...)
	}
	near(t, "quantiles", quantiles, r["quantiles"], 1e-14)
	near(t, "wilson", two(Wilson(7, 20, 0.95)), r["wilson"], 1e-12)
	near(t, "wilson0", two(Wilson(0, 20, 0.95)), r["wilson0"], 1e-12)
	near(t, "se", two(MeanSE(y)), r["se"], 1e-14)
	near(t, "holm", all(Holm(p)), r["holm"], 1e-15)
	near(t, "bh", all(BenjaminiHochberg(p)), r["bh"], 1e-15)
	near(t, "by", all(BenjaminiYekutieli(p)), r["by"], 1e-15)
	var tail []float64
	for k := range len(r["chances"]) + 1 {
		tail = append(tail, one(PoissonBinomialTail(r["chances"], k))...)
	}
	near(t, "tail", tail, r["tail"], 1e-14)
	half := make([]float64, 1000)
	for i := range half {
		half[i] = 0.5
	}
	near(t, "binomial", one(PoissonBinomialTail(half, 700)), r["binomial"], 1e-12*r["binomial"][0])
	near(t, "auc", one(AUC(x, y)), r["auc"], 1e-15)
}

func TestFactorAgainstR(t *testing.T) {
	r := reference(t)
	var columns [][]float64
	for j := range 5 {
		columns = append(columns, r["columns"][16*j:16*(j+1)])
	}
	f, err := GeneralFactor(columns)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "loadings", f.Loadings, r["loadings"], 1e-12)
	near(t, "scores", f.Scores, r["factor"], 1e-12)
	near(t, "share", []float64{f.Share}, []float64{r["eigenvalues"][0] / 5}, 1e-13)
	p, err := ParallelAnalysis(columns, 20, 0.95, func(i int) *rand.Rand { return Stream(1, "parallel", i) })
	if err != nil {
		t.Fatal(err)
	}
	near(t, "eigenvalues", p.Observed, r["eigenvalues"], 1e-13)
}

func square5(t *testing.T, name string, data []float64) *matrix.Labelled {
	t.Helper()
	m := matrix.NewSquare(name, "1", []string{"a", "b", "c", "d", "e"})
	copy(m.Data, data)
	return m
}

func TestMatrixTestsAgainstR(t *testing.T) {
	r := reference(t)
	for _, rank := range []bool{false, true} {
		name := "mantel.pearson"
		if rank {
			name = "mantel.spearman"
		}
		m, err := Mantel(square5(t, "a", r["a"]), square5(t, "b", r["b"]), rank, 120, Stream(1, "", 0))
		if err != nil {
			t.Fatal(err)
		}
		if !m.Exact || m.Permutations != 120 {
			t.Errorf("%s: %d permutations, exact %v", name, m.Permutations, m.Exact)
		}
		near(t, name, []float64{m.Estimate.Value, *m.Estimate.P, *m.Estimate.Null}, r[name], 1e-13)
	}
	m, err := RV(square5(t, "s", r["s"]), square5(t, "t", r["t"]), 200, Stream(1, "", 0))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "rv", []float64{m.Raw.Value, *m.Raw.Null, *m.Raw.P}, r["rv"], 1e-13)
	adjusted := (r["rv"][0] - r["rv"][1]) / (1 - r["rv"][1])
	near(t, "adjusted", []float64{m.Adjusted.Value, *m.Adjusted.P}, []float64{adjusted, r["rv"][2]}, 1e-13)
}

func TestKernelsAgainstR(t *testing.T) {
	r := reference(t)
	d, err := EuclideanDistances(r["z"], 12, 3)
	if err != nil {
		t.Fatal(err)
	}
	sigma, err := MedianDistance(d, 12)
	near(t, "sigma", one(sigma, err), r["sigma"], 1e-13)
	k, err := GaussianKernel(d, 12, sigma)
	if err != nil {
		t.Fatal(err)
	}
	km, err := BlockMeans(k, []int{0, 5, 12})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "kernel", []float64{km[0], km[3], km[1]}, r["kernel"], 1e-13)
	dm, err := BlockMeans(d, []int{0, 5, 12})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "energy", []float64{EnergyDistance(dm[0], dm[3], dm[1])}, r["energy"], 1e-13)
}
