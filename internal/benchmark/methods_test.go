package benchmark

import (
	"strings"
	"testing"

	"sdmap/internal/study"
)

func TestEveryMetricOfChoicesIsSaid(t *testing.T) {
	all := study.Metrics(study.Choice)
	said := map[string]string{}
	for _, m := range all {
		one := ChoiceMethods([]string{m})
		if other, ok := said[one]; ok || valueOf[m] == "" {
			t.Errorf("%s is said as %q, as is %q", m, one, other)
		}
		said[one] = m
		if !strings.Contains(ChoiceMethods(all), valueOf[m]+" (`"+m+"`)") {
			t.Errorf("%s is not among %q", m, ChoiceMethods(all))
		}
	}
}
