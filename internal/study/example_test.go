package study_test

import (
	"fmt"
	"os"
	"path/filepath"

	"sdmap/internal/llm/backends"
	"sdmap/internal/study"
)

// in writes files into a folder of their own and calls f with its path.
func in(files map[string]string, f func(dir string)) {
	dir, err := os.MkdirTemp("", "study")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			panic(err)
		}
	}
	f(dir)
}

// What a study leaves out has its default, and files are found beside it.
func ExampleFormat_Load() {
	in(map[string]string{
		"study.toml": "title = \"Sums\"\n[[benchmarks]]\nid = \"sums\"\nsource = \"sums.jsonl\"\n" +
			"[[models]]\npath = \"small.gguf\"\n",
		"sums.jsonl": `{"question": "1 + 1?", "choices": ["2", "3"], "answer": 0}` + "\n",
		"small.gguf": "",
	}, func(dir string) {
		s, faults := study.FormatOf(backends.All().Described()).Load(filepath.Join(dir, "study.toml"))
		fmt.Println(len(faults), "faults")
		fmt.Println(s.Title, s.Benchmarks[0].ID, s.Benchmarks[0].Task, s.Models[0].ID)
	})
	// Output:
	// 0 faults
	// Sums sums choice small
}

// All that is wrong is said at once, and what to write instead.
func ExampleFormat_Load_faults() {
	in(map[string]string{
		"study.toml": "titel = \"x\"\n[[benchmarks]]\nid = \"My sums\"\nsource = \"sums.jsonl\"\n",
		"sums.jsonl": "",
	}, func(dir string) {
		_, faults := study.FormatOf(backends.All().Described()).Load(filepath.Join(dir, "study.toml"))
		for _, f := range faults {
			fmt.Printf("line %d: %s. %s\n", f.Range.Start.Line, f.Summary, f.Suggestion)
		}
	})
	// Output:
	// line 1: unknown key "titel" in the study. Did you mean "title"?
	// line 3: "My sums" cannot be an id. Write "my-sums".
}
