package semantic

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"
)

// reference holds what testdata/reference.py computed with numpy, scipy and scikit-learn; the commands stand there.
type reference struct {
	Groups                         [][][]float64
	Templates                      [][]int
	Sigma                          float64
	Cosine, MMD, Energy, Precision [][]float64
	AUC                            []float64
	Texts, Vocabulary              []string
	Tfidf                          [][]float64
	Singular                       []float64
	Distances                      [][]float64
	Dense                          [][]float64
	DenseSingular                  []float64
	DenseDistances                 [][]float64
}

func load(t *testing.T) (r reference, s *space) {
	t.Helper()
	data, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	var blocks []Block
	for g, rows := range r.Groups {
		b := Block{Benchmark: string(rune('a' + g)), Dim: len(rows[0])}
		for i, row := range rows {
			b.Items = append(b.Items, "i")
			name := fmt.Sprintf("%d.%d", g, r.Templates[g][i]) // no two benchmarks share a wording
			b.Templates, b.Texts = append(b.Templates, name), append(b.Texts, fmt.Sprintf("%d.%d", g, i))
			for _, v := range row {
				b.Vectors = append(b.Vectors, float32(v))
			}
		}
		blocks = append(blocks, b)
	}
	s, err = newSpace([]string{"a", "b", "c"}, blocks)
	if err != nil {
		t.Fatal(err)
	}
	return r, s
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: got %.12g, want %.12g", what, got, want)
	}
}

func TestDistancesAgainstReference(t *testing.T) {
	r, s := load(t)
	c, err := newClouds(s)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "bandwidth", c.sigma, r.Sigma, 1e-12)
	for k := range 3 {
		for l := range 3 {
			if k == l {
				continue
			}
			v, err := cosine(c.kernelMeans, 3, k, l)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "kernel cosine", v, min(1, r.Cosine[k][l]), 1e-12)
			v, _ = mmd(c.kernelMeans, 3, k, l)
			near(t, "MMD", v, r.MMD[k][l], 1e-12)
			v, _ = energy(c.energyMeans, 3, k, l)
			near(t, "energy", v, r.Energy[k][l], 1e-12)
		}
	}
}

func TestBestMatchesAgainstReference(t *testing.T) {
	r, s := load(t)
	got, err := bestMatches(t.Context(), s.centred(), 2)
	if err != nil {
		t.Fatal(err)
	}
	for k := range 3 {
		for l := range 3 {
			near(t, "precision", got[k*3+l], r.Precision[k][l], 1e-12)
		}
	}
}

func TestClassifierAgainstReference(t *testing.T) {
	r, s := load(t)
	c := newClassifier(s.centred())
	for i, pair := range [][2]int{{0, 1}, {0, 2}, {1, 2}} {
		got, err := c.auc(pair[0], pair[1])
		if err != nil {
			t.Fatal(err)
		}
		near(t, "AUC", got, r.AUC[i], 1e-12)
	}
}

func TestTFIDFAgainstReference(t *testing.T) {
	r, _ := load(t)
	x, vocabulary, err := tfidf(r.Texts)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(vocabulary, r.Vocabulary) {
		t.Fatalf("vocabulary %q, want %q", vocabulary, r.Vocabulary)
	}
	for i := range r.Texts {
		row := make([]float64, len(vocabulary))
		for k, j := range x.index[i] {
			row[j] = x.value[i][k]
		}
		for j, v := range row {
			near(t, "tf-idf", v, r.Tfidf[i][j], 1e-12)
		}
	}
	checkSVD(t, x, 4, r.Singular, r.Distances)
}

func TestSVDAgainstReference(t *testing.T) {
	r, _ := load(t)
	var flat []float64
	for _, row := range r.Dense {
		flat = append(flat, row...)
	}
	checkSVD(t, dense(flat, 30, 12), 3, r.DenseSingular, r.DenseDistances)
}

// checkSVD compares singular values, and distances between rows: scores themselves are known up to sign only.
func checkSVD(t *testing.T, x sparse, k int, singular []float64, distances [][]float64) {
	t.Helper()
	scores, got, err := truncatedSVD(x, k)
	if err != nil || len(got) != k {
		t.Fatalf("%d singular values, %v", len(got), err)
	}
	for c := range k {
		near(t, "singular value", got[c], singular[c], 1e-9)
	}
	for i, row := range distances {
		for j, want := range row {
			var ss float64
			for c := range k {
				d := scores[i*k+c] - scores[j*k+c]
				ss += d * d
			}
			near(t, "distance", math.Sqrt(ss), want, 1e-7)
		}
	}
}
