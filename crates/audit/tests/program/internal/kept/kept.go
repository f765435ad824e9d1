// Package kept keeps what was made for a name, in memory and in the agent's own folder.
package kept

import (
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// Peer is what the agent knows of another one.
type Peer struct {
	id   uint64
	name string
	seen []string
}

// Meet notes who it was seen with.
func (p *Peer) Meet(other string) {
	p.seen = append(p.seen, other)
}

// Peers are the known ones by name.
type Peers struct {
	mu    sync.RWMutex
	known map[string]*Peer
	next  atomic.Uint64
	home  string
}

// New makes an empty one.
func New(home string) *Peers {
	return &Peers{known: map[string]*Peer{}, home: home}
}

// Get makes a peer where none is: whether it matters which one is kept is not to be seen here.
func (s *Peers) Get(name string) *Peer { // unshown
	s.mu.RLock()
	found, ok := s.known[name]
	s.mu.RUnlock()
	if ok {
		return found
	}
	made := &Peer{name: name}
	s.mu.Lock()
	s.known[name] = made
	s.mu.Unlock()
	return made
}

// Number makes one with a number of its own: who has the first one goes by another number.
func (s *Peers) Number(name string) *Peer { // race
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

// Forget drops what is kept of a name.
func (s *Peers) Forget(name string) error {
	return s.drop(filepath.Join(s.home, name))
}

func (s *Peers) drop(path string) error { // unshown
	info, err := os.Stat(path)
	if err != nil || time.Since(info.ModTime()) < time.Hour {
		return err
	}
	return os.Remove(path)
}

// Write replaces what is kept.
func Write(path string, data []byte) error {
	return os.WriteFile(path, data, 0o600)
}

// Drop is for whoever has a path.
func Drop(path string) error { // race
	info, err := os.Stat(path)
	if err != nil || time.Since(info.ModTime()) < time.Hour {
		return err
	}
	return os.Remove(path)
}
