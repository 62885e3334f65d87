package results

import (
	"bufio"
	"math"
	"regexp"
	"strings"

	"sdmap/internal/jsonpull"
)

// helmItems reads the items of runs, folder by folder.
func helmItems(s *scan, runs []*Run) error {
	byFile := map[string][]*Run{}
	for _, run := range runs {
		if at, there := run.at.(helmPlace); there {
			byFile[at.items] = append(byFile[at.items], run)
		}
	}
	for _, file := range sortedKeys(byFile) {
		c := &helmInstances{runs: byFile[file], at: map[string]int{}, asked: map[string]helmQuestion{}}
		if state := byFile[file][0].at.(helmPlace).state; s.in(state, helmName, beside) {
			s.reading(state, func(in *bufio.Reader) error { return c.state(jsonpull.New(in)) })
		}
		s.reading(file, func(in *bufio.Reader) error {
			r := jsonpull.New(in)
			return array(r, func(int) error { return c.instance(r) })
		})
		c.finish()
	}
	return nil
}

// helmInstances are the items of a folder.
type helmInstances struct {
	runs  []*Run
	at    map[string]int // instance, by id: index in order
	order []string
	sums  [][]float64 // by instance, by run
	times [][]int
	asked map[string]helmQuestion
}

// helmQuestion is what is known of an instance.
type helmQuestion struct {
	hash    [16]byte
	choices int
	numeric bool // its right answer is a number
}

// instance reads the scores of one instance in one trial; those of changed copies of it are no scores of its own.
func (c *helmInstances) instance(r *jsonpull.Reader) error {
	var id string
	perturbed := false
	values := make([]float64, len(c.runs))
	for i := range values {
		values[i] = math.NaN()
	}
	err := object(r, func(name string) (err error) {
		switch name {
		case "instance_id":
			id, err = r.Text(longestName)
		case "perturbation":
			perturbed = r.Next() != 'n'
		case "stats":
			return array(r, func(int) error {
				stat, value, err := helmValue(r)
				for i, run := range c.runs {
					if run.Metric == stat.name && run.at.(helmPlace).split == stat.split && !stat.perturbed {
						values[i] = value
					}
				}
				return err
			})
		}
		return err
	})
	if err != nil || perturbed || id == "" {
		return err
	}
	k, known := c.at[id]
	if !known {
		k = len(c.order)
		c.at[id], c.order = k, append(c.order, id)
		c.sums, c.times = append(c.sums, make([]float64, len(c.runs))), append(c.times, make([]int, len(c.runs)))
	}
	for i, v := range values {
		if !math.IsNaN(v) {
			c.sums[k][i] += v
			c.times[k][i]++
		}
	}
	return nil
}

// finish makes items: the mean over trials.
func (c *helmInstances) finish() {
	for k, id := range c.order {
		q := c.asked[id]
		for i, run := range c.runs {
			if c.times[k][i] == 0 {
				continue
			}
			run.Scored = append(run.Scored, Item{id, q.hash, c.sums[k][i] / float64(c.times[k][i]), q.choices})
			if q.numeric && strings.HasPrefix(run.Metric, "quasi_") {
				run.Numeric++
			}
		}
	}
}

// state reads what was asked.
func (c *helmInstances) state(r *jsonpull.Reader) error {
	joint := false
	return object(r, func(name string) error {
		switch name {
		case "adapter_spec":
			return object(r, func(name string) error {
				if name != "method" {
					return nil
				}
				method, err := r.Text(longestName)
				joint = strings.HasPrefix(method, "multiple_choice")
				return err
			})
		case "request_states":
			return array(r, func(int) error {
				return object(r, func(name string) error {
					if name != "instance" {
						return nil
					}
					return c.question(r, joint)
				})
			})
		}
		return nil
	})
}

// number is an answer that is one, with its sign and what may stand around it.
var number = regexp.MustCompile(`^\s*[-+−$€£]?\s*[-+−]?[\d.,]*\d[\d.,]*\s*%?\s*$`)

func (c *helmInstances) question(r *jsonpull.Reader, joint bool) error {
	var id string
	var q helmQuestion
	var asked [2][16]byte
	perturbed := false
	err := object(r, func(name string) (err error) {
		switch name {
		case "id":
			id, err = r.Text(longestName)
		case "input":
			asked[0], err = r.Digest()
		case "perturbation":
			perturbed = r.Next() != 'n'
		case "references":
			n := 0
			err = array(r, func(int) error {
				text, right, err := helmReference(r)
				n++
				asked[1] = hashOf(asked[1], hashOfText(text))
				q.numeric = q.numeric || right && number.MatchString(text)
				return err
			})
			if joint {
				q.choices = n
			}
		}
		return err
	})
	q.hash = hashOf(asked[:]...)
	if !perturbed {
		c.asked[id] = q
	}
	return err
}

// helmReference is an answer that an instance knows, and whether it is right.
func helmReference(r *jsonpull.Reader) (text string, right bool, err error) {
	err = object(r, func(name string) error {
		switch name {
		case "output":
			return object(r, func(name string) (err error) {
				if name == "text" {
					text, err = r.Text(longestText)
				}
				return err
			})
		case "tags":
			return array(r, func(int) error {
				tag, err := r.Text(longestName)
				right = right || tag == "correct"
				return err
			})
		}
		return nil
	})
	return text, right, err
}
