package analysis

import (
	"testing"

	"sdmap/internal/axis"
	"sdmap/internal/matrix"
)

// A pair's estimate says what its interval is of and where it lies without a lineage.
func TestOverlapOf(t *testing.T) {
	square := func(v float64) *matrix.Labelled {
		m := matrix.NewSquare("overlap", "1", []string{"a", "b", "c"})
		for i := range 3 {
			for j := range i + 1 {
				m.SetSym(i, j, v)
			}
		}
		return m
	}
	v := &axis.Variant{Overlap: square(0.5), Lo: square(0.4), Hi: square(0.6), Level: 0.95, Least: square(0.45),
		Most:      square(0.55),
		ItemsOnly: []bool{false, true, false, true, false, false, false, false, false}}
	few, many := OverlapOf(v, "a", "b"), OverlapOf(v, "b", "c")
	if few.Of != axis.ItemsOnly || many.Of != "" || few.Without == nil || few.Without.Least != 0.45 || few.Without.Most != 0.55 {
		t.Errorf("%+v and %+v", few, many)
	}
	v.Least, v.Most, v.Lo = nil, nil, nil
	if e := OverlapOf(v, "a", "b"); e.Without != nil || e.Of != "" {
		t.Errorf("without interval and range: %+v", e)
	}
}
