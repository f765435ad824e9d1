// Ways out that hang on a second question about what was found.
package nestedways

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
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

// Who does not find it fetches it; the file is put in place whole.
type cachedClient struct {
	dir   string
	fetch func(group string) (map[string]string, error)
}

func (c *cachedClient) GoodResources(group string) (map[string]string, error) {
	filename := filepath.Join(c.dir, group, "resources.json")
	text, err := os.ReadFile(filename)
	if err == nil {
		cached := map[string]string{}
		if err := json.Unmarshal(text, &cached); err == nil {
			return cached, nil
		}
	}
	live, err := c.fetch(group)
	if err != nil {
		return live, err
	}
	_ = c.write(filename, live)
	return live, nil
}

func (c *cachedClient) write(filename string, live map[string]string) error {
	text, err := json.Marshal(live)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(c.dir, "resources")
	if err != nil {
		return err
	}
	if _, err := f.Write(text); err != nil {
		return err
	}
	f.Close()
	return os.Rename(f.Name(), filename)
}
