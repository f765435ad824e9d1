// Entries that a helper of the type goes through, and a function that it runs on each.
package runoneach

import (
	"strings"
	"sync"
	"time"
)

type counter struct {
	mu      sync.RWMutex
	value   int64
	expires int64
}

func (c *counter) expired() bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.expires == 0 || time.Now().UnixNano() > c.expires
}

type counters struct {
	known sync.Map
}

func (c *counters) put(name string, one *counter) {
	c.known.Store(name, one)
}

func (c *counters) remove(name string) {
	c.known.Delete(name)
}

func (c *counters) each(run func(name string, one *counter)) {
	c.known.Range(func(k, v any) bool {
		run(k.(string), v.(*counter))
		return true
	})
}

func (c *counters) BadClean() {
	c.each(func(name string, one *counter) {
		if time.Now().UnixNano() > one.expires {
			c.known.Delete(name)
		}
	})
}

func (c *counters) BadCleanThroughHelpers() {
	c.each(func(name string, one *counter) {
		if one.expired() {
			c.remove(name)
		}
	})
}

func (c *counters) GoodClean() {
	c.each(func(name string, one *counter) {
		if one.expired() {
			c.known.CompareAndDelete(name, one)
		}
	})
}

func (c *counters) GoodForget(prefix string) {
	c.each(func(name string, _ *counter) {
		if strings.HasPrefix(name, prefix) {
			c.remove(name)
		}
	})
}

type table struct {
	mu    sync.Mutex
	known map[string]*counter
}

func (t *table) put(name string, one *counter) {
	t.mu.Lock()
	t.known[name] = one
	t.mu.Unlock()
}

func (t *table) each(run func(name string, one *counter)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for name, one := range t.known {
		run(name, one)
	}
}

func (t *table) GoodClean() {
	t.each(func(name string, one *counter) {
		if one.expired() {
			delete(t.known, name)
		}
	})
}
