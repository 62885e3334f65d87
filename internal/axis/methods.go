package axis

import (
	"fmt"

	"sdmap/internal/wording"
)

// Mark says where "alike" begins, as a share of the study's median squared distance: "half".
func Mark() string { return wording.Share(Yardstick) }

// MarkFormula is the same of a symbol: "median*/2".
func MarkFormula(symbol string) string { return wording.Times(Yardstick, symbol) }

// ReplicateMethods says with how many replicates pairs are tested; see Replicates.
func ReplicateMethods() string {
	return fmt.Sprintf("Tests of pairs take %s replicates, fewer or more where the study asks for them, and more where the "+
		"smallest p needs "+
		"them to pass the correction of many pairs at q = %s.",
		wording.Group(fewestReplicates), wording.Number(reachableQ))
}

// SpreadMethods says what the intervals of scores are.
func SpreadMethods() string {
	return fmt.Sprintf("A standard error is the sample standard deviation over items divided by √n; where a model has every "+
		"item right or every item wrong it says nothing, "+
		"and Wilson's %s interval [@wilson1927] stands in its place.", wording.Percent(ScoreLevel))
}
