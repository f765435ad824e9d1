// Who is told that it stored an entry, although its helper found another one's when it looked again.
package claims

import (
	"errors"
	"sync"
)

var errTaken = errors.New("taken")

type table struct {
	mu      sync.RWMutex
	entries map[string]int
}

func (t *table) get(k string) (int, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	v, ok := t.entries[k]
	return v, ok
}

func (t *table) getOrSet(k string, v int) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if old, ok := t.entries[k]; ok {
		return old
	}
	t.entries[k] = v
	return v
}

func (t *table) setIfAbsent(k string, v int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.entries[k]; ok {
		return false
	}
	t.entries[k] = v
	return true
}

func (t *table) create(k string, v int) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.entries[k]; ok {
		return errTaken
	}
	t.entries[k] = v
	return nil
}

func (t *table) createAs(k string, v int) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if old, ok := t.entries[k]; ok {
		return old, errTaken
	}
	t.entries[k] = v
	return v, nil
}

// Claims hands out names.
type Claims struct{ table *table }

func (c *Claims) BadSetIfNotExist(k string, v int) bool {
	if _, ok := c.table.get(k); !ok {
		c.table.getOrSet(k, v)
		return true
	}
	return false
}

// The helper's answer tells who was first.
func (c *Claims) GoodSetIfNotExist(k string, v int) bool {
	if _, ok := c.table.get(k); ok {
		return false
	}
	return c.table.setIfAbsent(k, v)
}

func (c *Claims) GoodAsksTheHelper(k string, v int) bool {
	if _, ok := c.table.get(k); ok {
		return false
	}
	if !c.table.setIfAbsent(k, v) {
		return false
	}
	return true
}

func (c *Claims) GoodComparesWhatIsThere(k string, v int) bool {
	if _, ok := c.table.get(k); ok {
		return false
	}
	if c.table.getOrSet(k, v) != v {
		return false
	}
	return true
}

func (c *Claims) GoodHearsTheError(k string, v int) (bool, error) {
	if _, ok := c.table.get(k); ok {
		return false, nil
	}
	if err := c.table.create(k, v); err != nil {
		return false, err
	}
	return true, nil
}

func (c *Claims) GoodHearsTheErrorBeside(k string, v int) (bool, error) {
	if _, ok := c.table.get(k); ok {
		return false, nil
	}
	if _, err := c.table.createAs(k, v); err != nil {
		return false, err
	}
	return true, nil
}

// Nobody is told to be the one.
func (c *Claims) GoodMemo(k string, v int) int {
	if old, ok := c.table.get(k); ok {
		return old
	}
	return c.table.getOrSet(k, v)
}
