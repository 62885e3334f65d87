// Package templates embeds what the report page is made of: its HTML template, style sheet, script and chart library.
// Nothing here computes; internal/report/html puts the parts together.
package templates

import "embed"

// FS holds page.html.tmpl, page.css, map.js, page.js, echarts.min.js with its licence and notice, and the study template of
// `sdmap init`.
//
//go:embed page.html.tmpl page.css map.js page.js echarts.min.js echarts.LICENSE echarts.NOTICE
var FS embed.FS

// Text returns an embedded file; the names are constants of this program, so a missing one is a programming error.
func Text(name string) string {
	b, err := FS.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return string(b)
}
