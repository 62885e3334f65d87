package outdir

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"sdmap/internal/files"
)

// Manifest is the file that lists what sdmap wrote into a folder, in the form that `sha256sum -c` checks: a comment, then a
// line for each file, sorted. The comment bears the digest of the lines, so that a manifest which somebody else made or
// changed is known for what it is, and makes no file of theirs sdmap's own.
const Manifest = "sdmap.sha256"

const comment = "# What sdmap wrote here, to be checked by: sha256sum -c " + Manifest + " (digest of these lines: "

// ManifestOf is the manifest of a report.
func ManifestOf(files []File) File {
	list := Digests{}
	for _, f := range files {
		list[f.Path] = []string{digest(f.Data)}
	}
	return File{Manifest, list.text()}
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// text is a manifest as it stands in its file.
func (d Digests) text() []byte {
	var lines bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(d)) {
		for _, sum := range slices.Sorted(slices.Values(d[name])) {
			fmt.Fprintf(&lines, "%s  %s\n", sum, name)
		}
	}
	return fmt.Appendf(nil, "%s%s)\n%s", comment, digest(lines.Bytes()), lines.Bytes())
}

var line = regexp.MustCompile(`^([0-9a-f]{64})  (.+)\n$`)

// parse reads a manifest; false where it is not one that sdmap wrote. Line ends may be those of a checkout.
func (k Kind) parse(text []byte) (Digests, bool) {
	text = plainEnds(text)
	head, lines, _ := bytes.Cut(text, []byte("\n"))
	if string(head) != comment+digest(lines)+")" {
		return nil, false
	}
	list := Digests{}
	for l := range strings.Lines(string(lines)) {
		m := line.FindStringSubmatch(l)
		if m == nil || !k.holds(m[2]) {
			return nil, false
		}
		list[m[2]] = append(list[m[2]], m[1])
	}
	return list, true
}

// plainEnds undoes what a checkout may do to the ends of lines.
func plainEnds(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")) }

// mostBytes bounds what is read of manifests and records.
const mostBytes = 1 << 30

// manifest is what the folder's manifest says, and that the manifest itself and a sealed record are sdmap's.
func (o *opened) manifest() Digests {
	list := Digests{}
	if text, err := files.ReadIn(o.root, Manifest, mostBytes); err == nil {
		if read, ok := o.kind().parse(text); ok {
			list = read
			list[Manifest] = []string{digest(text)}
		}
	}
	if text, err := files.ReadIn(o.root, Record, mostBytes); err == nil && sealed(text) {
		list[Record] = []string{digest(text)}
	}
	return list
}

// learn adds to what is known. Where sdmap wrote a report it also wrote a record, be it this one or not.
func (o *opened) learn(more Digests) {
	if o.known == nil {
		o.known = Digests{}
	}
	for name, sums := range more {
		o.known[name] = append(o.known[name], sums...)
	}
	if len(o.known) > 0 && o.known[Record] == nil {
		o.known[Record] = []string{}
	}
}

// reported is what is known of a report's files proper.
func (o *opened) reported() Digests {
	list := o.known.join(o.earlier)
	maps.DeleteFunc(list, func(name string, _ []string) bool { return !o.kind().holds(name) })
	return list
}

// join adds the lines of two manifests, each line once.
func (d Digests) join(other Digests) Digests {
	all := Digests{}
	for _, list := range []Digests{d, other} {
		for name, sums := range list {
			all[name] = slices.Compact(slices.Sorted(slices.Values(slices.Concat(all[name], sums))))
		}
	}
	return all
}

// Seal puts into a record, which is a JSON object with a last key "sha256" of the value "", the digest of its text.
func Seal(record []byte) ([]byte, error) {
	at := bytes.LastIndex(record, []byte(noSeal))
	if at < 0 {
		return nil, errors.New("a record needs a place for its digest")
	}
	at += len(noSeal) - 1
	return slices.Concat(record[:at], []byte(digest(record)), record[at:]), nil
}

const noSeal = `"sha256": ""`

var seal = regexp.MustCompile(`"sha256": "([0-9a-f]{64})"\s*\}\s*$`)

// sealed says whether a record is as Seal made it.
func sealed(record []byte) bool {
	record = plainEnds(record)
	m := seal.FindSubmatchIndex(record)
	return m != nil && digest(slices.Concat(record[:m[2]], record[m[3]:])) == string(record[m[2]:m[3]])
}
