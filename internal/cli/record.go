package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/pflag"

	"sdmap/internal/llm/remote"
)

func (a *app) recordFlag(f *pflag.FlagSet) {
	f.StringVar(&a.tape, "record", "", fmt.Sprintf("append every exchange with servers to this `FILE`, a line of JSON each: time, method, URL,\n"+
		"attempt, status or error, seconds, both bodies up to %d KiB; keys are left out, results stay the same", remote.RecordedBytes>>10))
}

// recorded runs do with a record of what servers are asked and answer, if one is wanted.
func (a *app) recorded(do func() error) error {
	if a.tape == "" {
		return do()
	}
	file, err := openRecord(a.tape)
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

// openRecord opens a file for more lines. A line that was cut off by the end of a machine is ended first.
func openRecord(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o666)
	if err != nil {
		return nil, err
	}
	last := []byte{'\n'}
	if size, seekErr := file.Seek(0, io.SeekEnd); seekErr == nil && size > 0 {
		_, err = file.ReadAt(last, size-1)
	}
	if err == nil && last[0] != '\n' {
		_, err = file.Write([]byte{'\n'})
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}
