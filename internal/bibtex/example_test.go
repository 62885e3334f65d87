package bibtex_test

import (
	"fmt"

	"sdmap/internal/bibtex"
)

func ExampleRead() {
	entries, faults := bibtex.Read("refs.bib", []byte(`
@article{szekely2013,
  author  = {Sz{\'e}kely, G{\'a}bor J. and Rizzo, Maria L.},
  title   = {Energy statistics},
  journal = {Journal of Statistical Planning and Inference},
  year    = 2013,
  pages   = {1249--1272},
}
`))
	e := entries["szekely2013"]
	fmt.Println(len(faults), "faults")
	fmt.Println(e.Short())
	fmt.Println(e.Long())
	// Output:
	// 0 faults
	// Székely and Rizzo 2013
	// Székely, Gábor J.; Rizzo, Maria L. 2013. Energy statistics. Journal of Statistical Planning and Inference. 1249–1272.
}

// What is wrong with an entry is said with its place; the other entries are read all the same.
func ExampleRead_faults() {
	entries, faults := bibtex.Read("refs.bib", []byte("@misc{good, title = {Read}}\n@misc{bad, title = {Never closed\n"))
	fmt.Println(entries["good"].Short())
	for _, f := range faults {
		fmt.Println(f)
	}
	// Output:
	// Read
	// refs.bib:2:1: entry "bad", field "title": the value is not closed
}
