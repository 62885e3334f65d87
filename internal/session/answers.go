package session

import (
	"errors"
	"fmt"

	"sdmap/internal/export"
)

// Answers are the replies of the study's models to its items, as far as the store has them.
func (x *Session) Answers(sel export.Selection, progress func(done, total int)) (*export.Answers, error) {
	if x.Plan.Replies == nil {
		if x.Study.Scores != nil {
			from := "a table"
			if x.Study.Scores.Logs != nil {
				from = "logs"
			}
			return nil, fmt.Errorf("the study's scores come from %s: no model is asked its items, so there are no answers", from)
		}
		return nil, errors.New("no model of the study is asked for answers")
	}
	digest, err := x.world.Store.FileDigest(x.Study.File)
	if err != nil {
		return nil, err
	}
	return export.Look(export.Source{Study: x.Study, Digest: digest.String(), Version: x.world.Version, Models: x.Models,
		Benchmarks: x.Benchmarks, Replies: x.Plan.Replies, Store: x.world.Store}, sel, progress)
}
