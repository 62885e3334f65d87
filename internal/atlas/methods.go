package atlas

import (
	"fmt"

	"sdmap/internal/wording"
)

// Methods is the report's account of a compromise.
func Methods(s Scaling) wording.Paragraph {
	scaled := "trace 1"
	if s == MFA {
		scaled = "a first eigenvalue of 1, as published, which gives an axis of noise more inertia"
	}
	return wording.Paragraph{"The map is DISTATIS [@abdi2005]: negative eigenvalues of S_k are set to 0, each S_k is scaled to " +
		scaled +
		", the weights α are the first eigenvector of the matrix of RVs scaled to sum 1, and `S₊ = Σ α_k S_k = Q Λ Qᵀ`. " +
		"Benchmarks lie at `F = Q Λ^½`, satellites at `F_k = S_k Q Λ^−½`, so that `F = Σ α_k F_k`."}
}

// DimsMethods says in which dimensions disagreement is measured.
func DimsMethods(dims int) string {
	return fmt.Sprintf("Disagreement is measured in %s, with at least %s of it.", wording.First(dims, "dimension"),
		wording.Percent(inertiaShare))
}

// ScalingMethods says how one axis alone is scaled; see SMACOF.
func ScalingMethods(restarts int) string {
	return fmt.Sprintf("Each axis alone is scaled by SMACOF [@deleeuw2009] from the classical solution and from %s, of which "+
		"the one with the lowest stress counts, and turned onto the compromise.",
		wording.Count(restarts, "random start"))
}
