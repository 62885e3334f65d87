package cas

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// processWorld is where a process' number means something: the machine's boot and the namespace that gives numbers. It is empty
// where the system does not say.
func processWorld() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	space, err2 := os.Readlink("/proc/self/ns/pid")
	if err != nil || err2 != nil {
		return ""
	}
	return strings.TrimSpace(string(boot)) + "," + space
}

// processStart tells a process from others that have its number at other times; empty where it cannot be seen, or has ended.
func processStart(pid int) string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	// behind the name, which may hold anything
	_, rest, _ := strings.Cut(string(stat[strings.LastIndex(string(stat), ")")+1:]), " ")
	fields := strings.Fields(rest)
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return ""
	}
	return fields[19]
}

// processEnded says whether the process of this world with that number and start is no more.
func processEnded(pid int, start string) bool {
	if now := processStart(pid); now != "" {
		return now != start
	}
	err := syscall.Kill(pid, 0) // other users' processes may not be seen
	return errors.Is(err, syscall.ESRCH) || err == nil
}
