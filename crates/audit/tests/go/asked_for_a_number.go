// Entries asked for a number or a mark first, and then only for whether they are there.
package refs

import "sync"

// Refs is shared by all handlers.
type Refs struct {
	mu    sync.RWMutex
	refs  map[string]int
	pins  map[string]bool
	total int
}

func (r *Refs) remove(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.refs[key]; ok {
		delete(r.refs, key)
		r.total--
	}
}

// BadDropIdle forgets a key that nobody holds.
func (r *Refs) BadDropIdle(key string) {
	r.mu.RLock()
	n := r.refs[key]
	r.mu.RUnlock()
	if n == 0 {
		r.remove(key)
	}
}

func (r *Refs) BadDropIdle2(key string) {
	r.mu.RLock()
	n, ok := r.refs[key]
	r.mu.RUnlock()
	if ok && n <= 0 {
		r.remove(key)
	}
}

func (r *Refs) Retain(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refs[key] = r.refs[key] + 1
}

func (r *Refs) unpin(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.pins[key]; ok {
		delete(r.pins, key)
		r.total--
	}
}

// BadDropUnpinned forgets a key that is not pinned.
func (r *Refs) BadDropUnpinned(key string) {
	r.mu.RLock()
	pinned := r.pins[key]
	r.mu.RUnlock()
	if !pinned {
		r.unpin(key)
	}
}

func (r *Refs) Pin(key string, on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pins[key] = on
}
