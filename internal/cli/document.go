package cli

import (
	"context"
	"encoding/json"

	"sdmap/internal/analysis"
	"sdmap/internal/axis"
)

// document makes the files of a report from what was computed.
func (a *app) document(ctx context.Context, l *loaded, c *computed) ([]output, error) {
	var doc struct {
		Scores   *axis.ScoreTable
		Axes     []*axis.Result
		Analysis *analysis.Analysis
	}
	if l.plan.Scores != nil && c.results.Outcome(l.plan.Scores).OK() {
		data, err := c.results.Read(ctx, l.plan.Scores)
		if err != nil {
			return nil, err
		}
		if doc.Scores, err = axis.DecodeScores(data); err != nil {
			return nil, err
		}
	}
	for _, name := range axis.Names() {
		if c.axes[name] == nil {
			continue
		}
		data, err := c.results.Read(ctx, c.axes[name])
		if err != nil {
			return nil, err
		}
		r, err := axis.Decode(data)
		if err != nil {
			return nil, err
		}
		doc.Axes = append(doc.Axes, r)
	}
	if c.compare != nil {
		data, err := c.analysis.Read(ctx, c.compare)
		if err != nil {
			return nil, err
		}
		if doc.Analysis, err = analysis.Decode(data); err != nil {
			return nil, err
		}
	}
	data, err := json.MarshalIndent(doc, "", " ")
	return []output{{"report.json", data}}, err
}
