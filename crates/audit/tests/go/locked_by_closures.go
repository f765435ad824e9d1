package sample

import "sync"

type page struct {
	mu   sync.Mutex
	rows map[uint64]string
}

// Who has the lock already says so, and the closures take and give back the lock for all others.
type Book struct {
	mu    sync.RWMutex
	last  *page
	dirty int
}

func (b *Book) GoodWrite(seq uint64, row string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last.rows[seq] = row
	b.dirty++
}

func (b *Book) Remove(seq uint64) bool { return b.drop(seq, true) }

func (b *Book) RemoveAll(seqs []uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, seq := range seqs {
		b.drop(seq, false)
	}
}

func (b *Book) drop(seq uint64, needLock bool) bool {
	lock := func() {
		if needLock {
			b.mu.Lock()
		}
	}
	unlock := func() {
		if needLock {
			b.mu.Unlock()
		}
	}
	lock()
	last := b.last
	last.mu.Lock()
	if _, ok := last.rows[seq]; !ok {
		last.mu.Unlock()
		unlock()
		return false
	}
	b.dirty++
	last.mu.Unlock()
	unlock()
	return true
}

// The closures give the lock back between the look and the change.
type Folder struct {
	mu    sync.Mutex
	pages map[string]int
}

func (f *Folder) BadTouch(name string, needLock bool) int {
	lock := func() {
		if needLock {
			f.mu.Lock()
		}
	}
	unlock := func() {
		if needLock {
			f.mu.Unlock()
		}
	}
	lock()
	n := f.pages[name]
	unlock()
	lock()
	f.pages[name] = n + 1
	unlock()
	return n + 1
}

func (f *Folder) GoodCount(name string, needLock bool) int {
	lock := func() {
		if needLock {
			f.mu.Lock()
		}
	}
	unlock := func() {
		if needLock {
			f.mu.Unlock()
		}
	}
	lock()
	n := f.pages[name]
	f.pages[name] = n + 1
	unlock()
	return n + 1
}

func (f *Folder) Forget(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.pages, name)
}

// A closure whose lock is another one keeps nobody out.
type Shelf struct {
	mu    sync.Mutex
	other sync.Mutex
	count int
}

func (s *Shelf) BadAdd() {
	s.mu.Lock()
	s.count++
	s.mu.Unlock()
}

func (s *Shelf) Take(needLock bool) {
	lock := func() {
		if needLock {
			s.other.Lock()
		}
	}
	lock()
	s.count--
	s.other.Unlock()
}
