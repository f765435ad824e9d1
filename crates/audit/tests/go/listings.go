// Keys listed under a lock and looked up under it once more, one by one.
package listings

import (
	"errors"
	"sync"
)

var errGone = errors.New("gone")

type item struct{ name string }

type shelf struct {
	mu    sync.RWMutex
	items map[string]*item
}

func (s *shelf) keys() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []string
	for k := range s.items {
		out = append(out, k)
	}
	return out
}

func (s *shelf) get(k string) *item {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.items[k]
}

func (s *shelf) find(k string) (*item, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	it, ok := s.items[k]
	if !ok {
		return nil, errGone
	}
	return it, nil
}

func (s *shelf) Drop(k string) {
	s.mu.Lock()
	delete(s.items, k)
	s.mu.Unlock()
}

func (s *shelf) BadNames() []string {
	var out []string
	for _, k := range s.keys() {
		out = append(out, s.get(k).name)
	}
	return out
}

func (s *shelf) GoodNames() []string {
	var out []string
	for _, k := range s.keys() {
		if it := s.get(k); it != nil {
			out = append(out, it.name)
		}
	}
	return out
}

func (s *shelf) BadAll() ([]*item, error) {
	var out []*item
	for _, k := range s.keys() {
		it, err := s.find(k)
		if err != nil {
			return nil, err
		}
		out = append(out, it)
	}
	return out, nil
}

func (s *shelf) GoodAll() []*item {
	var out []*item
	for _, k := range s.keys() {
		it, err := s.find(k)
		if err != nil {
			continue
		}
		out = append(out, it)
	}
	return out
}

func (s *shelf) GoodWhole() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []string
	for k := range s.items {
		out = append(out, s.items[k].name)
	}
	return out
}
