package d

import (
	"sync"
	"time"
)

// Workers counts who is busy.
type Workers struct {
	mu   sync.Mutex
	busy int
	next int
}

func (w *Workers) Run(do func()) { // safe
	w.mu.Lock()
	w.busy++
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		w.busy--
		w.mu.Unlock()
	}()
	do()
}

func (w *Workers) Twice() int { // safe
	w.mu.Lock()
	w.next++
	w.mu.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next++
	return w.next
}

func (w *Workers) Stale() { // race
	w.mu.Lock()
	n := w.next
	w.mu.Unlock()
	w.mu.Lock()
	w.next = n + 1
	w.mu.Unlock()
}

// Leases go after a while.
type Leases struct {
	mu    sync.RWMutex
	until map[string]time.Time
}

func (l *Leases) Take(name string, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.until == nil {
		l.until = make(map[string]time.Time)
	}
	l.until[name] = until
}

func (l *Leases) over() (names []string) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for name, until := range l.until {
		if time.Now().After(until) {
			names = append(names, name)
		}
	}
	return
}

func (l *Leases) drop(names []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, name := range names {
		delete(l.until, name)
	}
}

func (l *Leases) Sweep() { // race
	for {
		<-time.After(time.Minute)
		l.mu.RLock()
		if l.until == nil {
			l.mu.RUnlock()
			return
		}
		l.mu.RUnlock()
		if names := l.over(); len(names) != 0 {
			l.drop(names)
		}
	}
}
