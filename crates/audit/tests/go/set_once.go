// A swap in memory of which nobody asks whether it worked.
package setonce

import (
	"sync"
	"sync/atomic"
)

type conn struct {
	mu    sync.Mutex
	label atomic.Value
	since atomic.Int64
	total atomic.Int64
}

func (c *conn) GoodLabel(name string) error {
	c.mu.Lock()
	c.label.CompareAndSwap(nil, name)
	c.mu.Unlock()
	return nil
}

func (c *conn) GoodSince(now int64) { c.since.CompareAndSwap(0, now) }

func (c *conn) BadToldYes(name string) bool {
	c.label.CompareAndSwap(nil, name)
	return true
}

func (c *conn) BadHandsOut(name string) string {
	name = "<" + name + ">"
	c.label.CompareAndSwap(nil, name)
	return name
}

func (c *conn) BadTotal(more int64) {
	old := c.total.Load()
	c.total.CompareAndSwap(old, old+more)
}
