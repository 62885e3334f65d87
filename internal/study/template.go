package study

import _ "embed"

// Template is a commented study to begin with, as `sdmap init` writes it.
func Template() string { return template }

//go:embed template.toml
var template string
