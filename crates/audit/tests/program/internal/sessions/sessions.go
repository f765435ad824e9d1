// Package sessions keeps the sessions that are open.
package sessions

import "sync"

// Open is the sessions that are open by name.
type Open struct {
	mu    sync.RWMutex
	known map[string]int
}

// New makes an empty one.
func New() *Open {
	return &Open{known: map[string]int{}}
}

// Begin says whether the caller is the one who began it.
func (s *Open) Begin(name string) bool { // race
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
