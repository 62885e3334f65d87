package wordingtest

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"sdmap/internal/wording"
)

// Plain shows what came from outside as it is.
var Plain = wording.Outside{Text: func(text string) string { return text },
	Code: func(names ...string) string { return "`" + strings.Join(names, "`, `") + "`" }}

// Options changes every exported field of the struct that options points to, one by one, and fails where say then says the
// same as before. others holds, by field, another value of those that take only some; unsaid lists the fields that need no
// saying, with the reason.
func Options(t *testing.T, options any, say func() string, others map[string]any, unsaid map[string]string) {
	t.Helper()
	report(t, checkOptions(options, say, others, unsaid))
}

func checkOptions(options any, say func() string, others map[string]any, unsaid map[string]string) []string {
	var faults []string
	v := reflect.ValueOf(options).Elem()
	before := say()
	for i := range v.NumField() {
		name, field := v.Type().Field(i).Name, v.Field(i)
		old := reflect.New(field.Type()).Elem()
		old.Set(field)
		if other, ok := others[name]; ok {
			field.Set(reflect.ValueOf(other))
		} else if unsaid[name] == "" && !alter(field) {
			faults = append(faults, fmt.Sprintf("option %s: give another value of %s, or say why it need not be said", name,
				field.Type()))
		}
		if same := say() == before; same && unsaid[name] == "" {
			faults = append(faults, fmt.Sprintf("option %s may be %v or %v, and the text is the same", name, old, field))
		}
		field.Set(old)
	}
	return faults
}

// alter gives a field another value; false where it does not know how.
func alter(field reflect.Value) bool {
	switch field.Kind() {
	case reflect.Int:
		field.SetInt(field.Int() + 1)
	case reflect.Float64:
		field.SetFloat(field.Float() * 1.001)
	case reflect.Bool:
		field.SetBool(!field.Bool())
	default:
		return false
	}
	return true
}
