package kept

import (
	"sync"
	"sync/atomic"
)

// Spare is a table that the agent does not have.
type Spare struct {
	mu    sync.RWMutex
	known map[string]*Peer
	next  atomic.Uint64
}

// NewSpare is called by nobody.
func NewSpare() *Spare {
	return &Spare{known: map[string]*Peer{}}
}

// Number makes one with a number of its own where none is.
func (s *Spare) Number(name string) *Peer { // unshown
	s.mu.RLock()
	found, ok := s.known[name]
	s.mu.RUnlock()
	if ok {
		return found
	}
	made := &Peer{id: s.next.Add(1), name: name}
	s.mu.Lock()
	s.known[name] = made
	s.mu.Unlock()
	return made
}

// Guests is one that it has.
type Guests struct {
	mu    sync.RWMutex
	known map[string]*Peer
	next  atomic.Uint64
}

// NewGuests is called by the agent.
func NewGuests() *Guests {
	return &Guests{known: map[string]*Peer{}}
}

// Number makes one with a number of its own where none is.
func (s *Guests) Number(name string) *Peer { // race
	s.mu.RLock()
	found, ok := s.known[name]
	s.mu.RUnlock()
	if ok {
		return found
	}
	made := &Peer{id: s.next.Add(1), name: name}
	s.mu.Lock()
	s.known[name] = made
	s.mu.Unlock()
	return made
}
