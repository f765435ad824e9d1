package sample

import "sync"

// A table that is shared only where there is a lock.
type Tally struct {
	mu     *sync.Mutex
	counts map[string]int
}

func (t *Tally) GoodCount(name string) int {
	if t.mu != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
	}
	n, ok := t.counts[name]
	if !ok {
		t.counts[name] = 1
		return 1
	}
	t.counts[name] = n + 1
	return n + 1
}

// It is looked at again where there is a lock.
func (t *Tally) GoodForget(name string, most int) {
	if t.mu != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.counts[name] > most {
			return
		}
	}
	delete(t.counts, name)
}

// It is shared only where it is said to be.
type Board struct {
	shared bool
	mu     sync.Mutex
	counts map[string]int
}

func (b *Board) GoodShared(name string) int {
	if b.shared {
		b.mu.Lock()
		defer b.mu.Unlock()
	}
	n := b.counts[name]
	b.counts[name] = n + 1
	return n
}

type Ballot struct {
	mu     *sync.Mutex
	counts map[string]int
}

// The lock is given back before anything is changed.
func (t *Ballot) BadCount(name string) int {
	t.mu.Lock()
	n := t.counts[name]
	t.mu.Unlock()
	if n > 10 {
		return n
	}
	if t.mu != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
	}
	t.counts[name] = n + 1
	return n + 1
}
