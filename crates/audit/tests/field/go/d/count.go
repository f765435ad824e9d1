package d

import "sync"

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
