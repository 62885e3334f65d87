package wording_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"sdmap/internal/wording"
)

func TestWords(t *testing.T) {
	for got, want := range map[string]string{
		wording.Count(1, "model"):                  "1 model",
		wording.Count(0, "model"):                  "0 models",
		wording.Count(12345, "piece"):              "12,345 pieces",
		wording.Count(2, "study"):                  "2 studies",
		wording.Count(3, "index"):                  "3 indexes",
		wording.Are(1, "study"):                    "1 study is",
		wording.Are(2, "action"):                   "2 actions are",
		wording.First(1, "item"):                   "the first item",
		wording.First(80, "item"):                  "the first 80 items",
		wording.Group(-123456):                     "-123,456",
		wording.Spelt(0):                           "no",
		wording.Spelt(12):                          "twelve",
		wording.Spelt(1300):                        "1,300",
		wording.And(nil):                           "",
		wording.And([]string{"a"}):                 "a",
		wording.And([]string{"a", "b"}):            "a and b",
		wording.Or([]string{"a", "b", "c"}):        "a, b or c",
		wording.Number(-0.35):                      "−0.35",
		wording.Number(0.0001):                     "0.0001",
		wording.Rounded(-0.345, 1):                 "−0.3",
		wording.Rounded(-0.004, 2):                 "0.00",
		wording.Rounded(-0.04, 0):                  "0",
		wording.Rounded(-10, 0):                    "−10",
		wording.RoundedPercent(0.949):              "95\u00a0%",
		wording.Level(0.1):                         "0.10",
		wording.Level(0.005):                       "0.005",
		wording.Percent(0.07):                      "7\u00a0%",
		wording.Percent(0.975):                     "97.5\u00a0%",
		wording.Percent(0.0005):                    "0.05\u00a0%",
		wording.Share(0.5):                         "half",
		wording.Share(0.2):                         "a fifth",
		wording.Share(0.4):                         "40\u00a0%",
		wording.Times(0.5, "m"):                    "m/2",
		wording.Times(0.45, "m"):                   "0.45 m",
		wording.InTen(0.9, "model"):                "nine models in ten",
		wording.InTen(0.8, "time"):                 "four times in five",
		wording.InTen(0.1, "model"):                "one model in ten",
		wording.InTen(0.95, "model"):               "95\u00a0% of models",
		wording.Paragraph{"A.", "", "B."}.String(): "A. B.",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Rules that differ are never said alike, however little they differ.
func TestRulesAreNotRounded(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		k := 1 + rng.IntN(999_998)
		v, w := float64(k)/1e6, float64(k+1)/1e6
		for name, say := range map[string]func(float64) string{"Number": wording.Number, "Percent": wording.Percent,
			"Level": wording.Level, "Share": wording.Share,
			"Times": func(v float64) string { return wording.Times(v, "m") },
			"InTen": func(v float64) string { return wording.InTen(v, "model") }} {
			if say(v) == say(w) {
				t.Errorf("%s says %v and %v alike: %q", name, v, w, say(v))
			}
			if strings.Contains(say(v), "00000") {
				t.Errorf("%s shows the rounding of binary fractions: %q", name, say(v))
			}
		}
	}
}
