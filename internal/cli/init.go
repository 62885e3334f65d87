package cli

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

//go:embed starter
var starter embed.FS

func (a *app) initCmd() *cobra.Command {
	return a.command(&cobra.Command{
		Use:   "init DIR",
		Short: "Start a study: a commented study.toml and a small benchmark",
		Long: `Write a commented study.toml, two small benchmarks and narrative.md into DIR. Nothing that is
there already is changed.`,
		Example: "  sdmap init studies/mine",
		Args:    cobra.ExactArgs(1),
	}, func(_ context.Context, args []string) error { return a.init(args[0]) })
}

func (a *app) init(dir string) error {
	sub, err := fs.Sub(starter, "starter")
	if err != nil {
		return err
	}
	err = fs.WalkDir(sub, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(sub, path)
		if err != nil {
			return err
		}
		return a.place(filepath.Join(dir, filepath.FromSlash(path)), data)
	})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "models"), 0o777); err != nil {
		return err
	}
	a.say("Put GGUF files into %s, then: sdmap check %s", filepath.Join(dir, "models"), filepath.Join(dir, "study.toml"))
	return nil
}

// place writes a new file and tells its path; a file that is there stays.
func (a *app) place(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists; nothing there is changed", path)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		fmt.Fprintln(a.Stdout, path)
	}
	return err
}
