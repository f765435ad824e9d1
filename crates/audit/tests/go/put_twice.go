// Who puts in what is missing and answers nothing, but goes on with what it put in.
package puttwice

import (
	"sync"
	"sync/atomic"
	"time"
)

type permission struct {
	addr  string
	timer *time.Timer
}

func (p *permission) start(after func()) { p.timer = time.AfterFunc(time.Minute, after) }
func (p *permission) refresh()           { p.timer.Reset(time.Minute) }
func (p *permission) run()               {}

type started struct {
	mu    sync.RWMutex
	known map[string]*permission
}

func (s *started) BadAdd(p *permission) {
	s.mu.RLock()
	found, ok := s.known[p.addr]
	s.mu.RUnlock()
	if ok {
		found.refresh()
		return
	}
	s.mu.Lock()
	s.known[p.addr] = p
	s.mu.Unlock()
	p.start(func() { s.forget(p.addr) })
}

func (s *started) forget(addr string) {
	s.mu.Lock()
	delete(s.known, addr)
	s.mu.Unlock()
}

type spawned struct {
	mu    sync.RWMutex
	known map[string]*permission
}

func (s *spawned) BadAddAndRun(p *permission) {
	s.mu.RLock()
	_, ok := s.known[p.addr]
	s.mu.RUnlock()
	if !ok {
		s.mu.Lock()
		s.known[p.addr] = p
		s.mu.Unlock()
		go p.run()
	}
}

type made struct {
	mu    sync.RWMutex
	known map[string]*permission
}

func (s *made) BadMakeAndRun(addr string) {
	s.mu.RLock()
	_, ok := s.known[addr]
	s.mu.RUnlock()
	if !ok {
		p := &permission{addr: addr}
		s.mu.Lock()
		s.known[addr] = p
		s.mu.Unlock()
		go p.run()
	}
}

type whole struct {
	mu    sync.RWMutex
	known map[string]*permission
}

func (s *whole) GoodAdd(p *permission) {
	s.mu.Lock()
	if found, ok := s.known[p.addr]; ok {
		s.mu.Unlock()
		found.refresh()
		return
	}
	s.known[p.addr] = p
	s.mu.Unlock()
	p.run()
}

type looked struct {
	mu    sync.RWMutex
	known map[string]*permission
}

func (s *looked) GoodLookAgain(p *permission) {
	s.mu.RLock()
	_, ok := s.known[p.addr]
	s.mu.RUnlock()
	if ok {
		return
	}
	s.mu.Lock()
	if _, ok := s.known[p.addr]; ok {
		s.mu.Unlock()
		return
	}
	s.known[p.addr] = p
	s.mu.Unlock()
	p.run()
}

// Whoever is last, one of the two is left, and nobody does anything with the other.
type left struct {
	mu    sync.RWMutex
	known map[string]*permission
}

func (s *left) GoodOneIsLeft(p *permission) {
	s.mu.RLock()
	_, ok := s.known[p.addr]
	s.mu.RUnlock()
	if ok {
		return
	}
	s.mu.Lock()
	s.known[p.addr] = p
	s.mu.Unlock()
}

type endpoint struct {
	key   string
	hosts []string
}

type counted struct {
	endpoints sync.Map
	limit     int64
	size      int64
}

func (c *counted) BadAddAndCount(e endpoint) {
	if _, ok := c.endpoints.Load(e.key); ok {
		return
	}
	c.endpoints.Store(e.key, e)
	atomic.AddInt64(&c.size, 1)
}

type countedWell struct {
	endpoints sync.Map
	size      int64
}

func (c *countedWell) GoodAddAndCount(e endpoint) {
	if _, there := c.endpoints.LoadOrStore(e.key, e); there {
		return
	}
	atomic.AddInt64(&c.size, 1)
}

// How often something was stored is right, however often.
type measured struct {
	endpoints sync.Map
	stores    int64
}

func (c *measured) GoodAddAndMeasure(e endpoint) {
	if _, ok := c.endpoints.Load(e.key); ok {
		return
	}
	c.endpoints.Store(e.key, e)
	atomic.AddInt64(&c.stores, 1)
}
