package httpreplay

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

// Check asks the real server all that is recorded. It must say what it said then; numbers that are no integers may be off by
// the tolerance, since processors sum in different orders. Under -record there is nothing to compare with.
func (s Server) Check(t testing.TB, tolerance float64) {
	t.Helper()
	if Recording() {
		t.Skip("the record is being written")
	}
	real, paths := s.Start(t) // before the file is read: where there is no server, this ends the test
	if paths == nil {
		paths = s.Paths
	}
	data, err := os.ReadFile(s.File)
	if err != nil {
		t.Fatal(err)
	}
	known, err := parse(data)
	if err != nil {
		t.Fatalf("%s: %v", s.File, err)
	}
	for _, k := range slices.SortedFunc(maps.Keys(known), key.compare) {
		status, said, err := ask(k.method, real+k.path, "", read([]byte(k.body)).named(paths).bytes())
		if err != nil {
			t.Fatalf("%s %s: %v", k.method, k.path, err)
		}
		want, got := known[k], read(said).unnamed(paths).without(s.Drop)
		apart := comparison{s, tolerance}.differ("", want.reply.value, got.value)
		if want.status != status || want.reply.text != got.text || apart != "" {
			t.Errorf("%s: to %s %s\n%.500s\nthe server says something else now: %d, recorded %d; %s", s.File, k.method, k.path,
				k.body, status, want.status, apart)
		}
	}
}

// comparison says where two values differ.
type comparison struct {
	Server
	tolerance float64
}

// differ is empty if they do not. at is where they stand.
func (c comparison) differ(at string, want, got any) string {
	switch w := want.(type) {
	case json.Number:
		if g, ok := got.(json.Number); ok && c.near(w, g) {
			return ""
		}
	case []any:
		if g, ok := got.([]any); ok && len(g) == len(w) {
			return c.lists(at, w, g)
		}
	case map[string]any:
		if g, ok := got.(map[string]any); ok {
			return c.objects(at, w, g)
		}
	default:
		if want == got {
			return ""
		}
	}
	return fmt.Sprintf("%s: %.200s, recorded %.200s", at, compact(got), compact(want))
}

func (c comparison) near(a, b json.Number) bool {
	x, err := a.Float64()
	y, err2 := b.Float64()
	whole := !strings.ContainsAny(a.String()+b.String(), ".eE")
	return a == b || err == nil && err2 == nil && !whole && math.Abs(x-y) <= c.tolerance*max(1, math.Abs(x))
}

func (c comparison) objects(at string, want, got map[string]any) string {
	if w, g := slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got)); !slices.Equal(w, g) {
		return fmt.Sprintf("%s: members %q, recorded %q", at, g, w)
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		w, g := want[name], got[name]
		if slices.Contains(c.Vary, name) {
			continue
		}
		if slices.Contains(c.Sets, name) {
			w, g = sorted(w), sorted(g)
		}
		if apart := c.differ(at+"/"+name, w, g); apart != "" {
			return apart
		}
	}
	return ""
}

func (c comparison) lists(at string, want, got []any) string {
	for i := range want {
		if apart := c.differ(fmt.Sprintf("%s/%d", at, i), want[i], got[i]); apart != "" {
			return apart
		}
	}
	return ""
}

// sorted puts a list in order by all that is no number with a fraction.
func sorted(value any) any {
	list, ok := value.([]any)
	if !ok {
		return value
	}
	return slices.SortedFunc(slices.Values(list), func(a, b any) int { return strings.Compare(firm(a), firm(b)) })
}

// firm is what of a value is compared exactly.
func firm(value any) string {
	object, ok := value.(map[string]any)
	if !ok {
		return string(compact(value))
	}
	rest := map[string]any{}
	for name, member := range object {
		if n, ok := member.(json.Number); !ok || !strings.ContainsAny(n.String(), ".eE") {
			rest[name] = member
		}
	}
	return string(compact(rest))
}
