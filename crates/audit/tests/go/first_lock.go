package sample

import "sync"

type Pad struct {
	mu    sync.RWMutex
	notes map[string]string
}

// Who calls it takes the lock only afterwards.
func (p *Pad) badready() {
	if p.notes == nil {
		p.notes = map[string]string{}
	}
}

func (p *Pad) Set(name, text string) {
	p.badready()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.notes[name] = text
}

func (p *Pad) Get(name string) string {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.notes[name]
}

type Sheet struct {
	mu    sync.RWMutex
	lines map[string]string
}

// Who calls it has the lock.
func (s *Sheet) Goodready() {
	if s.lines == nil {
		s.lines = map[string]string{}
	}
}

func (s *Sheet) GoodSet(name, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Goodready()
	s.lines[name] = text
}
