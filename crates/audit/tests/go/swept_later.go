package sample

import (
	"sync"
	"time"

	"github.com/hashicorp/golang-lru"
)

type ticket struct {
	holder string
	until  int64
}

type Desk struct {
	tickets *sync.Map
	spare   *sync.Map
}

func NewDesk(every time.Duration) *Desk {
	desk := &Desk{tickets: &sync.Map{}, spare: &sync.Map{}}
	go BadSweep(desk.tickets, every)
	go GoodSweep(desk.spare, every)
	return desk
}

func (d *Desk) Issue(number int, holder string) {
	d.tickets.Store(number, ticket{holder: holder, until: time.Now().Add(time.Hour).Unix()})
	d.spare.Store(number, ticket{holder: holder, until: time.Now().Add(time.Hour).Unix()})
}

// What is handed over bare is the field of whoever starts it.
func BadSweep(tickets *sync.Map, every time.Duration) {
	for range time.Tick(every) {
		now := time.Now().Unix()
		tickets.Range(func(number, held any) bool {
			if held.(ticket).until < now {
				tickets.Delete(number)
			}
			return true
		})
	}
}

func GoodSweep(tickets *sync.Map, every time.Duration) {
	for range time.Tick(every) {
		now := time.Now().Unix()
		tickets.Range(func(number, held any) bool {
			if held.(ticket).until < now {
				tickets.CompareAndDelete(number, held)
			}
			return true
		})
	}
}

type Shelf struct {
	lock  sync.RWMutex
	boxes map[string]ticket
	stop  chan struct{}
}

func (s *Shelf) Put(name string, t ticket) {
	s.lock.Lock()
	s.boxes[name] = t
	s.lock.Unlock()
}

// Names are gathered under one lock and walked by their index under the next.
func (s *Shelf) BadClear(now int64) {
	var old []string
	s.lock.RLock()
	for name, box := range s.boxes {
		if box.until <= now {
			old = append(old, name)
		}
	}
	s.lock.RUnlock()
	s.lock.Lock()
	for i := range old {
		delete(s.boxes, old[i])
	}
	s.lock.Unlock()
}

func (s *Shelf) GoodClear(now int64) {
	var old []string
	s.lock.RLock()
	for name, box := range s.boxes {
		if box.until <= now {
			old = append(old, name)
		}
	}
	s.lock.RUnlock()
	s.lock.Lock()
	for i := range old {
		if box, ok := s.boxes[old[i]]; ok && box.until <= now {
			delete(s.boxes, old[i])
		}
	}
	s.lock.Unlock()
}

type clock interface{ Now() time.Time }

type aged struct {
	clock clock
	kept  *lru.Cache
	lock  sync.Mutex
}

type agedEntry struct {
	value any
	until time.Time
}

func (a *aged) Add(key, value any, d time.Duration) {
	a.lock.Lock()
	defer a.lock.Unlock()
	a.kept.Add(key, &agedEntry{value, a.clock.Now().Add(d)})
}

// What is started under the lock comes to the entry when that is given back.
func (a *aged) BadGet(key any) (any, bool) {
	a.lock.Lock()
	defer a.lock.Unlock()
	found, ok := a.kept.Get(key)
	if !ok {
		return nil, false
	}
	if a.clock.Now().After(found.(*agedEntry).until) {
		go a.remove(key)
		return nil, false
	}
	return found.(*agedEntry).value, true
}

func (a *aged) GoodGet(key any) (any, bool) {
	a.lock.Lock()
	defer a.lock.Unlock()
	found, ok := a.kept.Get(key)
	if !ok {
		return nil, false
	}
	if a.clock.Now().After(found.(*agedEntry).until) {
		a.kept.Remove(key)
		return nil, false
	}
	return found.(*agedEntry).value, true
}

func (a *aged) remove(key any) {
	a.lock.Lock()
	defer a.lock.Unlock()
	a.kept.Remove(key)
}
