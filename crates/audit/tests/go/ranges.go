// Loops that are a call with a function, locks two embeddings deep, and what only looks like a window.
package ranges

import (
	"os"
	"sync"
	"sync/atomic"
	"time"
)

type item struct {
	value any
	until time.Time
}

type shelf struct {
	items sync.Map
	state uint32
	limit int32
	used  int32
}

func (s *shelf) Put(key string, value any) {
	s.items.Store(key, item{value, time.Now().Add(time.Minute)})
}

func (s *shelf) BadSweep() {
	now := time.Now()
	s.items.Range(func(key, raw any) bool {
		if raw.(item).until.Before(now) {
			s.items.Delete(key)
		}
		return true
	})
}

func (s *shelf) GoodSweep() {
	now := time.Now()
	s.items.Range(func(key, raw any) bool {
		if raw.(item).until.Before(now) {
			s.items.CompareAndDelete(key, raw)
		}
		return true
	})
}

// Whoever comes second finds what it wanted.
func (s *shelf) GoodClose() error {
	atomic.CompareAndSwapUint32(&s.state, 0, 1)
	return nil
}

// Counted up and taken back by so much.
func (s *shelf) GoodEnter() bool {
	if n := atomic.AddInt32(&s.used, 1); n > s.limit {
		atomic.AddInt32(&s.used, -1)
		return false
	}
	return true
}

type inner struct {
	sync.RWMutex
	rows map[string]int
}

type middle struct{ *inner }

type outer struct {
	middle
	name string
}

func (o *outer) BadBump(key string) int {
	o.RLock()
	n := o.rows[key]
	o.RUnlock()
	o.Lock()
	o.rows[key] = n + 1
	o.Unlock()
	return n + 1
}

func (o *outer) GoodBump(key string) int {
	o.Lock()
	defer o.Unlock()
	o.rows[key]++
	return o.rows[key]
}

type record struct {
	name string
	size int
}

type catalogue struct {
	mu    sync.RWMutex
	cache map[string]*record
	fresh map[string]time.Time
	peers map[string]*peer
}

type peer struct{ host string }

type manager struct{ known map[string]*peer }

func (m *manager) Connection(host string) *peer { return m.known[host] }

// Everybody makes the same record of the same file.
func (c *catalogue) GoodRecord(name string) (*record, error) {
	c.mu.RLock()
	known, ok := c.cache[name]
	c.mu.RUnlock()
	if ok {
		return known, nil
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	made := &record{name: name, size: int(info.Size())}
	c.mu.Lock()
	c.cache[name] = made
	c.mu.Unlock()
	return made, nil
}

// What is asked again under the lock is not decided before it.
func (c *catalogue) GoodRefresh(name string, other func() bool) bool {
	c.mu.RLock()
	_, ok := c.fresh[name]
	c.mu.RUnlock()
	if ok {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.fresh[name]; ok {
		if other() {
			return true
		}
	}
	c.fresh[name] = time.Now()
	return false
}

func (c *catalogue) BadRefresh(name string, other func() bool) bool {
	c.mu.RLock()
	_, ok := c.fresh[name]
	c.mu.RUnlock()
	if ok {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fresh[name] = time.Now()
	return false
}

// A method called by a noun looks something up: both store the same.
func (c *catalogue) GoodPeer(m *manager, host string) *peer {
	c.mu.RLock()
	known := c.peers[host]
	c.mu.RUnlock()
	if known != nil {
		return known
	}
	known = m.Connection(host)
	c.mu.Lock()
	c.peers[host] = known
	c.mu.Unlock()
	return known
}

type entry struct{ value any }

type makers struct {
	mu    sync.Mutex
	cache map[string]*entry
}

// What a function of the caller's makes may be what there must be one of.
func (m *makers) BadMade(name string, create func(string) (any, error)) (any, error) {
	m.mu.Lock()
	known, ok := m.cache[name]
	m.mu.Unlock()
	if ok {
		return known.value, nil
	}
	value, err := create(name)
	if err != nil {
		return nil, err
	}
	made := &entry{value: value}
	m.mu.Lock()
	m.cache[name] = made
	m.mu.Unlock()
	return made.value, nil
}
