package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"

	"sdmap/internal/results/resultstest"
)

// layLogs: logs FORMAT DIR MODELS SHIFT TASK... writes logs of so many models, better ones behind, on tasks of 24 items. Another
// shift is another draw of answers.
func layLogs(ts *testscript.TestScript, _ bool, args []string) {
	write := map[string]func(resultstest.World) resultstest.Files{"lm-eval": resultstest.LMEval, "inspect": resultstest.Inspect,
		"helm": resultstest.HELM, "records": resultstest.Records}[args[0]]
	models, err := strconv.Atoi(args[2])
	ts.Check(err)
	shift, err := strconv.Atoi(args[3])
	ts.Check(err)
	w := resultstest.World{Tasks: args[4:], Items: 24, Shots: 5, Score: func(m, t, k int) float64 {
		if (k*k*7+k*13+(m%3)*k*t+t*29+shift*k)%23 < 2*m+4 {
			return 1
		}
		return 0
	}}
	for m := range models {
		w.Models = append(w.Models, fmt.Sprintf("org/m%d", m))
	}
	for name, data := range write(w) {
		path := filepath.Join(ts.MkAbs(args[1]), filepath.FromSlash(name))
		ts.Check(os.MkdirAll(filepath.Dir(path), 0o755))
		ts.Check(os.WriteFile(path, data, 0o644))
	}
}
