package l

import (
	"sync"
	"sync/atomic"
)

// Syncer counts what its one loop takes from a channel.
type Syncer struct {
	lock    sync.Mutex
	done    chan int
	stop    chan struct{}
	fetched int
	failed  map[string]int
}

// Sync runs until it is told to stop.
func (s *Syncer) Sync() {
	s.lock.Lock()
	s.fetched = 0
	s.lock.Unlock()
	for {
		select {
		case n := <-s.done:
			s.took(n)
		case <-s.stop:
			return
		}
	}
}

func (s *Syncer) took(n int) { // safe
	s.fetched += n
}

// Fetched says how many came so far.
func (s *Syncer) Fetched() int {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.fetched
}

// Reset forgets the failures.
func (s *Syncer) Reset() {
	s.lock.Lock()
	s.failed = map[string]int{}
	s.lock.Unlock()
}

// Fail counts a failure; whoever has one calls it.
func (s *Syncer) Fail(name string) { // race
	s.failed[name] = s.failed[name] + 1
}

// Walk goes through rows, one at a time.
type Walk struct {
	mu   sync.Mutex
	rows []string
	at   map[string]int
}

// Next is what comes next.
func (w *Walk) Next() bool { // safe
	w.mu.Lock()
	left := len(w.rows)
	w.mu.Unlock()
	if left == 0 {
		return false
	}
	w.mu.Lock()
	w.rows = w.rows[1:]
	w.mu.Unlock()
	return true
}

// Close forgets the rows.
func (w *Walk) Close() {
	w.mu.Lock()
	w.rows = nil
	w.mu.Unlock()
}

// Terms are given up by who saw them.
type Terms struct {
	term atomic.Uint64
	last atomic.Int64
}

// GiveUp ends the term that was seen.
func (t *Terms) GiveUp(term uint64) bool { // safe
	t.term.CompareAndSwap(term, 0)
	return true
}

// Longest keeps the longest time; the swap may fail.
func (t *Terms) Longest(took int64) { // race
	if old := t.last.Load(); took > old {
		t.last.CompareAndSwap(old, took)
	}
}
