package layers

import "sync"

type layer interface {
	Parent() layer
	ID() string
}

type source interface {
	Register(id string) (layer, error)
}

type layers struct {
	mu     sync.Mutex
	byName map[string]layer
	source source
}

func ids(l layer) []string {
	return []string{l.ID()}
}

func (s *layers) find(name string) (layer, error) {
	s.mu.Lock()
	l := s.byName[name]
	s.mu.Unlock()
	return l, nil
}

// What it answers is made of what a helper of its helper saw.
func (s *layers) idsOf(name string) ([]string, error) {
	if l, err := s.find(name); err != nil {
		return nil, err
	} else if l != nil {
		return ids(l), nil
	}
	return nil, nil
}

func (s *layers) BadEnsure(name string) ([]string, error) {
	known, err := s.idsOf(name)
	if err != nil {
		return nil, err
	} else if known != nil {
		return known, nil
	}
	l, err := s.source.Register(name)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.byName[name] = l
	s.mu.Unlock()
	return ids(l), nil
}

func (s *layers) GoodEnsure(name string) ([]string, error) {
	known, err := s.idsOf(name)
	if err != nil {
		return nil, err
	} else if known != nil {
		return known, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if l, ok := s.byName[name]; ok {
		return ids(l), nil
	}
	l, err := s.source.Register(name)
	if err != nil {
		return nil, err
	}
	s.byName[name] = l
	return ids(l), nil
}
