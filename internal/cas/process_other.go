//go:build !linux

package cas

// A process' number says nothing here: owners are judged by their heartbeat alone.

func processWorld() string { return "" }

func processStart(int) string { return "" }

func processEnded(int, string) bool { return false }
