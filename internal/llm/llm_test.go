package llm

import (
	"reflect"
	"testing"
)

// A need that is not met in any one field is not met.
func TestOffers(t *testing.T) {
	all := Capabilities{Trace: WantAll}
	v := reflect.ValueOf(&all).Elem()
	for i := range v.NumField() {
		if v.Field(i).Kind() == reflect.Bool {
			v.Field(i).SetBool(true)
		}
	}
	if !all.Offers(all) || !all.Offers(Capabilities{}) || !(Capabilities{}).Offers(Capabilities{}) {
		t.Error("a need that is met is refused")
	}
	for i := range v.NumField() {
		lacks := all
		reflect.ValueOf(&lacks).Elem().Field(i).SetZero()
		if lacks.Offers(all) || !all.Offers(lacks) {
			t.Errorf("%s is not looked at", v.Type().Field(i).Name)
		}
	}
	if some := (Capabilities{Trace: WantFinal}); some.Offers(Capabilities{Trace: WantFinal | WantResidual}) {
		t.Error("a part of a trace stands for all")
	}
}
