package cas_test

import (
	"fmt"
	"os"

	"sdmap/internal/cas"
)

// What an action produced is found again by the description of all that it depends on.
func ExampleStore() {
	dir, err := os.MkdirTemp("", "store")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	s, err := cas.Open(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	const description = "kind performance/score\nmodel small\nbenchmark arc\n"
	_, hit := s.Lookup(cas.IDOf(description))
	fmt.Println("before:", hit)
	if _, err := s.Put(cas.Made{Kind: "performance/score", Description: description}, []byte("0.75")); err != nil {
		fmt.Println(err)
		return
	}
	e, hit := s.Lookup(cas.IDOf(description))
	content, err := s.Read(e.Output)
	fmt.Println("after:", hit, string(content), err)
	_, hit = s.Lookup(cas.IDOf("kind performance/score\nmodel large\nbenchmark arc\n"))
	fmt.Println("of another model:", hit)
	// Output:
	// before: false
	// after: true 0.75 <nil>
	// of another model: false
}
