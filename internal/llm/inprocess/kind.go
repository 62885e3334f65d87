package inprocess

import (
	"context"

	"sdmap/internal/llm"
	"sdmap/internal/llm/backend"
	"sdmap/internal/study"
	"sdmap/internal/transformer"
)

const name = "gguf" // in studies

// Kind is the backend that runs GGUF files in this process.
func Kind() backend.Kind {
	return backend.Kind{
		Backend: study.Backend{Name: name, Is: "a GGUF file, run in this process",
			Embedder: "a GGUF file, or a folder of the sentence-transformers library (BERT, safetensors), run in this process",
			Keys: []study.Key{{Name: study.KeyPath,
				Doc: []string{"model file inside the study's folder, or an embedder's folder; * ? and [a-z] stand for " +
					"many files. A part of a split model stands for all of it. Or an address."}},
				{Name: study.KeySHA256, Doc: []string{"SHA-256 of the file behind the address, or a table of those of a " +
					"folder's files, by " +
					"their names; sdmap fetch prints them."}}}},
		Modes: modes,
		Open: func(_ context.Context, e *backend.Env, m study.Model) (backend.Opened, error) {
			from := source{e.Path(m.Path), e.Gathered(m)}
			if from.parts != nil {
				from.path = m.Path
			}
			d, err := openSupported(from, e.Digest)
			if err != nil {
				return backend.Opened{}, err
			}
			return backend.Opened{Driver: d, Close: d.Close}, nil
		},
	}
}

// OpenSupported opens the model at path if everything that it needs is there; else the error is backend.Unsupported and names all
// that is not. digest is Driver.Digest.
func OpenSupported(path string, digest func(path string) (string, error)) (*Driver, error) {
	return openSupported(source{path: path}, digest)
}

func openSupported(from source, digest func(path string) (string, error)) (*Driver, error) {
	problems, err := checkFrom(from)
	if err != nil {
		return nil, err
	}
	if len(problems) > 0 {
		return nil, backend.Unsupported{Problems: problems,
			Remedy: `A llama-server may run it: backend = "llamacpp". The neural ` +
				`axis then measures it by its file: imatrix = "run" in [axes.neural].`}
	}
	d, err := openFrom(from)
	if err != nil {
		return nil, err
	}
	d.Digest = digest
	return d, nil
}

func modes() []llm.Mode {
	const pinned = "the file's digest"
	encoder := &Driver{config: transformer.Config{Traits: transformer.Traits{Encoder: true}}}
	return []llm.Mode{
		{Backend: name, How: "a file, run in this process", Pinned: pinned,
			Capabilities: llm.CapabilitiesOf(&Driver{chats: true})},
		{Backend: name, How: "a file or folder of an encoder (BERT), under [[embedders]]", Pinned: pinned,
			Capabilities: llm.CapabilitiesOf(encoder)},
	}
}
