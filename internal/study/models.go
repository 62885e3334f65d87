package study

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"sdmap/internal/address"
	"sdmap/internal/diag"
	"sdmap/internal/gguf"
)

func buildModels(s *Study, top table) {
	seen := map[string]diag.Range{} // models and embedders are told apart by their ids alone
	for _, t := range top.tables("models") {
		s.Models = append(s.Models, t.models(s, seen)...)
	}
	for _, t := range top.tables("embedders") {
		s.Embedders = append(s.Embedders, t.models(s, seen)...)
	}
}

// models are what one table stands for.
func (t table) models(s *Study, seen map[string]diag.Range) []Model {
	if t.given("backend") && !t.has("backend") {
		return nil // which of its keys belong is not known
	}
	m := Model{ID: t.text("id"), Backend: t.text("backend"), KeyEnv: t.text("key_env"), At: t.at(t.pos.Key), Places: t.places()}
	if t.path == "models" {
		m.Lineage = t.text("lineage")
		m.Covariates, _ = t.values["covariates"].(map[string]string)
	}
	t.onlyForBackend(m.Backend)
	kind := t.format.backend(m.Backend)
	if kind.has(KeyPath) {
		return t.fileModels(m, seen)
	}
	t.remote(s, kind, &m)
	if m.ID != "" {
		t.checkUnique(m.ID, "model", t.idPlace("model"), seen)
	}
	return []Model{m.complete()}
}

// complete fills in what defaults to the id.
func (m Model) complete() Model {
	if m.Lineage == "" {
		m.Lineage = m.ID
	}
	return m
}

// idPlace is where the id stands, or the key that it comes from.
func (t table) idPlace(from string) diag.Range {
	if t.has("id") {
		return t.place("id")
	}
	return t.place(from)
}

// onlyForBackend reports keys that mean nothing for the backend.
func (t table) onlyForBackend(backend string) {
	kind := t.format.backend(backend)
	for _, o := range modelKeys {
		key := o.Key
		if _, known := t.format.find(join(t.path, key)); known && t.given(key) && !kind.has(key) {
			t.report(t.at(t.pos.Children[key].Key), fmt.Sprintf("%q means nothing for backend %q", key, backend),
				fmt.Sprintf("Only models with backend = %s have it.", quoted(t.format.with(key))), "")
		}
	}
}

func quoted(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = fmt.Sprintf("%q", n)
	}
	return strings.Join(out, " or ")
}

// fileModels adds the model, or the models of a glob, that run in process.
func (t table) fileModels(m Model, seen map[string]diag.Range) (models []Model) {
	if !t.has("path") {
		if !t.given("path") {
			o, _ := t.format.find(join(t.path, KeyPath))
			t.report(m.At, header(t.path)+` needs "path"`, o.Doc, t.otherBackend())
		}
		return nil
	}
	if t.isAddress(KeyPath) {
		return t.addressed(m, seen)
	}
	found := t.modelFiles()
	if len(found) > 1 && t.has("id") {
		t.report(t.place("id"), fmt.Sprintf("%d files cannot share one id", len(found)),
			"Models of a glob are called after their files.", "")
		return nil
	}
	for _, f := range found {
		one := m
		one.Path, one.Parts = f.path, f.parts
		if !t.has("id") {
			one.ID = asID(f.name)
		}
		// else a hundred tables of one glob would make a hundred times its models
		if t.checkUnique(one.ID, "model", t.idPlace("path"), seen) {
			models = append(models, one.complete())
		}
	}
	return models
}

// modelFile is a model by its file, a split one by its first, or by its folder.
type modelFile struct {
	path, name string // the name without ending, and without the number of a part
	parts      []string
}

// modelFiles are the models that a path stands for.
func (t table) modelFiles() (models []modelFile) {
	for _, file := range t.expand("path", t.checkModel) {
		one := modelFile{file, path.Base(strings.TrimSuffix(file, path.Ext(file))), []string{file}}
		if name, parts := gguf.PartsOf(file); len(parts) > 0 {
			one = modelFile{parts[0], path.Base(name), parts}
			if slices.ContainsFunc(models, func(m modelFile) bool { return m.path == one.path }) {
				continue
			}
			t.checkParts(parts)
		} else if t.isFolder(file) {
			one.name, one.parts = path.Base(file), t.folderFiles(file)
		}
		models = append(models, one)
	}
	return models
}

