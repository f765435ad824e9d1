// Maps of other modules that lock nothing: ordered, hashed, treed.
package others

import (
	"fmt"
	"sync"

	"github.com/emirpasic/gods/maps/treemap"
	"rsc.io/omap"
)

type session struct{ n int }

type Service struct {
	mu       sync.RWMutex
	sessions omap.Map[string, *session]
	tree     *treemap.Map
}

func (s *Service) BadCreate(key string) error {
	_, ok := s.sessions.Get(key)
	if ok {
		return fmt.Errorf("session %s already exists", key)
	}
	val := &session{}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions.Set(key, val)
	return nil
}

func (s *Service) GoodCreate(key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.sessions.Get(key); ok {
		return fmt.Errorf("session %s already exists", key)
	}
	s.sessions.Set(key, &session{})
	return nil
}

func (s *Service) BadRegister(key string, val *session) bool {
	s.mu.RLock()
	_, found := s.tree.Get(key)
	s.mu.RUnlock()
	if found {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tree.Put(key, val)
	return true
}

func (s *Service) GoodRegister(key string, val *session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, found := s.tree.Get(key); found {
		return false
	}
	s.tree.Put(key, val)
	return true
}
