package w

import (
	"sync"

	"example.com/clistate"
)

// What sets up an object is called before anybody uses it.
type gauge struct {
	lock  sync.Mutex
	cache map[string]int
}

func (g *gauge) Reset() {
	g.lock.Lock()
	g.cache = map[string]int{"all": 1}
	g.lock.Unlock()
}

func (g *gauge) WithCache() *gauge { // safe
	if g.cache == nil {
		g.cache = map[string]int{}
	}
	return g
}

// Who fills it at its first use may be one of several.
func (g *gauge) UseCache() { // race
	if g.cache == nil {
		g.cache = map[string]int{}
	}
}

// AddAll is mainly used in tests.
func (g *gauge) AddAll(key string) { // safe
	if g.cache == nil {
		g.cache = map[string]int{}
	}
}

// What is locked is no object of many because of that: the lock is the operation's own, and is replaced.
type operation struct {
	Locker clistate.Locker
	all    map[string]int
}

func Run(of *operation) { // safe
	of.Locker = of.Locker.WithContext("all")
	if err := of.Locker.Lock(of.all, "run"); err != nil {
		return
	}
	println(len(of.all))
}

func Finish(of *operation) {
	if err := of.Locker.Lock(of.all, "finish"); err != nil {
		return
	}
	of.Locker = clistate.NewNoopLocker()
}
