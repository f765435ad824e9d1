// Locks that each of two ways takes for itself, and gives back at the end of the function.
package ownways

import "sync"

type circuit struct{ name string }

type circuits struct {
	mu    sync.RWMutex
	known map[string]*circuit
}

func (c *circuits) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name := range c.known {
		delete(c.known, name)
	}
}

func (c *circuits) GoodGet(name string) (*circuit, bool) {
	c.mu.RLock()
	_, ok := c.known[name]
	if !ok {
		c.mu.RUnlock()
		c.mu.Lock()
		defer c.mu.Unlock()
		if found, ok := c.known[name]; ok {
			return found, false
		}
		c.known[name] = &circuit{name: name}
	} else {
		defer c.mu.RUnlock()
	}
	return c.known[name], !ok
}

func (c *circuits) BadGet(name string) (*circuit, bool) {
	c.mu.RLock()
	_, ok := c.known[name]
	if !ok {
		c.mu.RUnlock()
		c.mu.Lock()
		defer c.mu.Unlock()
		c.known[name] = &circuit{name: name}
	} else {
		defer c.mu.RUnlock()
	}
	return c.known[name], !ok
}
