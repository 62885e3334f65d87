package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sdmap/internal/axis/performance"
	"sdmap/internal/study"
	"sdmap/internal/wording"
)

// foundMostly is the share of studies in which an overlap that can be found is found.
const foundMostly = 0.8

func (a *app) powerCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "power [-spread S] STUDY",
		Short: "Show which overlaps a study could find, and what more models or items would buy",
		Long: fmt.Sprintf(`Show the smallest overlap without the general factor that could be labelled "overlap without kinship",
and the largest that could be labelled "kinship without overlap", %s, with the study's models and
items and with twice as many. Nothing is computed. By the normal approximation of the tests of pairs,

    high: atanh(rho rel) = atanh(1/(k+1)) + (z(1-p) + z(power)) / sqrt(m-4)
    low:  atanh(rho rel) = atanh(%g rel)   - (z(1-p) + z(power)) / sqrt(m-4)

with m models, k benchmarks behind the general factor of a pair at least, p what Benjamini-Yekutieli
asks of one pair among all, z the normal quantile, and rel = s^2 / (s^2 + 1/(4n)) the reliability of n
items, s how scores differ over models without the general factor. Lineages count as one model each.
Items of a table of scores are those that it gives, or as many as would have its standard errors.
Other parts of a label, of texts and states, are not in it: it is what the models' scores allow. The
label "exposure-driven" takes the first of the two as well, and "likeness without kinship" neither.

Where a study says what was planted ([truth]) and was run, it is said besides with how many of its
models each measure finds that again.`,
			wording.InTen(foundMostly, "time"), performance.Delta),
		Example: "  sdmap power studies/planted/study.toml",
		Args:    cobra.ExactArgs(1),
	}
	spread := c.Flags().Float64("spread", 0.1, "standard deviation of scores over models, without the general factor")
	return a.command(c, func(ctx context.Context, args []string) error { return a.power(ctx, args[0], *spread) })
}

func (a *app) power(ctx context.Context, file string, spread float64) error {
	if !(spread > 0 && spread < 1) {
		return usage("-spread is %g; it must lie between 0 and 1", spread)
	}
	store, err := a.openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	l, err := a.world(store).ReadAndOpen(ctx, file, true)
	if err != nil {
		return err
	}
	defer l.Close()
	var families []string
	for _, b := range l.Study.Benchmarks {
		families = append(families, b.Family)
	}
	if len(families) < 2 {
		return usage("a study of %s has no pairs", wording.Count(len(families), "benchmark"))
	}
	a.printPower(lineages(l.Study), families, itemsBehind(l), l.Study.Report.Q, spread)
	found, err := l.Recovered(ctx)
	if err != nil {
		return err
	}
	a.printRecovery(found)
	return nil
}

// lineages counts those of the models whose scores a study has.
func lineages(s *study.Study) int {
	seen := map[string]bool{}
	for _, m := range s.Scored() {
		seen[m.Lineage] = true
	}
	return len(seen)
}

func (a *app) printPower(models int, families []string, items []int, q, spread float64) {
	slices.Sort(items)
	n := 0
	if len(items) > 0 {
		n = items[len(items)/2]
	}
	why := ""
	t := newTable("", "models", "items", "reliability", "overlap found from", "no overlap shown up to")
	for _, c := range []struct {
		name         string
		models, more int
	}{{"as it is", 1, 1}, {"twice the models", 2, 1}, {"twice the items", 1, 2}, {"twice both", 2, 2},
		{"four times the models", 4, 1}} {
		rel, relText := 1.0, "not known"
		if n > 0 {
			rel = performance.AssumedReliability(c.more*n, spread)
			relText = wording.Rounded(rel, 2)
		}
		r := performance.ReachOf(c.models*models, families, q, rel)
		high, highOK := r.High(foundMostly)
		low, lowOK := r.Low(foundMostly)
		if why == "" && !(highOK && lowOK) {
			why = cmp.Or(r.Refused(), "even an overlap of 1, or of -1, would be missed more often, for want of models or "+
				"reliability")
		}
		t.add(c.name, c.models*models, itemsText(c.more*n), relText, reachText(high, highOK), reachText(low, lowOK))
	}
	t.print(a.Stdout)
	fmt.Fprintf(a.Stdout, "Overlaps are true ones without the general factor, found %s; models are lineages, items those "+
		"of the middle "+
		"benchmark.\n", wording.InTen(foundMostly, "time"))
	if why != "" {
		fmt.Fprintf(a.Stdout, "None: %s.\n", why)
	}
	if n == 0 {
		fmt.Fprintln(a.Stdout, "Neither items nor standard errors of the scores are known: the figures are those of "+
			"reliability 1, and true scores reach less. Give items in [scores].")
	}
}

func itemsText(n int) string {
	if n == 0 {
		return "not known"
	}
	return wording.Group(n)
}

func reachText(rho float64, ok bool) string {
	if !ok {
		return "none"
	}
	return strings.ReplaceAll(wording.Rounded(rho, 2), "−", "-")
}
