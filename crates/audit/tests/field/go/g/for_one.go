package g

import "sync"

// Cursor goes through what there is. Not safe for concurrent use: each caller makes one of its own.
type Cursor interface {
	Next(n int) int
	Rewind()
}

// Meter counts. It is safe for concurrent use.
type Meter interface {
	Add(n int)
	Total() int
}

type cursor struct {
	mu   sync.Mutex
	left int
}

func (c *cursor) Rewind() {
	c.mu.Lock()
	c.left = 0
	c.mu.Unlock()
}

func (c *cursor) Next(n int) int { // unshown
	c.mu.Lock()
	at := c.left
	c.mu.Unlock()
	c.mu.Lock()
	c.left = at + n
	c.mu.Unlock()
	return at
}

// Scanner goes through what there is. It must not be used concurrently.
type Scanner struct {
	mu   sync.Mutex
	left int
}

// Scan goes on.
func (s *Scanner) Scan(n int) { // unshown
	s.mu.Lock()
	at := s.left
	s.mu.Unlock()
	s.mu.Lock()
	s.left = at + n
	s.mu.Unlock()
}

type meter struct {
	mu    sync.Mutex
	total int
}

func (m *meter) Total() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.total
}

func (m *meter) Add(n int) { // race
	m.mu.Lock()
	at := m.total
	m.mu.Unlock()
	m.mu.Lock()
	m.total = at + n
	m.mu.Unlock()
}

// Pair is safe for concurrent use, but the halves that it gives out are not safe for concurrent use.
type Pair struct {
	mu   sync.Mutex
	left int
}

// Halve goes on.
func (p *Pair) Halve(n int) { // race
	p.mu.Lock()
	at := p.left
	p.mu.Unlock()
	p.mu.Lock()
	p.left = at + n
	p.mu.Unlock()
}

func use(n int) (Cursor, Meter, *Scanner, *Pair) {
	return &cursor{}, &meter{}, &Scanner{}, &Pair{}
}
