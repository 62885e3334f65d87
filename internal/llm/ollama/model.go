package ollama

import (
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/ollama/ollama/api"
	names "github.com/ollama/ollama/types/model"
)

// bare is the template that Ollama gives to a model which brings none: the prompt alone.
const bare = "{{ .Prompt }}"

// model is what the server says of one model.
type model struct {
	name      string // in the server's own spelling
	manifest  string // "sha256:<hex>"
	context   int    // the longest sequence, in tokens
	generates bool   // some only embed
	chats     bool   // it has a chat template, which is more than its prompt
	quantised bool   // the weights are not all F16 or F32

	blob    string // path of the weights on the server's machine
	weights string // "sha256:<hex>" by the name of that file
	noBlob  string // why there is none that could be measured
}

const listed = 20 // names that an error shows

// find looks the model up, and what it consists of.
func (d *Driver) find(ctx context.Context) (model, error) {
	m, err := d.lookUp(ctx)
	if err != nil {
		return m, err
	}
	show, err := d.client.Show(ctx, &api.ShowRequest{Model: m.name})
	if err != nil {
		return m, fmt.Errorf("Ollama at %s does not say what %s is: %w", d.server, m.name, err)
	}
	if err := m.describe(show); err != nil {
		return m, fmt.Errorf("Ollama at %s says of %s: %w", d.server, m.name, err)
	}
	return m, nil
}

// lookUp finds the exact name and the digest of its manifest.
func (d *Driver) lookUp(ctx context.Context) (model, error) {
	name := names.ParseName(d.opts.Model)
	if !name.IsValid() {
		return model{}, fmt.Errorf("%q is no name of an Ollama model; examples: llama3.2, qwen3:8b-q8_0", d.opts.Model)
	}
	list, err := d.client.List(ctx)
	if err != nil {
		return model{}, fmt.Errorf("Ollama at %s does not list its models: %w", d.server, err)
	}
	var there []string
	for _, entry := range list.Models {
		there = append(there, entry.Name)
		if names.ParseName(entry.Name) != name {
			continue
		}
		if entry.RemoteHost != "" || entry.RemoteModel != "" {
			return model{}, fmt.Errorf("%s is a cloud model: Ollama at %s would send every prompt to %s, and nothing says "+
				"which weights "+
				"answered; name a model that runs on the server", entry.Name, d.server, entry.RemoteHost)
		}
		if !hexDigest.MatchString(entry.Digest) {
			return model{}, fmt.Errorf("Ollama at %s gives %s the digest %q, which is none", d.server, entry.Name, entry.Digest)
		}
		return model{name: entry.Name, manifest: "sha256:" + entry.Digest}, nil
	}
	has := "it has no models"
	if slices.Sort(there); len(there) > 0 {
		has = "it has " + strings.Join(there[:min(listed, len(there))], ", ")
	}
	if len(there) > listed {
		has += fmt.Sprintf(" and %d more", len(there)-listed)
	}
	return model{}, fmt.Errorf("Ollama at %s has no model %s (%s); get it: ollama pull %s",
		d.server, name.DisplayShortest(), has, name.DisplayShortest())
}

// pinned fails if the name has come to mean another model since the driver was opened. It is asked after replies, since a
// model may be replaced while they come.
func (d *Driver) pinned(ctx context.Context) error {
	now, err := d.lookUp(ctx)
	if err == nil && now.manifest != d.model.manifest {
		err = fmt.Errorf("Ollama at %s has another %s than when this began (%s, now %s); what it answered is thrown "+
			"away: run again",
			d.server, d.model.name, d.model.manifest, now.manifest)
	}
	return err
}

// describe reads the reply of /api/show.
func (m *model) describe(show *api.ShowResponse) error {
	architecture, _ := show.ModelInfo["general.architecture"].(string)
	trained, _ := show.ModelInfo[architecture+".context_length"].(float64)
	if !(trained >= 1 && trained <= math.MaxInt32) || trained != math.Trunc(trained) {
		return fmt.Errorf("architecture %q with a context_length of %v; a number of tokens is needed", architecture,
			show.ModelInfo[architecture+".context_length"])
	}
	m.context = int(trained)
	m.quantised = !slices.Contains([]string{"F16", "F32"}, show.Details.QuantizationLevel)
	m.generates = slices.Contains(show.Capabilities, names.CapabilityCompletion)
	m.chats = m.generates && strings.TrimSpace(show.Template) != bare
	var err error
	if m.blob, m.weights, err = parseModelfile(show.Modelfile); err != nil {
		m.noBlob = err.Error()
	}
	return nil
}

var (
	hexDigest = regexp.MustCompile(`^[0-9a-f]{64}$`)
	// Older versions wrote a colon. Any separator: the server may run on another system than this program.
	blobName = regexp.MustCompile(`(?:^|[/\\])sha256[-:]([0-9a-f]{64})$`)
)

// parseModelfile finds the weights in a Modelfile as /api/show writes it: comments, then the line `FROM path`, ADAPTER lines,
// further FROM lines (projectors of images, which no text meets), then everything else. It reads no further than that, since
// texts of several lines follow, in which anything may stand.
func parseModelfile(text string) (path, digest string, err error) {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		command, value, _ := strings.Cut(line, " ")
		switch strings.ToUpper(command) {
		case "FROM":
			if path != "" {
				continue
			}
			match := blobName.FindStringSubmatch(value)
			if match == nil {
				return "", "", fmt.Errorf("the Modelfile's line %.200q names no file of weights (sha256-...)", line)
			}
			path, digest = value, "sha256:"+match[1]
			continue
		case "ADAPTER":
			return "", "", errors.New("it has an ADAPTER, which changes the weights that are in its file")
		}
		break
	}
	if path == "" {
		return "", "", errors.New("its Modelfile has no FROM line")
	}
	return path, digest, nil
}
