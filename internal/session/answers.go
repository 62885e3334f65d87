package session

import (
	"errors"

	"sdmap/internal/export"
)

// Answers are the replies of the study's models to its items, as far as the store has them.
func (x *Session) Answers(sel export.Selection, progress func(done, total int)) (*export.Answers, error) {
	if x.Plan.Replies == nil {
		if s := x.Study.Scores; s != nil && s.Logs != nil {
			return nil, errors.New("the study's scores come from logs: no model is asked its items, and answers stay in " +
				"the logs")
		} else if s != nil {
			return nil, errors.New("the study's scores come from a table: no model is asked its items, so there are no answers")
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
