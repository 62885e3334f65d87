package inprocess

import (
	"os"

	"sdmap/internal/gguf"
	"sdmap/internal/tokenizer"
	"sdmap/internal/transformer"
)

// content is what a model's files hold, in one of the forms in which models are kept.
type content interface {
	// inspect reads the model's shape and names everything that is not supported, one sentence each.
	inspect() (transformer.Config, []string)
	tokenizer() (*tokenizer.Tokenizer, error)
	load(c transformer.Config) (*transformer.Model, error)
	// files are those that numbers depend on, in an order that is always the same.
	files() []string
	// main is the one file that other programs run the model from; the error says why there is none.
	main() (string, error)
	chats() bool // there is a chat template
	Close() error
}

// source is where a model lies: a GGUF file or a folder.
type source struct {
	path  string
	parts map[string]string // a folder's files, by their names in it, where they do not lie together: path is its name alone
}

// openContent reads what a model says of itself.
func openContent(from source) (content, error) {
	if from.parts != nil {
		return openGathered(from.path, from.parts)
	}
	if info, err := os.Stat(from.path); err == nil && info.IsDir() {
		return openFolder(from.path)
	}
	file, err := gguf.Open(from.path)
	if err != nil {
		return nil, err
	}
	return ggufFile{file}, nil
}

// ggufFile is the content of a GGUF file, of whose parts there may be several.
type ggufFile struct{ *gguf.File }

func (f ggufFile) inspect() (transformer.Config, []string) { return transformer.Inspect(f.File) }

func (f ggufFile) tokenizer() (*tokenizer.Tokenizer, error) { return tokenizer.FromGGUF(f.File) }

func (f ggufFile) load(transformer.Config) (*transformer.Model, error) {
	return transformer.Load(f.File)
}

func (f ggufFile) files() []string { return f.Parts() }

func (f ggufFile) main() (string, error) { return f.Path, nil }

func (f ggufFile) chats() bool { return tokenizer.HasChatTemplate(f.File) }
