// Package analysis compares the axes and says what was found.
//
// The pipeline: axis.Result of each axis -> tests of agreement between axes (RV, Mantel) -> what overlap of scores goes with
// (MRQAP) -> the DISTATIS map with satellites, disagreement and ellipses -> flags of pairs by intersection-union tests ->
// findings, each an estimate with interval, n, method and warnings. Recovery against a planted truth comes last and is blind:
// nothing before it has seen the truth file.
//
// Everything here is a pure function of the axis results, the study's options and a seed: equal inputs, equal bytes. The
// whole Analysis is one action's output, because its permutations take longer than a reader wants to wait twice.
package analysis

import (
	"sdmap/internal/atlas"
	"sdmap/internal/axis"
	"sdmap/internal/stats"
)

// Analysis is everything that is said about a study as a whole. B benchmarks, K axes that could be computed.
type Analysis struct {
	Benchmarks []string
	Families   []string // by benchmark
	Formats    []string // by benchmark
	Axes       []string // those that take part, in axis.Names order
	Absent     []Absent // axes or benchmarks that take no part, and why

	Order        []int  // of benchmarks in every heat map: seriated once, on the compromise or else on OrderedBy
	OrderedBy    string `json:",omitempty"` // without a map, the title of the overlap that gives the order; empty for the study's
	Agreement    []Agreement
	Best         *Best      // the axes that agree most; nil where none may be tested
	Explained    *Explained // overlap of scores by all else; nil without performance or without anything to explain it
	Map          *Map       // performance raw; nil when fewer than two axes or three benchmarks are there
	MapGFree     *Map       // performance without the general factor
	Pairs        []Pair
	Disagreement []Disagreement
	Wording      Witnesses
	Power        *axis.Value // smallest g-free rho that this study could flag
	Correction   Correction
	Exposure     string `json:",omitempty"` // the primary variant of the perplexity axis
	Alarms       []axis.Alarm
	Findings     []Finding // in the order in which a reader should meet them
	Recovery     *Recovery // nil without a truth
	Warnings     []string
}

// Absent names what takes no part in the comparison.
type Absent struct {
	Axis, Benchmark string // one of them may be empty
	Reason          string
}

// Agreement compares the primary overlaps of two axes over all pairs of benchmarks.
type Agreement struct {
	A, B     string         // axes, or "performance.gfree" for a variant
	RV       stats.Estimate // observed; Null holds the permutation mean
	Adjusted stats.Estimate // (RV - E) / (1 - E)
	Pearson  stats.Estimate // Mantel, one-sided greater
	Spearman stats.Estimate
	Shared   []string // models by whose states both are measured, so that they are one witness
	Tested   bool     // false where there is no null
	Why      string   // why it is not tested
	Perms    int      // distinct permutations used
	// Repaired counts the re-pairings of models that give p where one overlap was chosen with their scores, so that permuting
	// benchmarks' labels would say nothing; 0 where labels are permuted.
	Repaired int `json:",omitempty"`
}

// Best is the pair of axes that agree most, of all that may be tested and share no instrument.
type Best struct {
	A, B       string
	Candidates int            // pairs of axes that it is the best of
	Adjusted   stats.Estimate // P against the distribution of the largest of all candidates
}

// Explained is the regression of the overlaps of scores on all else that was measured of two benchmarks.
type Explained struct {
	Response   string // "performance.gfree", or "performance" where that is not there
	Regression stats.Regression
	Within     *stats.Regression // labels permuted within families; nil where families leave too little to permute
	// by coefficient: its p, corrected over all that have one; two-sided, and of what was chosen with the scores one-sided
	Holm    []*float64
	R2      stats.Estimate
	Unique  []stats.Estimate // by coefficient: its own part of R^2, with an interval over half-samples of models
	Redrawn []string         // names of predictors that half-samples draw again, beside the response
	Absent  []Absent         // benchmarks that take no part
}

// Map is a DISTATIS compromise of K axes over B benchmarks.
type Map struct {
	Benchmarks []string
	Axes       []string
	Scaling    atlas.Scaling
	Alpha      []float64     // K weights, sum 1
	RV         [][]float64   // K x K
	Inertia    []float64     // share of each kept dimension
	Dims       int           // r: first dimensions with cumulative inertia >= 0.8
	Negative   []float64     // K: share of negative eigenvalues set to 0
	Points     [][]float64   // B x kept dimensions: the compromise, F
	Satellites [][][]float64 // K x B x kept dimensions: F_k
	Ellipses   []Ellipse     // B, in the first two dimensions; empty without replicates
	Replicates int
	Panels     []Panel // each axis alone: SMACOF, Procrustes-aligned to the compromise
	// WeightNull has the weights of axes that are chosen with the scores, beside what they are with models re-paired.
	WeightNull map[string]stats.Estimate `json:",omitempty"`
	Warnings   []string
}

