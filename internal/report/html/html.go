// Package html renders a report as one self-contained page: style, script, chart library, figures and data inside, nothing
// loaded from elsewhere, no evaluation of text, a content security policy that allows just what is there by hash.
//
// It is a pure function: equal reports give equal bytes. Everything that came from outside goes through html/template or
// through goldmark without raw HTML, and what could not be seen there is replaced at the very end; no element carries a style
// attribute, because the policy forbids it.
package html

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"strconv"
	"strings"

	"sdmap/internal/diag"
	"sdmap/internal/report"
	"sdmap/templates"
)

// page is what the template sees.
type page struct {
	Report  *report.Report
	Authors string
	Policy  string
	Style   template.CSS
	Data    map[string]figureData
	Charts  template.JS
	Map     template.JS
	Script  template.JS
}

// figureData is one figure's entry in the page's data block.
type figureData struct {
	Options json.RawMessage `json:"options"`
	Data    json.RawMessage `json:"data,omitempty"`
	Views   []viewData      `json:"views"`
}

type viewData struct {
	Options json.RawMessage `json:"options"`
	Data    json.RawMessage `json:"data,omitempty"`
}

// Render makes the page.
func Render(r *report.Report) ([]byte, error) {
	figures, err := collect(r)
	if err != nil {
		return nil, err
	}
	images := map[string][]byte{}
	for _, f := range r.Files {
		images[f.Path] = f.Bytes
	}
	style, charts := templates.Text("page.css"), templates.Text("echarts.min.js")
	mapping, script := templates.Text("map.js"), templates.Text("page.js")
	var markdownErr error
	prose := func(inline bool) func(string) template.HTML {
		return func(source string) template.HTML {
			h, err := Markdown(source, inline)
			markdownErr = errors.Join(markdownErr, err)
			return template.HTML(h)
		}
	}
	t, err := template.New("page").Funcs(template.FuncMap{
		"markdown": prose(false),
		"inline":   prose(true),
		"number":   func(v *float64) string { return strconv.FormatFloat(*v, 'g', -1, 64) },
		"views":    viewTitles,
		"image":    func(f *report.Figure) ([]image, error) { return staticImages(f, images) },
	}).Parse(templates.Text("page.html.tmpl"))
	if err != nil {
		return nil, fmt.Errorf("page template: %w", err)
	}
	var b bytes.Buffer
	err = t.Execute(&b, page{
		Report:  r,
		Authors: strings.Join(r.Authors, ", "),
		Policy:  policy([]string{charts, mapping, script}, []string{style}),
		Style:   template.CSS(style),
		Data:    figures,
		Charts:  template.JS(charts),
		Map:     template.JS(mapping),
		Script:  template.JS(script),
	})
	if err := errors.Join(err, markdownErr); err != nil {
		return nil, fmt.Errorf("report page: %w", err)
	}
	return diag.ShownLines(b.Bytes()), nil
}

// policy allows the scripts and styles that stand in the page, images as data, and nothing else.
func policy(scripts, styles []string) string {
	hashes := func(texts []string) string {
		var out []string
		for _, t := range texts {
			h := sha256.Sum256([]byte(t))
			out = append(out, "'sha256-"+base64.StdEncoding.EncodeToString(h[:])+"'")
		}
		return strings.Join(out, " ")
	}
	return "default-src 'none'; script-src " + hashes(scripts) + "; style-src " + hashes(styles) +
		"; img-src data:; base-uri 'none'; form-action 'none'"
}

// collect walks the report's figures and refuses options that are not strict JSON (NaN never is).
func collect(r *report.Report) (map[string]figureData, error) {
	out := map[string]figureData{}
	for _, f := range r.AllFigures() {
		if len(f.Options) == 0 {
			continue
		}
		if _, dup := out[f.ID]; dup {
			return nil, fmt.Errorf("two figures have the id %q", f.ID)
		}
		d := figureData{Options: f.Options, Data: f.Data, Views: []viewData{}}
		for _, v := range f.Views {
			d.Views = append(d.Views, viewData{Options: v.Options, Data: v.Data})
		}
		if _, err := json.Marshal(d); err != nil {
			return nil, fmt.Errorf("figure %s: its options are not JSON: %w", f.ID, err)
		}
		out[f.ID] = d
	}
	return out, nil
}

// viewTitles names the buttons of a figure that has more than one view.
func viewTitles(f *report.Figure) []string {
	if len(f.Views) == 0 {
		return nil
	}
	titles := []string{f.FirstView()}
	for _, v := range f.Views {
		titles = append(titles, v.Title)
	}
	return titles
}

// image is a figure's drawing for print and for readers without script.
type image struct {
	Src template.URL
	Alt string
}

func staticImages(f *report.Figure, files map[string][]byte) ([]image, error) {
	var out []image
	add := func(name, alt string) error {
		if name == "" {
			return nil
		}
		svg, ok := files["figures/"+name]
		if !ok {
			return fmt.Errorf("figure %s: its drawing figures/%s is missing", f.ID, name)
		}
		out = append(out, image{template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(svg)), alt})
		return nil
	}
	err := add(f.SVG, f.Alt)
	for _, v := range f.Views {
		err = errors.Join(err, add(v.SVG, f.Alt+" ("+v.Title+")"))
	}
	return out, err
}
