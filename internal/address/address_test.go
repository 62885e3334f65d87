package address

import (
	"net/url"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"https://example.org/a/b.jsonl":                   "https://example.org/a/b.jsonl b.jsonl",
		"https://example.org:8443/a%20b.csv":              "https://example.org:8443/a%20b.csv a b.csv",
		"http://127.0.0.1:8080/x":                         "http://127.0.0.1:8080/x x",
		"http://[::1]:8080/x":                             "http://[::1]:8080/x x",
		"http://localhost/x":                              "http://localhost/x x",
		"https://example.org/folder/":                     "https://example.org/folder/ ",
		"hf://datasets/lukaemon/bbh@9ac9a47/data/x.json":  "https://huggingface.co/datasets/lukaemon/bbh/resolve/9ac9a47/data/x.json x.json",
		"hf://HuggingFaceTB/SmolLM2-135M@main/m.gguf":     "https://huggingface.co/HuggingFaceTB/SmolLM2-135M/resolve/main/m.gguf m.gguf",
		"hf://sentence-transformers/all-MiniLM-L6-v2@abc": "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/resolve/abc/ ",
		"hf://datasets/cais/mmlu@refs/convert/parquet/anatomy/test/0000.parquet": "https://huggingface.co/datasets/cais/mmlu/" +
			"resolve/refs%2Fconvert%2Fparquet/anatomy/test/0000.parquet 0000.parquet",
	} {
		a, err := Parse(text)
		if err != nil || a.URL+" "+a.Name != want || a.Text != text {
			t.Errorf("%s: %q, %v; want %q", text, a.URL+" "+a.Name, err, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"http://example.org/x":                 "write https://",
		"ftp://example.org/x":                  "https:// and hf:// are possible",
		"file:///etc/passwd":                   "https:// and hf:// are possible",
		"https://me:secret@example.org/x":      "name or password",
		"https://example.org/x?token=abc":      "'?' or '#'",
		"https://example.org/x?":               "'?' or '#'",
		"https://example.org/x#y":              "'?' or '#'",
		"https://example.org":                  "no file",
		"https://example.org/":                 "no file",
		"https://example.org/a/../b":           `".."`,
		"https://example.org/a/%2e%2e/b":       `".."`,
		"https://example.org//b":               "no file",
		"https://example.org:0/b":              "no port",
		"https://example.org:99999/b":          "no port",
		"https:///b":                           "no host",
		"https://exa mple.org/b":               "space",
		"https://example.org/a b":              "%20",
		"hf://owner/name/path":                 "names no revision",
		"hf://name@main/path":                  "of the form",
		"hf://spaces/owner/name@main/path":     "spaces",
		"hf://owner/name@main/a?x=1":           "'?' or '#'",
		"hf://owner/name@main/../../x":         `".."`,
		"https://" + strings.Repeat("a", 3000): "longer than",
	} {
		if a, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: %+v, %v; want %q", text, a, err, want)
		} else if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "abc") {
			t.Errorf("%v tells the key", err)
		}
	}
}

func TestIn(t *testing.T) {
	a, err := Parse("hf://owner/name@main")
	if err != nil {
		t.Fatal(err)
	}
	in, err := a.In("1_Pooling/config.json")
	if err != nil || in.Text != "hf://owner/name@main/1_Pooling/config.json" ||
		in.URL != "https://huggingface.co/owner/name/resolve/main/1_Pooling/config.json" {
		t.Errorf("%+v, %v", in, err)
	}
	if _, err := a.In("../x"); err == nil {
		t.Error("a name leads out of the folder")
	}
	if _, err := in.In("x"); err == nil {
		t.Error("a file has files")
	}
}

// FuzzParse: what is read can be asked, tells no secret, stays where it was said to lie, and reads the same again.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"https://example.org/a", "hf://datasets/a/b@c/d", "http://127.0.0.1:1/x", "hf://a/b@refs/pr/1/c",
		"https://u:p@h/x", "https://h/%2e%2e/x", "https://[::1%25x]/y", "hf://a/b@main/a%2fb?c#d", "https://h\\@g/x"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := Parse(text)
		if err != nil {
			return
		}
		u, err := url.Parse(a.URL)
		if err != nil || u.Host != a.Host || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			t.Fatalf("%q asks %q: %v", text, a.URL, err)
		}
		if u.Scheme != "https" && !(u.Scheme == "http" && Loopback(u.Hostname())) {
			t.Fatalf("%q asks %q unencrypted", text, a.URL)
		}
		if strings.HasPrefix(text, "hf://") && u.Host != HubHost {
			t.Fatalf("%q asks %s", text, u.Host)
		}
		for part := range strings.SplitSeq(u.Path, "/") {
			if part == ".." {
				t.Fatalf("%q leads upwards: %q", text, a.URL)
			}
		}
		again, err := Parse(a.Text)
		if err != nil || again != a {
			t.Fatalf("%q reads %+v, then %+v, %v", text, a, again, err)
		}
		if direct, err := Parse(a.URL); err != nil || direct.URL != a.URL {
			t.Fatalf("%q asks %q, which reads %+v, %v", text, a.URL, direct, err)
		}
	})
}
