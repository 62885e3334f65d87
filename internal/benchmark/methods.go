package benchmark

import (
	"fmt"
	"slices"
	"strings"

	"sdmap/internal/study"
)

// valueOf says, by metric, what of a choice is compared, and of the one under which none is, what the score is; see ScoreChoice.
var valueOf = map[string]string{
	"acc":             "sum",
	"acc_norm":        "sum over the number of the choice's characters",
	"acc_bytes":       "sum over the number of its bytes",
	"acc_mutual_info": "sum less that of the choice without its context",
	"acc_token":       "sum over the number of its tokens, which is sdmap's own",
	study.MC2:         "probability of the true choices among all",
}

// ChoiceMethods says which choice is the answer under the metrics that a study's benchmarks have, as a part of a sentence.
func ChoiceMethods(metrics []string) string {
	if rest := slices.DeleteFunc(slices.Clone(metrics), func(m string) bool { return m == study.MC2 }); len(rest) == 0 {
		return "the score is the " + valueOf[study.MC2]
	} else if len(rest) < len(metrics) {
		return fmt.Sprintf("%s, and the score is the %s (`%s`)", ChoiceMethods(rest), valueOf[study.MC2], study.MC2)
	}
	if len(metrics) == 1 {
		return "the largest " + valueOf[metrics[0]] + " is the answer"
	}
	var out []string
	for _, m := range study.Metrics(study.Choice) {
		if slices.Contains(metrics, m) {
			out = append(out, fmt.Sprintf("%s (`%s`)", valueOf[m], m))
		}
	}
	last := len(out) - 1
	return "the answer is, by the benchmark's metric, the choice of the largest " + strings.Join(out[:last], ", ") + " or " +
		out[last]
}
