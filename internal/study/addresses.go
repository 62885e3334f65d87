package study

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"sdmap/internal/address"
	"sdmap/internal/diag"
	"sdmap/internal/files"
)

// Elsewhere is how files are found that a study names by address.
type Elsewhere struct {
	Find  func(digest string) (path string, ok bool) // where content lies on this machine; nil finds nothing
	Learn bool                                       // digests may be missing, as they are to be learned
}

// Named is a file that a study names by address.
type Named struct {
	Address address.Address
	Digest  string     // SHA-256 in 64 lower-case hexadecimal digits; empty where it is to be learned
	Path    string     // where it lies on this machine; empty where it does not
	At      diag.Range // of the address
}

// Missing are the files that are named by address and not on this machine. With any of them a study is not complete: what depends
// on what they hold was not read.
func (s *Study) Missing() (out []Named) {
	for _, n := range s.Named {
		if n.Path == "" {
			out = append(out, n)
		}
	}
	return out
}

// Outside is where files lie that are not in the study's folder, by the names that the study gives them.
type Outside map[string]string

// Path is where a file of the study lies; dir is the study's folder.
func (o Outside) Path(dir, name string) string {
	if path, ok := o[name]; ok {
		return path
	}
	return filepath.Join(dir, filepath.FromSlash(name))
}

// Open opens a file of the study; root is the study's folder.
func (o Outside) Open(root *os.Root, name string) (*os.File, error) {
	if path, ok := o[name]; ok {
		return files.Open(path)
	}
	return files.OpenIn(root, name)
}

// Shown is how diagnostics call a file of the study.
func (o Outside) Shown(dir, name string) string {
	if _, ok := o[name]; ok {
		return name
	}
	return filepath.Join(dir, name)
}

// fileOrAddress is the file that a key gives: one of the study's folder, or one named by address.
func (t table) fileOrAddress(key string) string {
	if !t.isAddress(key) {
		return t.file(key)
	}
	if a, ok := t.address(key); ok {
		t.wants(a, t.digest(key), t.place(key))
		return a.Text
	}
	return ""
}

// isAddress says whether a key's value is meant as an address; where it is not, a digest beside it means nothing.
func (t table) isAddress(key string) bool {
	if t.has(key) && address.Is(t.text(key)) {
		return true
	}
	if t.has(key) && t.given(KeySHA256) {
		t.report(t.at(t.pos.Children[KeySHA256].Key), fmt.Sprintf("%q means nothing for a file of the study's folder", KeySHA256),
			"It says which file an address must give. The digests of all files stand in the report.", "")
	}
	return false
}

// address is that of the one file that a key gives.
func (t table) address(key string) (address.Address, bool) {
	a, ok := t.parseAddress(key)
	if ok && a.Folder() {
		t.report(t.place(key), fmt.Sprintf("%q is the address of a folder", a.Text), "A file is needed.", "")
		return a, false
	}
	return a, ok
}

func (t table) parseAddress(key string) (address.Address, bool) {
	a, err := address.Parse(t.text(key))
	if err != nil {
		t.report(t.place(key), fmt.Sprintf("%q is no address of a file", key), "As an address "+err.Error()+".", "")
	}
	return a, err == nil
}

var digestPattern = regexp.MustCompile(`^[0-9a-f]{64}$`)

// digest is what the file under a key's address must have.
func (t table) digest(key string) string {
	switch {
	case t.has(KeySHA256):
		digest := t.text(KeySHA256)
		t.checkDigest(digest, t.place(KeySHA256))
		return digest
	case !t.given(KeySHA256):
		t.lacksDigest(key, fmt.Sprintf(`Then write %s = "...".`, KeySHA256))
	}
	return ""
}

// lacksDigest reports an address without a digest, unless it is to be learned.
func (t table) lacksDigest(key, write string) {
	if !t.elsewhere.Learn {
		t.report(t.place(key), fmt.Sprintf("an address needs %q beside it", KeySHA256),
			"By its digest a file is known, so that a "+
				"study stays the same when what lies at the address does not.",
			fmt.Sprintf("sdmap fetch %s fetches the file and prints its digest. %s", filepath.ToSlash(t.name), write))
	}
}

func (t table) checkDigest(digest string, at diag.Range) {
	if digestPattern.MatchString(digest) {
		return
	}
	suggestion := ""
	if s := strings.TrimPrefix(strings.ToLower(digest), "sha256:"); digestPattern.MatchString(s) {
		suggestion = fmt.Sprintf("Write %q.", s)
	}
	t.report(at, "this is no SHA-256", "It has 64 digits: 0 to 9 and a to f, as sha256sum prints them.", suggestion)
}

