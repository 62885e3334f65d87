package gguf

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"strconv"
	"strings"
)

// maxParts bounds what a file may claim; split.count has 16 bits in the files that llama-gguf-split writes.
const maxParts = 1<<16 - 1

const (
	splitNo      = "split.no"
	splitCount   = "split.count"
	splitTensors = "split.tensors.count"
)

const allParts = "put all parts of the model into one folder under the names that llama-gguf-split gave them"

// place says which part of a split model a file is. The zero place is that of a file of its own.
type place struct {
	no, count int // from 0; of so many parts
	tensors   int // in all parts together
}

func (p place) String() string {
	if p.count == 0 {
		return "a model of its own"
	}
	return fmt.Sprintf("part %d of %d with %d tensors in all", p.no+1, p.count, p.tensors)
}

// readPlace takes the split.* keys.
func (f *File) readPlace() (place, error) {
	count, err := f.UintOr(splitCount, 0)
	if err != nil || count <= 1 { // llama-gguf-split writes 0 when it merges
		return place{}, err
	}
	if count > maxParts {
		return place{}, &Error{File: f.Path, Key: splitCount, Problem: fmt.Sprintf("%d parts; at most %d are allowed", count,
			maxParts),
			Remedy: downloadAgain}
	}
	no, err := f.Uint(splitNo)
	if err != nil {
		return place{}, err
	}
	if no >= count {
		return place{}, &Error{File: f.Path, Key: splitNo, Problem: fmt.Sprintf("%d is not below the number of parts, %d", no,
			count),
			Remedy: downloadAgain}
	}
	tensors, err := f.Uint(splitTensors)
	return place{int(no), int(count), int(min(tensors, math.MaxInt32))}, err
}

// PartsOf reads a path that says by itself that it is a part of a split model, such as NAME-00002-of-00003.gguf: it returns
// NAME and the paths of all parts in order; nothing for other paths.
func PartsOf(path string) (name string, parts []string) {
	at := len(path) - len("-00001-of-00003.gguf")
	if at <= 0 {
		return "", nil
	}
	no, count := number(path[at+1:at+6]), number(path[at+10:at+15])
	if no == 0 || no > count || count > maxParts || path[at:] != partName(no-1, count) {
		return "", nil
	}
	for i := range count {
		parts = append(parts, path[:at]+partName(i, count))
	}
	return path[:at], parts
}

func number(digits string) int {
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil {
		return 0
	}
	return int(n)
}

func partName(no, count int) string { return fmt.Sprintf("-%05d-of-%05d.gguf", no+1, count) }

// openOthers opens the parts that lie beside one and joins all of them; if it fails, all are closed.
func openOthers(one *File) (*File, error) {
	_, paths := PartsOf(one.Path)
	if len(paths) != one.place.count || paths[one.place.no] != one.Path {
		one.Close()
		if one.place.count == 0 {
			return nil, one.whole(fmt.Sprintf("its name says that it is one of %d parts of a model, its keys do not", len(paths)),
				"give it another name, or download it again")
		}
		return nil, one.whole(fmt.Sprintf("this is part %d of %d of a model, but its name does not end in %s",
			one.place.no+1, one.place.count, partName(one.place.no, one.place.count)), allParts)
	}
	parts := make([]*File, len(paths))
	for i, path := range paths {
		if parts[i] = one; i == one.place.no {
			continue
		}
		part, err := openFile(path)
		if err != nil {
			one.Close()
			for _, p := range parts[:i] {
				p.Close()
			}
			if errors.Is(err, fs.ErrNotExist) {
				return nil, &Error{File: path, Remedy: allParts, Cause: err,
					Problem: fmt.Sprintf("part %d of %d of the model is missing", i+1, len(paths))}
			}
			return nil, err
		}
		parts[i] = part
	}
	f, err := join(parts)
	if err != nil {
		for _, p := range parts {
			p.Close()
		}
	}
	return f, err
}

// join makes the parts one File: the first, with the tensors of all.
func join(parts []*File) (*File, error) {
	first := parts[0]
	for i, part := range parts {
		if err := part.checkPart(first, place{i, len(parts), first.place.tensors}); err != nil {
			return nil, err
		}
	}
	first.rest = parts[1:]
	for i, part := range first.rest {
		for _, t := range part.tensors {
			if before, twice := first.tensorIndex[t.Name]; twice {
				return nil, t.fail(fmt.Sprintf("part %d of the model holds it, and part %d does too",
					i+2, first.tensors[before].file.place.no+1), downloadAgain)
			}
			first.tensorIndex[t.Name] = len(first.tensors)
			first.tensors = append(first.tensors, t)
		}
	}
	if n := len(first.tensors); n != first.place.tensors {
		return nil, &Error{File: first.Path, Key: splitTensors, Remedy: downloadAgain,
			Problem: fmt.Sprintf("%d tensors are announced, the %d parts hold %d", first.place.tensors, len(parts), n)}
	}
	return first, nil
}

// checkPart refuses a part that is not the one wanted or that is of another model. Parts after the first commonly have
// nothing but split.* keys; whatever else they have must be as in the first.
func (f *File) checkPart(first *File, want place) error {
	if f.place != want {
		return f.whole(fmt.Sprintf("by its keys it is %s; %s is needed", f.place, want), "it is of another model: "+allParts)
	}
	for _, e := range f.entries {
		i, both := first.entryIndex[e.key]
		if !both || strings.HasPrefix(e.key, "split.") || e.key == "general.alignment" {
			continue
		}
		if v := first.entries[i].value; v.array != e.value.array || v.elem != e.value.elem || !bytes.Equal(v.raw, e.value.raw) {
			return &Error{File: f.Path, Key: e.key, Problem: "it is not as in part 1", Remedy: "it is of another model: " +
				allParts}
		}
	}
	return nil
}

// Parts are the paths of the files that make up the model, in order: one, unless it is split.
func (f *File) Parts() []string {
	paths := []string{f.Path}
	for _, part := range f.rest {
		paths = append(paths, part.Path)
	}
	return paths
}
