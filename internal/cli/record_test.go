//go:build unix

package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A run with a record computes what a run without it does, under the same keys; the record is added to, has what the server
// said, and has not its key.
func TestRecordOfRun(t *testing.T) {
	address := keyedServer(t)
	file := fronted(t, address)
	rewritten(t, file, fmt.Sprintf("url = %q", address), fmt.Sprintf("url = %q\nkey_env = \"LLAMA_KEY\"", address))
	e, _, _ := env(t)
	e.Getenv = func(name string) string { return map[string]string{"LLAMA_KEY": secret}[name] }
	dir := t.TempDir()
	plain, recorded, record := filepath.Join(dir, "plain"), filepath.Join(dir, "recorded"), filepath.Join(dir, "record.jsonl")
	if err := os.WriteFile(record, []byte(`{"time":"cut off`), 0o600); err != nil {
		t.Fatal(err)
	}
	store := t.TempDir()
	if code, said := typed(t, e, store, "run", "-record", record, "-o", recorded, file); code != exitOK {
		t.Fatalf("with a record: %d %s", code, said)
	}
	if code, said := typed(t, e, store, "run", "-o", plain, file); code != exitOK || !strings.Contains(said, " 0 computed") {
		t.Errorf("the same without a record finds not all in the store: %d %s", code, said)
	}
	if code, said := typed(t, e, t.TempDir(), "run", "-o", plain, file); code != exitOK {
		t.Fatalf("without a record: %d %s", code, said)
	}
	a, err := os.ReadFile(filepath.Join(recorded, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(filepath.Join(plain, "report.json")); err != nil || !bytes.Equal(a, b) {
		t.Errorf("a record changes the report, %v", err)
	}
	before := replies(t, record)
	if before["/completion"] < 100 || before["/props"] == 0 || before["/tokenize"] == 0 {
		t.Errorf("the record has %v", before)
	}
	if code, said := typed(t, e, store, "doctor", "-record", record, file); code != exitOK {
		t.Fatalf("doctor with a record: %d %s", code, said)
	}
	if after := replies(t, record); after["/completion"] <= before["/completion"] {
		t.Errorf("doctor adds nothing to the record: %v", after)
	}
	if code, _ := typed(t, e, store, "doctor", "-record", dir, file); code != exitUsage {
		t.Errorf("a folder as record: %d", code)
	}
}

// replies counts the whole replies of a record by path, and wants its first line to be the broken one that was there.
func replies(t *testing.T, record string) map[string]int {
	t.Helper()
	data, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(data, []byte(secret)) {
		t.Error("the key is in the record")
	}
	out := map[string]int{}
	for i, line := range bytes.Split(bytes.TrimSpace(data), []byte("\n")) {
		var e struct {
			Method, URL, Request, Reply string
			Status, Attempt             int
		}
		if err := json.Unmarshal(line, &e); (err != nil) != (i == 0) {
			t.Fatalf("line %d, %.100q: %v", i, line, err)
		}
		if e.Status == 200 && e.Attempt == 1 && json.Valid([]byte(e.Reply)) &&
			(e.Method == "GET" || json.Valid([]byte(e.Request))) {
			out[parse(t, e.URL).Path]++
		}
	}
	return out
}
