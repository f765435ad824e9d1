package buckets

import "sync"

type bucket struct {
	mu    sync.Mutex
	items []int
	n     int
}

func newBucket() *bucket {
	return &bucket{items: []int{}}
}

func (b *bucket) fill(v int) {
	b.mu.Lock()
	b.items = append(b.items, v)
	b.mu.Unlock()
}

type buckets struct {
	mu     sync.RWMutex
	byName map[string]*bucket
}

func (s *buckets) look(name string) (*bucket, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	b, ok := s.byName[name]
	return b, ok
}

// The object is filled by a method of its own.
func (s *buckets) BadFill(name string, v int) {
	s.mu.RLock()
	b, ok := s.byName[name]
	s.mu.RUnlock()
	if !ok {
		b = newBucket()
		s.mu.Lock()
		s.byName[name] = b
		s.mu.Unlock()
	}
	b.fill(v)
}

// A helper looks.
func (s *buckets) BadFillFound(name string, v int) {
	b, ok := s.look(name)
	if !ok {
		b = &bucket{}
		s.mu.Lock()
		s.byName[name] = b
		s.mu.Unlock()
	}
	b.mu.Lock()
	b.n += v
	b.mu.Unlock()
}

// Whoever gets it has a lock of his own.
func (s *buckets) BadGet(name string) *bucket {
	if b, ok := s.look(name); ok {
		return b
	}
	b := newBucket()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byName[name] = b
	return b
}

func (s *buckets) GoodFill(name string, v int) {
	b, ok := s.look(name)
	if !ok {
		s.mu.Lock()
		b, ok = s.byName[name]
		if !ok {
			b = newBucket()
			s.byName[name] = b
		}
		s.mu.Unlock()
	}
	b.fill(v)
}

// What is asked of the one that was found is no look at the entry.
func (s *buckets) GoodAsk(name string) int {
	b, ok := s.look(name)
	if !ok {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.n
}