// checkParts reports the first part of a split model that cannot be read.
func (t table) checkParts(parts []string) {
	for i, part := range parts {
		if _, err := t.root.Stat(part); errors.Is(err, fs.ErrNotExist) {
			t.report(t.place("path"), fmt.Sprintf("there is no file %q, part %d of a split model of %d", part, i+1, len(parts)),
				"Its parts belong into one folder under the names that llama-gguf-split gave them.", "")
			return
		}
		if !t.checkFile(part, t.place("path")) {
			return
		}
	}
}

// otherBackend suggests the backend whose keys a table without path has.
func (t table) otherBackend() string {
	if t.given("backend") {
		return ""
	}
	for _, b := range t.format.backends {
		fits, given := true, false
		for _, o := range modelKeys {
			given = given || t.given(o.Key)
			fits = fits && (!t.given(o.Key) || b.has(o.Key))
		}
		if fits && given {
			return fmt.Sprintf("For %s write backend = %q.", b.Is, b.Name)
		}
	}
	return ""
}

// remote reads what a model behind a server needs.
func (t table) remote(s *Study, kind Backend, m *Model) {
	if kind.Address != "" {
		m.URL = t.urls(s, kind)
	}
	t.checkVariable(KeyKeyEnv, m.KeyEnv)
	if kind.Unnamed != "" && !t.given("id") {
		t.report(m.At, fmt.Sprintf(`%s with backend = %q needs "id"`, header(t.path), m.Backend), kind.Unnamed, "")
	}
	if kind.has(KeyModel) {
		t.named(kind, m)
	}
	switch {
	case !kind.has(KeyMeasure):
	case t.path == models:
		t.measured(s, m)
	default:
		m.Measure = Blob // its digest pins the weights
	}
}

// named reads what the model is called where its server has many.
func (t table) named(kind Backend, m *Model) {
	m.Name = t.text(KeyModel)
	switch {
	case !t.given(KeyModel):
		t.report(m.At, fmt.Sprintf(`%s with backend = %q needs "model"`, header(t.path), m.Backend), kind.Named, "")
	case t.has(KeyModel) && asID(m.Name) == "":
		t.report(t.place(KeyModel), fmt.Sprintf("%q cannot be %s", m.Name, kind.Is), kind.Named, "")
	case t.has(KeyModel) && !t.given("id"):
		m.ID = asID(m.Name)
	}
}

// checkVariable wants the name of an environment variable under key.
func (t table) checkVariable(key, name string) {
	if name != "" && !variablePattern.MatchString(name) {
		t.report(t.place(key), fmt.Sprintf("%q is not the name of an environment variable", key),
			"It names the variable that holds the key (letters, digits and '_'); the key itself must not stand in a study.",
			fmt.Sprintf(`Write %s = "SDMAP_KEY" and set that variable.`, key))
	}
}

// measured settles where log-probabilities come from that the backend does not give.
func (t table) measured(s *Study, m *Model) {
	m.Measure, m.Server, m.ServerKeyEnv = t.text("measure"), t.text("server"), t.text("server_key_env")
	t.checkVariable("server_key_env", m.ServerKeyEnv)
	if t.has("server") {
		t.checkURL(s, m.Server, t.place("server"), "server_key_env")
	}
	switch {
	case m.Measure == "" && t.given("server"):
		m.Measure = Server
	case m.Measure == "":
		m.Measure = Blob
	case m.Measure == Server && !t.given("server"):
		t.report(t.place("measure"), `measure "server" needs "server"`,
			"The URL of the llama-server that runs this model's weights.", `Write server = "http://127.0.0.1:8080".`)
	case m.Measure != Server && t.given("server"):
		t.report(t.at(t.pos.Children["server"].Key), fmt.Sprintf(`"server" means nothing with measure = %q`, m.Measure),
			`Only measure = "server" asks it.`, "")
	}
	if t.given("server_key_env") && !t.given("server") {
		t.report(t.at(t.pos.Children["server_key_env"].Key), `"server_key_env" means nothing without "server"`,
			"It names the variable with the key of that llama-server; key_env is for the server at url.", "")
	}
}

