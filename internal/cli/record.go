package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/pflag"

	"sdmap/internal/files"
	"sdmap/internal/llm/remote"
)

func (a *app) recordFlag(f *pflag.FlagSet) {
	f.StringVar(&a.recordTo, "record", "", fmt.Sprintf("append every exchange with servers to this `FILE`, a line of JSON "+
		"each: time, method, URL,\n"+
		"attempt, status or error, seconds, both bodies up to %d KiB; keys are left out, results stay the same",
		remote.RecordedBytes>>10))
}

// recorded runs do with a record of what servers are asked and answer, if one is wanted.
func (a *app) recorded(do func() error) error {
	if a.recordTo == "" {
		return do()
	}
	file, err := openRecord(a.recordTo)
	if err != nil {
		return usage("the file of -record cannot be written: %v", err)
	}
	a.recorder = remote.NewRecorder(file, a.Now)
	err = do()
	if lost := errors.Join(a.recorder.Err(), file.Close()); lost != nil {
		a.say("warning: the record of what servers said is not whole: %s", lost)
	}
	return err
}

// openRecord opens a file for more lines: a new one, an empty one, or one that begins as a record does, since a slip of the
// keyboard can name any file. A line that was cut off by the end of a machine is ended first.
func openRecord(path string) (*os.File, error) {
	file, err := files.Append(path)
	if err != nil {
		return nil, err
	}
	if err := endLine(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

func endLine(file *os.File) error {
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil || size == 0 {
		return err
	}
	first, last := make([]byte, remote.RecordHead), make([]byte, 1)
	if n, err := file.ReadAt(first, 0); err != nil && err != io.EOF {
		return err
	} else if !remote.IsRecord(string(first[:n])) {
		return fmt.Errorf("%s is no record of exchanges with servers, and nothing is added to it; name a new file", file.Name())
	}
	if _, err := file.ReadAt(last, size-1); err != nil || last[0] == '\n' {
		return err
	}
	_, err = file.Write([]byte{'\n'})
	return err
}
