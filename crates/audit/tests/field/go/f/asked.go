package f

import "sync"

// Ledger counts entries; a caller that writes several holds the lock itself and says so.
type Ledger struct {
	mu    sync.Mutex
	total int
	lines map[string]int
}

// Add writes one entry; with lock unset the caller holds the lock.
func (l *Ledger) Add(name string, by int, lock bool) {
	if lock {
		l.mu.Lock()
		defer l.mu.Unlock()
	}
	l.count(name, by)
}

func (l *Ledger) count(name string, by int) { // safe
	l.total += by
	l.lines[name] = l.lines[name] + by
}

func (l *Ledger) AddAll(names []string) { // safe
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, name := range names {
		l.Add(name, 1, false)
	}
}

// Once puts a line down unless it is there, in two sections.
func (l *Ledger) Once(name string, by int, lock bool) { // race
	if lock {
		l.mu.Lock()
	}
	_, known := l.lines[name]
	if lock {
		l.mu.Unlock()
	}
	if known {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines[name] = by
}

// Watchers are told of news until they close.
type Watchers struct {
	mu  sync.RWMutex
	all map[uint64]*watcher
	by  map[string]*watcher
}

type watcher struct {
	serial uint64
	name   string
	closed bool
}

func (w *watcher) getID() uint64 { return w.serial }

func (w *watcher) title() string { return w.name }

func (s *Watchers) Join(w *watcher) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all[w.getID()] = w
	s.by[w.title()] = w
}

func (s *Watchers) Sweep() { // safe
	var over []uint64
	s.mu.RLock()
	for _, w := range s.all {
		if w.closed {
			over = append(over, w.getID())
		}
	}
	s.mu.RUnlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range over {
		delete(s.all, id)
	}
}

func (s *Watchers) SweepNames() { // race
	var over []string
	s.mu.RLock()
	for _, w := range s.by {
		if w.closed {
			over = append(over, w.title())
		}
	}
	s.mu.RUnlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range over {
		delete(s.by, name)
	}
}