// urls are the addresses of the model's servers.
func (t table) urls(s *Study, kind Backend) []string {
	if !t.has(KeyURL) {
		return []string{kind.Address}
	}
	list, isList := t.values["url"].([]string)
	if !isList {
		list = []string{t.text("url")}
	}
	at := func(i int) diag.Range {
		if isList {
			return t.at(t.pos.Children["url"].Elems[i].Value)
		}
		return t.place("url")
	}
	switch {
	case len(list) == 0:
		t.report(t.place("url"), `"url" is empty`, "Leave it out for "+kind.Address+".", "")
	case len(list) > 1 && !kind.Shares:
		t.report(t.place("url"), kind.Is+" has one server", t.format.sharing(), "")
	}
	out, seen := make([]string, len(list)), map[string]bool{}
	for i, u := range list {
		t.checkURL(s, u, at(i), "key_env")
		out[i] = strings.TrimRight(u, "/")
		if seen[out[i]] {
			t.report(at(i), fmt.Sprintf("%q names %q twice", "url", u), "", "")
		}
		seen[out[i]] = true
	}
	return out
}

var variablePattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// checkURL wants the address of a server of this machine, or of one that the study allows. keyEnv is the study's key for its key.
func (t table) checkURL(s *Study, text string, at diag.Range, keyEnv string) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		suggestion := ""
		if u, err := url.Parse("http://" + text); err == nil && u.Port() != "" && u.Hostname() != "" {
			suggestion = fmt.Sprintf("Write \"http://%s\".", text)
		}
		t.report(at, "the address of a server begins with http:// or https://", "Then comes its host, and its port where it is "+
			"not 80 or 443: http://127.0.0.1:8080.", suggestion)
		return
	case u.User != nil:
		t.report(at, "an address holds no name and no password", "They would end up in reports and logs.",
			"Name the environment variable that holds the server's key: "+keyEnv+".")
		return
	case u.RawQuery != "" || u.Fragment != "":
		t.report(at, "an address ends with its path", "What stands behind '?' or '#' is not sent.", "")
		return
	case !address.IsPort(u):
		t.report(at, fmt.Sprintf("%q is no port", u.Port()), portRule, "")
		return
	}
	if host := u.Hostname(); !address.Loopback(host) && !t.allows(s, u) {
		t.report(at, fmt.Sprintf("%q is another machine", host), "Benchmarks and corpus would leave this one, so the study has "+
			"to say that it may be asked.",
			fmt.Sprintf("Write allow_hosts = [%q] above the first table.", host))
	}
}

const portRule = "A port is a number from 1 to 65535, behind the host and a colon; without one it is 80 for http and " +
	"443 for https."

// allows says whether an entry of allow_hosts, a host with or without port, stands for u's.
func (r *reader) allows(s *Study, u *url.URL) bool {
	if r.hosts == nil {
		r.hosts = map[string]bool{}
		for _, host := range s.AllowHosts {
			r.hosts[strings.ToLower(host)] = true
		}
	}
	name := strings.ToLower(u.Hostname())
	return r.hosts[strings.ToLower(u.Host)] || r.hosts[name] || r.hosts["["+name+"]"]
}

// allowedHosts are hosts, with a port or without; addresses of IPv6 come out in brackets.
func (t table) allowedHosts() []string {
	list := t.texts("allow_hosts")
	for i, host := range list {
		if ip, err := netip.ParseAddr(host); err == nil && ip.Is6() {
			list[i] = "[" + host + "]"
			continue
		}
		u, err := url.Parse("http://" + host)
		if err == nil && u.Host == host && hostPattern.MatchString(u.Hostname()) {
			if !address.IsPort(u) {
				t.report(t.at(t.pos.Children["allow_hosts"].Elems[i].Value), fmt.Sprintf("%q is no port", u.Port()), portRule, "")
			}
			continue
		}
		suggestion := ""
		if u, err := url.Parse(host); err == nil && u.Hostname() != "" {
			suggestion = fmt.Sprintf("Write %q.", u.Hostname())
		}
		t.report(t.at(t.pos.Children["allow_hosts"].Elems[i].Value), fmt.Sprintf("%q is not a host", host),
			"A name or an address, with a port or without; no http://, no path, no patterns.", suggestion)
	}
	return list
}

var hostPattern = regexp.MustCompile(`^[A-Za-z0-9:]([A-Za-z0-9._:-]*)$`)
