// A whole map behind one pointer: copied, changed and put in force.
package snapshots

import (
	"sync"
	"sync/atomic"
)

type routes struct {
	mu  sync.Mutex
	cur atomic.Pointer[map[string]string]
	any atomic.Value
	one atomic.Value
}

type settings struct{ root string }

func (r *routes) BadAdd(from, to string) {
	old := r.cur.Load()
	next := make(map[string]string)
	for k, v := range *old {
		next[k] = v
	}
	next[from] = to
	r.cur.Store(&next)
}

func (r *routes) BadGrow(from, to string) {
	old := r.any.Load().(map[string]string)
	next := make(map[string]string, len(old)+1)
	for k, v := range old {
		next[k] = v
	}
	next[from] = to
	r.any.Store(next)
}

func (r *routes) GoodSwap(from, to string) {
	for {
		old := r.cur.Load()
		next := make(map[string]string)
		for k, v := range *old {
			next[k] = v
		}
		next[from] = to
		if r.cur.CompareAndSwap(old, &next) {
			return
		}
	}
}

func (r *routes) MaybeSettings() *settings {
	if known, ok := r.one.Load().(*settings); ok {
		return known
	}
	made := &settings{root: "/"}
	r.one.Store(made)
	return made
}

type guarded struct {
	mu  sync.Mutex
	cur atomic.Pointer[map[string]string]
}

func (g *guarded) GoodAdd(from, to string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	old := g.cur.Load()
	next := make(map[string]string)
	for k, v := range *old {
		next[k] = v
	}
	next[from] = to
	g.cur.Store(&next)
}
