// Waits whose condition is changed under another lock, and what is looked at after the act.
package waits

import "sync"

type pipe struct {
	lock       sync.Mutex
	cond       *sync.Cond
	closedLock sync.Mutex
	closed     bool
	done       bool
	items      []string
}

func newPipe() *pipe {
	p := &pipe{}
	p.cond = sync.NewCond(&p.lock)
	return p
}

func (p *pipe) isClosed() bool {
	p.closedLock.Lock()
	defer p.closedLock.Unlock()
	if p.closed {
		return true
	}
	return false
}

func (p *pipe) Close() {
	p.closedLock.Lock()
	p.closed = true
	p.closedLock.Unlock()
	p.cond.Broadcast()
}

func (p *pipe) Finish() {
	p.lock.Lock()
	p.done = true
	p.lock.Unlock()
	p.cond.Broadcast()
}

func (p *pipe) BadPop() string {
	p.lock.Lock()
	defer p.lock.Unlock()
	for len(p.items) == 0 {
		if p.isClosed() {
			return ""
		}
		p.cond.Wait()
	}
	item := p.items[0]
	p.items = p.items[1:]
	return item
}

func (p *pipe) GoodPop() string {
	p.lock.Lock()
	defer p.lock.Unlock()
	for len(p.items) == 0 {
		if p.done {
			return ""
		}
		p.cond.Wait()
	}
	item := p.items[0]
	p.items = p.items[1:]
	return item
}

type statement struct{ text string }

type statements struct {
	mu   sync.Mutex
	rows map[string]*statement
}

func (s *statements) Drop(name string) {
	s.mu.Lock()
	delete(s.rows, name)
	s.mu.Unlock()
}

func (s *statements) BadPrepare(name string) *statement {
	s.mu.Lock()
	if row, ok := s.rows[name]; ok {
		s.mu.Unlock()
		return row
	}
	s.rows[name] = &statement{text: name}
	s.mu.Unlock()
	return s.rows[name]
}

func (s *statements) GoodPrepare(name string) *statement {
	s.mu.Lock()
	defer s.mu.Unlock()
	if row, ok := s.rows[name]; ok {
		return row
	}
	s.rows[name] = &statement{text: name}
	return s.rows[name]
}
