// Package nodes keeps the nodes that were let in.
package nodes

import "sync"

// Table is the nodes that were let in by name.
type Table struct {
	mu    sync.RWMutex
	known map[string]int
}

// New makes an empty one.
func New() *Table {
	return &Table{known: map[string]int{}}
}

// Admit says whether the caller is the one who let it in.
func (s *Table) Admit(name string) bool { // unshown
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
