package stats

import (
	"fmt"

	"sdmap/internal/wording"
)

// RVMethods says what RV is.
func RVMethods() wording.Paragraph {
	return wording.Paragraph{"With `S_k = J s_k J`, s_k the overlaps of axis k, `RV = tr S_k S_l / √(tr S_k² tr S_l²)` " +
		"[@robert1976], " +
		"its exact permutation mean `E = tr S_k tr S_l / ((B − 1) √(tr S_k² tr S_l²))` and `(RV − E)/(1 − E)`."}
}

// StreamMethods says where random numbers come from.
func StreamMethods(seed uint64) wording.Paragraph {
	return wording.Paragraph{fmt.Sprintf("Random numbers come from one seeded stream per step and replicate (PCG, seed %d), so "+
		"equal inputs give equal numbers on any machine of the same kind.", seed)}
}

// MRQAPMethods says how overlap is regressed on the other matrices.
func MRQAPMethods() wording.Paragraph {
	return wording.Paragraph{"The cells of one overlap are regressed on those of others, all standardised, and each " +
		"predictor's t is " +
		"held against its t when its residuals, given the others, have their labels permuted (MRQAP with double " +
		"semi-partialing " +
		"[@dekker2007]); all permutations are taken where they are few.",
		fmt.Sprintf("The interval of t under the null holds %s of the permuted; it takes %s benchmarks, and %s pairs more than "+
			"coefficients.",
			wording.Percent(nullLevel), wording.Spelt(fewestForMRQAP), wording.Spelt(fewestFree)),
		"A predictor's own part of R² is what it adds to all others."}
}
