// Package routes keeps the routes that were learned.
package routes

import "sync"

// Table is the routes that were learned by name.
type Table struct {
	mu    sync.RWMutex
	known map[string]int
}

// New makes an empty one.
func New() *Table {
	return &Table{known: map[string]int{}}
}

// Learn says whether the caller is the one who learned of it.
func (s *Table) Learn(name string) bool { // race
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
