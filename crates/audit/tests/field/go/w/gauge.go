package w

import "sync"

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