// wants notes a file that is named by address, and where it lies.
func (t table) wants(a address.Address, digest string, at diag.Range) {
	if i, named := t.wantedAt[a.Text]; named {
		if first := t.wanted[i]; first.Digest != digest && first.Digest != "" && digest != "" {
			t.report(at, "one address has two digests here", fmt.Sprintf("The first is at line %d.", first.At.Start.Line), "")
		}
		return
	}
	n := Named{Address: a, Digest: digest, At: at}
	if t.elsewhere.Find != nil && digestPattern.MatchString(digest) {
		if path, ok := t.elsewhere.Find(digest); ok {
			n.Path, t.outside[a.Text] = path, path
		}
	}
	t.wantedAt[a.Text] = len(t.wanted)
	t.wanted = append(t.wanted, n)
}

// addresses notes which files the study names by address, and where they lie.
func (t table) addresses(s *Study) {
	s.Named = t.wanted
	t.checkHosts(s)
	if len(t.outside) == 0 {
		return
	}
	s.Outside = t.outside
	for i := range s.Benchmarks {
		s.Benchmarks[i].Outside = t.outside
	}
	if s.Corpus != nil {
		s.Corpus.Outside = t.outside
	}
}

// checkHosts wants that the files that are not here may be fetched.
func (t table) checkHosts(s *Study) {
	for _, n := range s.Missing() {
		u, err := url.Parse(n.Address.URL)
		if err != nil || address.Loopback(u.Hostname()) || t.allows(s, u) {
			continue
		}
		t.report(n.At, fmt.Sprintf("%q is another machine", u.Hostname()),
			"The file is neither in the store nor in a mirror, and the "+
				"study has to say that it may be fetched from there.",
			fmt.Sprintf("Write allow_hosts = [%q] above the first table.", u.Host))
	}
}

// addressed is the model behind an address: one file, or a folder of files that have a digest each.
func (t table) addressed(m Model, seen map[string]diag.Range) []Model {
	a, ok := t.parseAddress(KeyPath)
	if !ok {
		return nil
	}
	digests, many := t.values[KeySHA256].(map[string]string)
	switch {
	case a.Folder() && !many && t.has(KeySHA256) || many && !a.Folder():
		t.report(t.place(KeySHA256), "a folder has a digest for each of its files, a file has one",
			"The address of a folder ends with a slash, or with a revision of the hub.",
			`Write sha256 = { "modules.json" = "...", "1_Pooling/config.json" = "..." } for a folder, sha256 = "..." for a file.`)
		return nil
	case a.Folder() && !many && !t.given(KeySHA256):
		t.lacksDigest(KeyPath, `Of a folder each file that is needed has one: sha256 = { "modules.json" = "", ... }.`)
	case a.Folder():
		m.Parts = t.folderParts(a, digests)
	case partOfMany.MatchString(a.Name):
		t.report(t.place(KeyPath), fmt.Sprintf("%q is a part of a split model", a.Name), "An address stands for one file.",
			"Join the parts with llama-gguf-split --merge, and put the file where it can be fetched or into the study's folder.")
	default:
		m.Parts = []string{a.Text}
		t.wants(a, t.digest(KeyPath), t.place(KeyPath))
	}
	m.Path = a.Text
	if name := strings.TrimSuffix(a.Name, filepath.Ext(a.Name)); m.ID == "" && name != "" {
		m.ID = asID(name)
	} else if m.ID == "" {
		t.report(m.At, header(t.path)+` needs "id"`, "A folder behind an address has no name of its own.", "")
		return nil
	}
	if !t.checkUnique(m.ID, "model", t.idPlace(KeyPath), seen) {
		return nil
	}
	return []Model{m.complete()}
}

var partOfMany = regexp.MustCompile(`-[0-9]{5}-of-[0-9]{5}\.gguf$`)

// folderParts are the files of a folder behind an address.
func (t table) folderParts(folder address.Address, digests map[string]string) (parts []string) {
	inner := t.pos.Children[KeySHA256]
	for _, name := range inner.Names {
		at := t.at(inner.Children[name].Value)
		a, err := folder.In(name)
		if err != nil || a.Folder() {
			t.report(t.at(inner.Children[name].Key), fmt.Sprintf("%q is no file of that folder", name), "", "")
			continue
		}
		digest := digests[name]
		if digest != "" || !t.elsewhere.Learn {
			t.checkDigest(digest, at)
		}
		t.wants(a, digest, at)
		parts = append(parts, a.Text)
	}
	slices.Sort(parts)
	return parts
}
