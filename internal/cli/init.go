package cli

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"sdmap/internal/files"
)

//go:embed starter
var starter embed.FS

func (a *app) initCmd() *cobra.Command {
	return a.command(&cobra.Command{
		Use:   "init DIR",
		Short: "Start a study: a commented study.toml and two small benchmarks",
		Long: `Write a commented study.toml, two small benchmarks and narrative.md into DIR. Nothing that is
there already is changed.`,
		Example: "  sdmap init studies/mine",
		Args:    cobra.ExactArgs(1),
	}, func(_ context.Context, args []string) error { return a.init(args[0]) })
}

func (a *app) init(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	texts, err := starterFiles()
	if err != nil {
		return err
	}
	names := slices.Sorted(maps.Keys(texts))
	for _, name := range append(names, "models") {
		if err := vacant(root, dir, name); err != nil {
			return err
		}
	}
	if err := placeAll(root, names, texts); err != nil {
		return fmt.Errorf("start a study in %s: %w", dir, err)
	}
	for _, name := range names {
		fmt.Fprintln(a.Stdout, filepath.Join(dir, filepath.FromSlash(name)))
	}
	a.say("Put GGUF files into %s, then: sdmap check %s", filepath.Join(dir, "models"), filepath.Join(dir, "study.toml"))
	return nil
}

// starterFiles are the files of a new study by their slash-separated paths.
func starterFiles() (map[string][]byte, error) {
	texts := map[string][]byte{}
	sub, err := fs.Sub(starter, "starter")
	if err != nil {
		return nil, err
	}
	return texts, fs.WalkDir(sub, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		texts[path], err = fs.ReadFile(sub, path)
		return err
	})
}

// vacant says whether a new file can have this name: nothing has it, and no link leads elsewhere. A folder may be there.
func vacant(root *os.Root, dir, name string) error {
	if link := files.Outward(root, name); link != "" {
		return fmt.Errorf("%s is a link that leads out of %s, or nowhere; nothing is written through it",
			filepath.Join(dir, link), dir)
	}
	if info, err := root.Lstat(name); err == nil && !info.IsDir() {
		return fmt.Errorf("%s exists; nothing there is changed", filepath.Join(dir, filepath.FromSlash(name)))
	}
	return nil
}

// placeAll writes new files, all or none; what is there stays.
func placeAll(root *os.Root, names []string, texts map[string][]byte) error {
	err := root.MkdirAll("models", 0o777)
	for i := 0; i < len(names) && err == nil; i++ {
		if err = place(root, names[i], texts[names[i]]); err != nil {
			for _, placed := range names[:i] {
				err = errors.Join(err, root.Remove(placed))
			}
		}
	}
	return err
}

// place writes a new file; one that cannot be written whole goes again.
func place(root *os.Root, name string, data []byte) error {
	if err := root.MkdirAll(path.Dir(name), 0o777); err != nil {
		return err
	}
	f, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		err = errors.Join(err, root.Remove(name))
	}
	return err
}
