package sample

import (
	"errors"
	"sync"
)

var errFull = errors.New("full")

type Guests struct {
	mu   sync.RWMutex
	most int
	in   map[string]*string
}

// The answer is kept in a variable, and asked for when the lock has been given back.
func (g *Guests) BadEnter(name string, guest *string) error {
	var err error
	g.mu.RLock()
	if len(g.in) >= g.most {
		err = errFull
	}
	g.mu.RUnlock()
	if err != nil {
		return err
	}
	g.mu.Lock()
	g.in[name] = guest
	g.mu.Unlock()
	return nil
}

// Whether it is there is kept in a variable.
func (g *Guests) BadEnterOnce(name string, guest *string) bool {
	known := false
	g.mu.RLock()
	if _, ok := g.in[name]; ok {
		known = true
	}
	g.mu.RUnlock()
	if known {
		return false
	}
	g.mu.Lock()
	g.in[name] = guest
	g.mu.Unlock()
	return true
}

// The answer is asked for before the lock is given back.
func (g *Guests) GoodEnter(name string, guest *string) error {
	var err error
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.in) >= g.most {
		err = errFull
	}
	if err != nil {
		return err
	}
	g.in[name] = guest
	return nil
}

// What was seen at first is looked at again where it counts.
func (g *Guests) GoodEnterOnce(name string, guest *string) bool {
	known := false
	g.mu.RLock()
	if _, ok := g.in[name]; ok {
		known = true
	}
	g.mu.RUnlock()
	if known {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.in[name]; ok {
		return false
	}
	g.in[name] = guest
	return true
}

// The variable says something of another question.
func (g *Guests) GoodSay(name string, guest *string, loud bool) bool {
	told := false
	if loud {
		told = true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if told {
		g.in[name] = guest
	}
	return told
}
