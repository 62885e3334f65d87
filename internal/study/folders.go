package study

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"

	"sdmap/internal/diag"
)

// ModulesFile is the file by which a folder is known for a model of the sentence-transformers library.
const ModulesFile = "modules.json"

// checkModel wants a file, or a folder that is a model.
func (t table) checkModel(name string, at diag.Range) bool {
	if !t.isFolder(name) {
		return t.checkFile(name, at)
	}
	if !t.checkInside(name, at) {
		return false
	}
	if _, err := t.root.Stat(path.Join(filepath.ToSlash(name), ModulesFile)); err != nil {
		t.report(at, fmt.Sprintf("%q is a folder without %s", name, ModulesFile),
			"A model is a GGUF file, or under [[embedders]] "+
				"a folder as the sentence-transformers library saves it, which has that file.", "")
		return false
	}
	return true
}

// isFolder says whether a folder of the study has the name.
func (t table) isFolder(name string) bool {
	info, err := t.root.Stat(name)
	return err == nil && info.IsDir()
}

// folderFiles are the files of a model's folder that say what it is, those of its modules among them; what else lies there, in
// other formats, is not read.
func (t table) folderFiles(dir string) (list []string) {
	entries, err := fs.ReadDir(t.root.FS(), dir)
	if err != nil {
		t.report(t.place(KeyPath), fmt.Sprintf("%q cannot be read", dir), cause(err), "")
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		if t.isFolder(name) {
			name = path.Join(name, "config.json")
			if _, err := t.root.Stat(name); err != nil {
				continue
			}
		}
		if end := path.Ext(name); (end == ".json" || end == ".safetensors") && t.checkFile(name, t.place(KeyPath)) {
			list = append(list, name)
		}
	}
	return list
}
