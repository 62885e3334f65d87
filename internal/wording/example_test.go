package wording_test

import (
	"fmt"

	"sdmap/internal/wording"
)

// Numbers of things are said in digits, with the noun in its right form; numbers of rules in words.
func ExampleCount() {
	fmt.Println(wording.Count(1, "model"))
	fmt.Println(wording.Count(28944, "permutation"))
	fmt.Println(wording.Spelt(4))
	fmt.Println(wording.And([]string{"performance", "semantic", "neural"}))
	// Output:
	// 1 model
	// 28,944 permutations
	// four
	// performance, semantic and neural
}

// Shares are said as people say them, where they have a name.
func ExampleShare() {
	fmt.Println(wording.Share(0.5))
	fmt.Println(wording.Share(0.2))
	fmt.Println(wording.Times(0.5, "x"))
	fmt.Println(wording.InTen(0.9, "model"))
	// Output:
	// half
	// a fifth
	// x/2
	// nine models in ten
}
