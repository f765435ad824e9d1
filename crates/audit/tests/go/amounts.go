// Amounts and lists by key: what there is enough of for one, and how much an entry holds.
package amounts

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

var errFull = errors.New("full")

type book struct {
	mu     sync.Mutex
	events map[string][]time.Time
	left   map[string]int
	used   int
	limit  int
}

func (b *book) BadAllow(k string, now time.Time) error {
	b.mu.Lock()
	n := len(b.events[k])
	b.mu.Unlock()
	if n >= b.limit {
		return errFull
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.events[k] = append(b.events[k], now)
	return nil
}

func (b *book) GoodAllow(k string, now time.Time) error {
	b.mu.Lock()
	n := len(b.events[k])
	b.mu.Unlock()
	if n >= b.limit {
		return errFull
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.events[k]) >= b.limit {
		return errFull
	}
	b.events[k] = append(b.events[k], now)
	return nil
}

func (b *book) GoodOtherKey(k, other string, now time.Time) int {
	b.mu.Lock()
	n := len(b.events[k])
	b.mu.Unlock()
	if n == 0 {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.events[other] = append(b.events[other], now)
	return 1
}

func (b *book) BadSpend(k string, cost int) error {
	b.mu.Lock()
	left := b.left[k]
	b.mu.Unlock()
	if left < cost {
		return fmt.Errorf("%s: %d left, %d asked", k, left, cost)
	}
	b.mu.Lock()
	b.left[k] -= cost
	b.mu.Unlock()
	return nil
}

func (b *book) GoodSpend(k string, cost int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left[k] < cost {
		return fmt.Errorf("%s: %d asked", k, cost)
	}
	b.left[k] -= cost
	return nil
}

func (b *book) inUse() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used
}

func (b *book) full(n int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used+n > b.limit
}

func (b *book) BadReserve(n int) bool {
	if b.inUse()+n > b.limit {
		return false
	}
	b.mu.Lock()
	b.used += n
	b.mu.Unlock()
	return true
}

func (b *book) BadReserveUnlessFull(n int) bool {
	if b.full(n) {
		return false
	}
	b.mu.Lock()
	b.used += n
	b.mu.Unlock()
	return true
}

func (b *book) GoodReserve(n int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.used+n > b.limit {
		return false
	}
	b.used += n
	return true
}

func (b *book) GoodReport() string {
	if b.full(1) {
		return "full"
	}
	return fmt.Sprint(b.inUse())
}

type table map[string]string

type settings struct {
	held atomic.Value
	mu   sync.Mutex
}

func (s *settings) BadSet(k, v string) {
	old, _ := s.held.Load().(table)
	next := make(table, len(old)+1)
	for key, value := range old {
		next[key] = value
	}
	next[k] = v
	s.held.Store(next)
}

func (s *settings) GoodSet(k, v string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, _ := s.held.Load().(table)
	next := make(table, len(old)+1)
	for key, value := range old {
		next[key] = value
	}
	next[k] = v
	s.held.Store(next)
}

func (s *settings) GoodReset(k, v string) {
	next := make(table, 1)
	next[k] = v
	s.held.Store(next)
}

type entry struct {
	value string
	until time.Time
}

type fresh struct {
	mu    sync.Mutex
	items map[string]entry
}

func (f *fresh) holds(k string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	e, ok := f.items[k]
	return ok && e.until.After(time.Now())
}

func (f *fresh) put(k, v string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.items[k] = entry{value: v, until: time.Now().Add(time.Minute)}
}

func (f *fresh) BadAdd(k, v string) bool {
	if f.holds(k) {
		return false
	}
	f.put(k, v)
	return true
}

func (f *fresh) GoodHas(k string) bool {
	return f.holds(k)
}