// Ellipse is the region that holds Level of a benchmark's half-sample replicates, as if they were normal.
type Ellipse struct {
	X, Y    float64    // centre: the compromise point
	Cov     [3]float64 // xx, xy, yy of the replicates
	Level   float64
	Outline [][2]float64 // closed polygon
}

// Panel is one axis on its own, in two dimensions.
type Panel struct {
	Axis   string
	Points [][2]float64
	Stress float64 // Kruskal's stress-1
}

// Pair is two benchmarks (indices A < B) with what every axis says of them.
type Pair struct {
	A, B     int
	Overlaps map[string]stats.Estimate // "performance", "performance.gfree", "perplexity", "semantic", "neural"
	// one-sided p of the components: "performance.high", "semantic.low", ...; absent where missing
	Tests   map[string]float64
	Flags   []Flag
	Blocked string // the alarm that keeps this pair from being flagged
	// the part that is missing, where no label can be tested and no alarm blocks
	Untested               string `json:",omitempty"`
	SameFamily, SameFormat bool
}

// Labels of flags and findings, as the truth file writes them.
const (
	OverlapWithoutKinship  = "overlap-without-kinship"
	KinshipWithoutOverlap  = "kinship-without-overlap"
	LikenessWithoutKinship = "likeness-without-kinship"
	ExposureDriven         = "exposure-driven"
)

// Flag is a label for a pair with its intersection-union p-value.
type Flag struct {
	Label      string
	P          float64 // the largest of its one-sided components
	BY, BH     float64 // adjusted over all testable pairs
	Components []string
	Flagged    bool // BY <= q
}

// Correction says how flags were corrected for multiplicity.
type Correction struct {
	Q        float64
	Method   string
	Pairs    int            // possible pairs
	Testable map[string]int // by label: pairs that have all components and no alarm, over which the correction ran
	Flagged  map[string]int
}

// Disagreement is how far a benchmark's axes lie apart on the map.
type Disagreement struct {
	Benchmark int
	Value     stats.Estimate     // Delta_b minus its split-half floor, with a 90 % interval over half-samples
	OfInertia float64            // Value as a share of the total inertia of all axes' points, over the same dimensions
	ByAxis    map[string]float64 // share of each axis, sum 1
	TopThree  float64            // share of half-samples in which it is among the first three
	Outlier   float64            // share of half-samples in which it lies above the others' Q3 + 1.5 IQR
}

// Finding is something worth saying: its numbers are named, so that the sentence that states it does no arithmetic.
type Finding struct {
	ID string // stable; the anchor in the report
	// a label above, or "agreement", "disagreement", "outlier", "alarm", "recovery", "general-factor", "power", "none"
	Kind       string
	Benchmarks []string
	Axes       []string
	Numbers    []Number
	Alarm      *axis.Alarm
	Wording    *Witnesses `json:",omitempty"` // of labels: which embeddings speak of wording
	Universes  *Universes `json:",omitempty"` // of labels and agreement: in how many ways to measure it the finding holds
	Shared     []Shared   `json:",omitempty"` // of agreement: axes that are one witness
	Count      int        // how many of the kind there are, where the finding speaks of several
	Others     [][]string // further pairs or benchmarks of the same kind, strongest first
}

// Shared names two axes that are measured by the states of the same models.
type Shared struct {
	A, B   string
	Models []string
}

// Number is an estimate with a name by which prose can call it.
type Number struct {
	Name  string
	Title string
	stats.Estimate
}

// Recovery compares what the axes found with what was planted.
type Recovery struct {
	Source  string
	AUC     []AUC
	Kinds   []KindRecovery
	Wrong   []WrongFlag    // labels that the truth does not give the pair
	Listed  int            // pairs that the truth names and says something of
	Implied int            // pairs that it does not name, and of which its skills, exposures and surfaces say enough
	Shuffle stats.Estimate // mean AUC of the primary performance overlap under shuffled skills: must cover 0.5
	Notes   []string
}

// AUC is how well an overlap separates same-skill (or same-surface) pairs from others.
type AUC struct {
	Axis, Variant, Title string
	Target               string // "skill" or "surface"
	Baseline             bool
	Value                stats.Estimate // bootstrap interval over benchmarks
	Positive, Negative   int            // pairs
	Repaired             int            `json:",omitempty"` // re-pairings of the models that Value stands against
}

// KindRecovery counts, for one kind of planted pairs, how many got the expected label.
type KindRecovery struct {
	Kind     string
	Expected string
	Pairs    int
	Given    int // flagged with the expected label (or rightly not flagged where "none" is expected)
	Details  []PlantedPair
}

// PlantedPair is one planted pair and what became of it.
type PlantedPair struct {
	A, B, Name, Expected string
	Got                  []string
	Blocked              string
}

// WrongFlag is a flag against the truth.
type WrongFlag struct {
	A, B, Label, Truth string
}
