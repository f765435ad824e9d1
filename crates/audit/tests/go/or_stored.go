package sample

import (
	"sync"
	"sync/atomic"
)

type lamp struct{ owner string }

type lamps struct {
	out   sync.Mutex
	lit   sync.Map
	given sync.Map
}

// Who only stores where nothing is puts nothing in the place of what was looked at.
func (l *lamps) Light(name, owner string) *lamp {
	found, _ := l.lit.LoadOrStore(name, &lamp{owner: owner})
	return found.(*lamp)
}

func (l *lamps) GoodOut(name string) {
	l.out.Lock()
	defer l.out.Unlock()
	if found, ok := l.lit.Load(name); ok && found.(*lamp).owner == "" {
		l.lit.Delete(name)
	}
}

func (l *lamps) Give(name, owner string) {
	l.given.Store(name, &lamp{owner: owner})
}

func (l *lamps) MaybeTakeBack(name string) {
	l.out.Lock()
	defer l.out.Unlock()
	if found, ok := l.given.Load(name); ok && found.(*lamp).owner == "" {
		l.given.Delete(name)
	}
}

type seen struct {
	any   atomic.Bool
	count atomic.Int64
}

// Where it is not swapped it is true already.
func (s *seen) GoodNote(found bool) {
	s.any.CompareAndSwap(false, found)
}

// Where it is not swapped the count is lost.
func (s *seen) BadNote(found int64) {
	before := s.count.Load()
	s.count.CompareAndSwap(before, before+found)
}
