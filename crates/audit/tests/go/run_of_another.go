// A flag of one object, and the run of another one's.
package refresh

import "sync"

// Refresher is shared by all handlers.
type Refresher struct {
	mu      sync.Mutex
	running bool
	next    *Refresher
	itemsMu sync.Mutex
	items   map[string]int
	load    func(string) int
	keys    []string
}

// Kick has the one behind it refresh itself, if none was asked to yet.
func (r *Refresher) Kick() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running {
		return
	}
	r.running = true
	go r.next.run()
}

func (r *Refresher) run() {
	for _, key := range r.keys {
		r.BadBump(key)
	}
	r.mu.Lock()
	r.running = false
	r.mu.Unlock()
}

func (r *Refresher) BadBump(key string) {
	r.itemsMu.Lock()
	n := r.items[key]
	r.itemsMu.Unlock()
	n += r.load(key)
	r.itemsMu.Lock()
	r.items[key] = n
	r.itemsMu.Unlock()
}
