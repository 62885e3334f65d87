package study

// Standard describes the program's backends; standard_test.go, which may import them, fills it in.
var Standard []Backend

func format() *Format { return FormatOf(Standard) }
