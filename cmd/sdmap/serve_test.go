package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"regexp"

	"github.com/rogpeppe/go-internal/testscript"
)

var digestMark = regexp.MustCompile(`\{sha256 ([^}]+)\}`)

// serve: serve DIR FILE... serves the files of DIR from this machine until the script ends.
// In each FILE {URL} becomes its address, and {sha256 NAME} the digest of a served file. In the folder "cut" answers break off
// in the
// middle; "away" redirects to another machine.
func serveFiles(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	files := http.FileServer(http.Dir(dir))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path.Dir(r.URL.Path) {
		case "/away":
			http.Redirect(w, r, "https://elsewhere.example"+r.URL.Path, http.StatusFound)
		case "/cut":
			data, err := os.ReadFile(path.Join(dir, r.URL.Path))
			if err != nil || r.Header.Get("Range") != "" {
				files.ServeHTTP(w, r)
				return
			}
			info, _ := os.Stat(path.Join(dir, r.URL.Path))
			w.Header().Set("Last-Modified", info.ModTime().UTC().Format(http.TimeFormat))
			w.Header().Set("Content-Length", fmt.Sprint(len(data)))
			w.Write(data[:len(data)/2])
			panic(http.ErrAbortHandler)
		default:
			files.ServeHTTP(w, r)
		}
	}))
	s.Config.ErrorLog = nil
	ts.Defer(s.Close)
	ts.Setenv("URL", s.URL)
	for _, file := range args[1:] {
		text, err := os.ReadFile(ts.MkAbs(file))
		ts.Check(err)
		var errs []error
		text = digestMark.ReplaceAllFunc(text, func(mark []byte) []byte {
			data, err := os.ReadFile(path.Join(dir, string(digestMark.FindSubmatch(mark)[1])))
			errs = append(errs, err)
			return fmt.Appendf(nil, "%x", sha256.Sum256(data))
		})
		text = regexp.MustCompile(`\{URL\}`).ReplaceAll(text, []byte(s.URL))
		ts.Check(errors.Join(append(errs, os.WriteFile(ts.MkAbs(file), text, 0o666))...))
	}
}
