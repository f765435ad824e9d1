// Fields of a struct that another one embeds are read, set and locked by either name.
package embedded

import "sync"

type scope struct {
	mu     sync.Mutex
	memory int
}

type span struct {
	scope
}

func (s *span) Done() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.memory = 0
}

func (s *scope) GoodReserve(size int) {
	s.mu.Lock()
	s.memory += size
	s.mu.Unlock()
}

func (s *span) BadGrow() {
	s.mu.Lock()
	before := s.memory
	s.mu.Unlock()
	s.mu.Lock()
	s.memory = before * 2
	s.mu.Unlock()
}

func (s *span) GoodGrow() {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.memory
	s.memory = before * 2
}
