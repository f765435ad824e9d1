// A lock given back between the look and the act.
package gaps

import "sync"

type thing struct{ n int }

type pool struct {
	sync.RWMutex
	things map[string]*thing
	max    int
	closed bool
}

func build(k string) *thing { return &thing{n: len(k)} }

func (p *pool) MaybeRelock(k string) *thing {
	p.RLock()
	t, ok := p.things[k]
	p.RUnlock()
	if ok {
		return t
	}
	t = build(k)
	p.Lock()
	p.things[k] = t
	p.Unlock()
	return t
}

func (p *pool) MaybeMiddle(k string) *thing {
	p.Lock()
	defer p.Unlock()
	if t := p.things[k]; t != nil {
		return t
	}
	p.Unlock()
	t := build(k)
	p.Lock()
	p.things[k] = t
	return t
}

func (p *pool) GoodRecheck(k string) *thing {
	p.RLock()
	t, ok := p.things[k]
	p.RUnlock()
	if ok {
		return t
	}
	fresh := build(k)
	p.Lock()
	defer p.Unlock()
	if t, ok := p.things[k]; ok {
		return t
	}
	p.things[k] = fresh
	return fresh
}

func (p *pool) buildUnlocked(k string) *thing {
	p.Unlock()
	defer p.Lock()
	return build(k)
}

func (p *pool) BadDroppingCallee(k string) *thing {
	p.Lock()
	defer p.Unlock()
	if t, ok := p.things[k]; ok {
		return t
	}
	t := p.buildUnlocked(k)
	p.things[k] = t
	return t
}

func (p *pool) BadEvict() {
	p.RLock()
	n := len(p.things)
	p.RUnlock()
	if n > p.max {
		p.Lock()
		for k := range p.things {
			delete(p.things, k)
			break
		}
		p.Unlock()
	}
}

func (p *pool) GoodEvict() {
	p.Lock()
	defer p.Unlock()
	if len(p.things) > p.max {
		for k := range p.things {
			delete(p.things, k)
			break
		}
	}
}

func (p *pool) stale() (keys []string) {
	p.RLock()
	defer p.RUnlock()
	for k, t := range p.things {
		if t.n == 0 {
			keys = append(keys, k)
		}
	}
	return keys
}

func (p *pool) BadSweep() {
	for _, k := range p.stale() {
		p.Lock()
		delete(p.things, k)
		p.Unlock()
	}
}

func (p *pool) dropAll(keys []string) {
	p.Lock()
	defer p.Unlock()
	for _, k := range keys {
		delete(p.things, k)
	}
}

func (p *pool) BadSweepTwo() {
	if keys := p.stale(); len(keys) > 0 {
		p.dropAll(keys)
	}
}

func (p *pool) GoodSweep() {
	for _, k := range p.stale() {
		p.Lock()
		if t := p.things[k]; t != nil && t.n == 0 {
			delete(p.things, k)
		}
		p.Unlock()
	}
}

func (p *pool) BadCount(k string) {
	p.RLock()
	t := p.things[k]
	p.RUnlock()
	p.Lock()
	p.things[k] = &thing{n: t.n + 1}
	p.Unlock()
}

type striped struct {
	locks []sync.Mutex
	parts []map[string]int
}

func (s *striped) BadStripe(h int, k string, n int) bool {
	i := h % len(s.locks)
	s.locks[i].Lock()
	if _, ok := s.parts[i][k]; ok {
		s.locks[i].Unlock()
		return false
	}
	s.locks[i].Unlock()
	s.Put(h, k, n)
	return true
}

func (s *striped) Put(h int, k string, n int) {
	i := h % len(s.locks)
	s.locks[i].Lock()
	s.parts[i][k] = n
	s.locks[i].Unlock()
}

func (s *striped) GoodStripe(h int, k string, n int) bool {
	i := h % len(s.locks)
	s.locks[i].Lock()
	defer s.locks[i].Unlock()
	if _, ok := s.parts[i][k]; ok {
		return false
	}
	s.parts[i][k] = n
	return true
}
