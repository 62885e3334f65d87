package outdir_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"sdmap/internal/outdir"
)

// A report replaces what an earlier one wrote, and nothing of anybody else's.
func ExampleFolder_Write() {
	dir, err := os.MkdirTemp("", "report")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	f := outdir.Folder{Path: filepath.Join(dir, "mine"), Say: func(string, ...any) {}}
	report := []outdir.File{{Path: outdir.Page, Data: []byte("first")}}
	fmt.Println(f.Write(context.Background(), report, nil))
	report[0].Data = []byte("second")
	fmt.Println(f.Write(context.Background(), report, nil))

	other := outdir.Folder{Path: filepath.Join(dir, "theirs"), Say: func(string, ...any) {}}
	if err := errors.Join(os.Mkdir(other.Path, 0o700),
		os.WriteFile(filepath.Join(other.Path, outdir.Page), []byte("a page of somebody else"), 0o600)); err != nil {
		fmt.Println(err)
		return
	}
	foreign, refused := errors.AsType[outdir.Foreign](other.Write(context.Background(), report, nil))
	fmt.Println(refused, foreign.Names)
	// Output:
	// <nil>
	// <nil>
	// true [index.html]
}
