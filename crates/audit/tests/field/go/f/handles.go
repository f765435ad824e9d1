package f

import "sync"

// Shelf keeps rows of slots; its sections are opened by helpers that hand out how to close them.
type Shelf struct {
	sync.RWMutex
	guard sync.Mutex
	rows  map[string][]string
	marks map[string]int
}

func (s *Shelf) enter() func() {
	s.Lock()
	return func() { s.Unlock() }
}

func (s *Shelf) look() func() {
	s.RLock()
	return s.RUnlock
}

func (s *Shelf) hold() sync.Locker {
	s.guard.Lock()
	return &s.guard
}

func leave(back func()) { back() }

func giveBack(l sync.Locker) { l.Unlock() }

func (s *Shelf) Drop(name, slot string) bool { // safe
	defer leave(s.enter())
	row, ok := s.rows[name]
	if !ok {
		return false
	}
	for i, known := range row {
		if known == slot {
			s.rows[name] = append(row[:i:i], row[i+1:]...)
			return true
		}
	}
	return false
}

func (s *Shelf) Put(name, slot string) { // safe
	defer s.enter()()
	row := s.rows[name]
	s.rows[name] = append(row, slot)
}

func (s *Shelf) Row(name string) []string { // safe
	defer leave(s.look())
	return s.rows[name]
}

func (s *Shelf) PutLate(name, slot string) { // race
	leave(s.enter())
	row := s.rows[name]
	leave(s.enter())
	s.rows[name] = append(row, slot)
}

func (s *Shelf) Mark(name string) { // safe
	defer giveBack(s.hold())
	if n, ok := s.marks[name]; ok {
		s.marks[name] = n + 1
		return
	}
	s.marks[name] = 1
}

func (s *Shelf) MarkToo(name string) { // safe
	defer s.hold().Unlock()
	if n, ok := s.marks[name]; ok {
		s.marks[name] = n + 1
		return
	}
	s.marks[name] = 1
}

func (s *Shelf) has(name string) bool {
	defer leave(s.look())
	_, ok := s.rows[name]
	return ok
}

func (s *Shelf) Keep(name, slot string) { // race
	if s.has(name) {
		return
	}
	defer leave(s.enter())
	s.rows[name] = []string{slot}
}
