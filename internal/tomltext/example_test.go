package tomltext_test

import (
	"fmt"

	"sdmap/internal/tomltext"
)

// The place of every key and value is known, so that whoever reads a file can point at what is wrong in it.
func ExampleDecode() {
	src := []byte("title = \"A map\"\n\n[[models]]\nid = \"small\"\n[[models]]\nid = \"large\"\n")
	var into map[string]any
	root, fault := tomltext.Decode(src, &into)
	if fault != nil {
		fmt.Println(fault)
		return
	}
	value := root.Children["models"].Elems[1].Children["id"].Value
	fmt.Printf("%v: bytes %d to %d are %s\n", into["title"], value.Start, value.End, src[value.Start:value.End])
	// Output: A map: bytes 57 to 64 are "large"
}

func ExampleDecode_fault() {
	src := []byte("seed = 1\nseed = 2\n")
	_, fault := tomltext.Decode(src, new(map[string]any))
	fmt.Printf("%s: %q\n", fault, src[fault.At.Start:fault.At.End])
	// Output: the file is not TOML: Key 'seed' has already been defined.: "seed"
}
