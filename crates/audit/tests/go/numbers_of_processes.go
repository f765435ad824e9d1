// Files that tell other processes which one runs, whatever they are called.
package agent

import (
	"errors"
	"os"
	"strconv"
)

type mark struct{ path string }

var errRunning = errors.New("running")

func (m *mark) BadBegin() error {
	if _, err := os.Stat(m.path); err == nil {
		return errRunning
	}
	return os.WriteFile(m.path, []byte(strconv.Itoa(os.Getpid())), 0o644)
}

func (m *mark) GoodBegin() error {
	f, err := os.OpenFile(m.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return errRunning
	}
	defer f.Close()
	_, err = f.WriteString(strconv.Itoa(os.Getpid()))
	return err
}
