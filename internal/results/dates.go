package results

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"sdmap/internal/jsonpull"
)

// dateOf reads a date, which is seconds since 1970 or a text, in UTC; empty where it is neither.
func dateOf(r *jsonpull.Reader) (string, error) {
	text, err := r.Text(longestName)
	return plainDate(text), err
}

// plainDate writes a date so that later ones sort behind.
func plainDate(text string) string {
	if x, err := strconv.ParseFloat(text, 64); err == nil && x > 0 && x < 1e11 {
		whole, part := math.Modf(x)
		return utc(time.Unix(int64(whole), int64(part*1e9)))
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return utc(t)
		}
	}
	return ""
}

func utc(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
