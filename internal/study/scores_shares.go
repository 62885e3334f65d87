package study

import (
	"fmt"

	"sdmap/internal/diag"
)

// warnShares says where all columns with a scale hold numbers of at most 1, which are shares already: divided once more, every
// model would look as if it knew nothing.
func (c *scoreSheet) warnShares() {
	var names []string
	greatest, share := 0.0, 0.0
	for _, col := range c.scored {
		if col.perplexities || col.percent || col.scale <= 1 {
			continue
		}
		names = append(names, col.name)
		greatest, share = max(greatest, col.greatest), max(share, col.greatest/col.scale)
	}
	if greatest <= 0 || greatest > 1+1e-9 {
		return
	}
	c.found.Add(diag.Diagnostic{Severity: diag.Warning, Range: diag.Range{File: c.sheet},
		Summary:    fmt.Sprintf("no score is above %.3g of its scale", share),
		Detail:     fmt.Sprintf("The largest number in %s is %.3g, before it is divided by scale.", quotedNames(names), greatest),
		Suggestion: "If they are shares of 1, take scale out of the study."})
}
