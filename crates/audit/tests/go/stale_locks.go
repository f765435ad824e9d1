// Lock files that are made by name, found stale, and removed by name.
package stale

import (
	"encoding/json"
	"os"
	"syscall"
	"time"
)

type mark struct{ Updated time.Time }

func create(name string) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	return json.NewEncoder(f).Encode(mark{time.Now()})
}

func isStale(m mark) bool { return time.Since(m.Updated) > time.Minute }

type Locks struct{ dir string }

// Who saw the stale file may remove the fresh one.
func (l *Locks) BadTake(name string) error {
	for {
		err := create(name)
		if err == nil {
			return nil
		}
		if !os.IsExist(err) {
			return err
		}
		var m mark
		f, err := os.Open(name)
		if err != nil {
			continue
		}
		err = json.NewDecoder(f).Decode(&m)
		f.Close()
		if err != nil {
			return err
		}
		if isStale(m) {
			os.Remove(name)
			continue
		}
		time.Sleep(time.Second)
	}
}

func (l *Locks) BadTakeByAge(name string) error {
	for {
		f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err == nil {
			return f.Close()
		}
		if !os.IsExist(err) {
			return err
		}
		fi, err := os.Stat(name)
		if err != nil {
			continue
		}
		if time.Since(fi.ModTime()) > time.Minute {
			os.Remove(name)
			continue
		}
		time.Sleep(time.Second)
	}
}

// Nobody removes anything: who finds the file waits for it to go.
func (l *Locks) GoodWait(name string) error {
	for {
		err := create(name)
		if err == nil {
			return nil
		}
		if !os.IsExist(err) {
			return err
		}
		time.Sleep(time.Second)
	}
}

// What is locked goes with its process, and stays where it is.
func (l *Locks) GoodLocked(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
