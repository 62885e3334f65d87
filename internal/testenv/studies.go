package testenv

import (
	"os"
	"strconv"
	"testing"
)

// StudiesVariable is how many studies simulations draw in place of the few that tests take time for.
const StudiesVariable = "SDMAP_STUDIES"

// Studies is how many studies of a kind a simulation draws: a few, or as many as StudiesVariable says.
func Studies(t testing.TB, few int) int {
	t.Helper()
	text := os.Getenv(StudiesVariable)
	if text == "" {
		return few
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", StudiesVariable, err)
	}
	return n
}
