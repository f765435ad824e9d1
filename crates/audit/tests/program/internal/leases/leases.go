// Package leases keeps the leases that were given.
package leases

import "sync"

// Held is the leases that were given by name.
type Held struct {
	mu    sync.RWMutex
	known map[string]int
}

// New makes an empty one.
func New() *Held {
	return &Held{known: map[string]int{}}
}

// Grant says whether the caller is the one who was given it.
func (s *Held) Grant(name string) bool { // race
	s.mu.RLock()
	_, ok := s.known[name]
	s.mu.RUnlock()
	if ok {
		return false
	}
	s.mu.Lock()
	s.known[name] = 1
	s.mu.Unlock()
	return true
}
