// Package jobs keeps the jobs that were taken.
package jobs

import "sync"

// Queue is the jobs that were taken by name.
type Queue struct {
	mu    sync.RWMutex
	known map[string]int
}

// New makes an empty one.
func New() *Queue {
	return &Queue{known: map[string]int{}}
}

// Claim says whether the caller is the one who took it.
func (s *Queue) Claim(name string) bool { // race
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
