package study_test

import (
	"sdmap/internal/llm/backends"
	"sdmap/internal/study"
)

func init() { study.Standard = backends.All().Described() }
