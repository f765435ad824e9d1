// Ways out that hang on a second question about what was found.
package nestedways

import (
	"errors"
	"os"
	"strconv"
	"sync"
)

var errRunning = errors.New("it runs already")

func contents(filename string) (int, error) {
	text, err := os.ReadFile(filename)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(text))
}

func MaybeWritePid(filename string, pid int) error {
	old, err := contents(filename)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	if err == nil {
		if runs(old) {
			return errRunning
		}
	}
	return os.WriteFile(filename, []byte(strconv.Itoa(pid)), 0o644)
}

type lease struct {
	owner string
	live  bool
}

type leases struct {
	mu   sync.Mutex
	held map[string]*lease
}

func (l *leases) BadTake(name, owner string) error {
	l.mu.Lock()
	found, ok := l.held[name]
	l.mu.Unlock()
	if ok {
		if isLive(found) {
			return errRunning
		}
	}
	l.mu.Lock()
	l.held[name] = &lease{owner: owner, live: true}
	l.mu.Unlock()
	return nil
}

type others struct {
	mu   sync.Mutex
	held map[string]*lease
}

func (l *others) GoodTake(name, owner string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	found, ok := l.held[name]
	if ok {
		if isLive(found) {
			return errRunning
		}
	}
	l.held[name] = &lease{owner: owner, live: true}
	return nil
}
