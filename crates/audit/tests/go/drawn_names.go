// Entries under names that a helper has drawn: a second one is never stored under the same.
package drawnnames

import (
	"math/rand"
	"sync"
)

const digits = "0123456789abcdefghijklmnopqrstuvwxyz"

type reply struct {
	name string
	old  bool
}

type source struct {
	mu     sync.Mutex
	rand   *rand.Rand
	prefix []byte
}

func (s *source) newName(tracked bool) []byte {
	s.mu.Lock()
	n := s.rand.Uint64()
	prefix := s.prefix
	s.mu.Unlock()
	var raw [12]byte
	for i, left := 0, n; i < len(raw); i++ {
		raw[i] = digits[left%36]
		left /= 36
	}
	name := make([]byte, 0, len(prefix)+len(raw))
	name = append(name, prefix...)
	name = append(name, raw[:]...)
	if tracked {
		name = append(name, 'T')
	}
	return name
}

// One of eight.
func (s *source) newSeat() uint64 { return s.rand.Uint64() % 8 }

type replies struct {
	mu    sync.RWMutex
	names *source
	known map[string]*reply
}

func (r *replies) GoodForgetOld() {
	var old []*reply
	r.mu.RLock()
	for _, one := range r.known {
		if one.old {
			old = append(old, one)
		}
	}
	r.mu.RUnlock()
	for _, one := range old {
		r.mu.Lock()
		delete(r.known, one.name)
		r.mu.Unlock()
	}
}

func (r *replies) Add() *reply {
	name := string(r.names.newName(true))
	r.mu.Lock()
	defer r.mu.Unlock()
	one := &reply{name: name}
	r.known[name] = one
	return one
}

type seat struct {
	at  uint64
	old bool
}

type seats struct {
	mu    sync.RWMutex
	names *source
	known map[uint64]*seat
}

func (r *seats) BadForgetSeats() {
	var old []*seat
	r.mu.RLock()
	for _, one := range r.known {
		if one.old {
			old = append(old, one)
		}
	}
	r.mu.RUnlock()
	for _, one := range old {
		r.mu.Lock()
		delete(r.known, one.at)
		r.mu.Unlock()
	}
}

func (r *seats) Add() *seat {
	at := r.names.newSeat()
	r.mu.Lock()
	defer r.mu.Unlock()
	one := &seat{at: at}
	r.known[at] = one
	return one
}
