// Maps that are made when something is first kept in them: whether there is a map says nothing of its entries.
package first

import "sync"

type account struct{ total int }

type Registry struct {
	mu   sync.Mutex
	all  map[string]*account
	seen map[string]int
}

func (r *Registry) BadAdd(name string, acc *account) bool {
	r.mu.Lock()
	if r.all == nil {
		r.all = make(map[string]*account)
	}
	_, taken := r.all[name]
	r.mu.Unlock()
	if taken {
		return false
	}
	r.mu.Lock()
	r.all[name] = acc
	r.mu.Unlock()
	return true
}

func (r *Registry) GoodAdd(name string, acc *account) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil {
		r.all = make(map[string]*account)
	}
	if _, taken := r.all[name]; taken {
		return false
	}
	r.all[name] = acc
	return true
}

func (r *Registry) count(name string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen[name]
}

func (r *Registry) BadCount(name string) {
	n := r.count(name)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil {
		r.seen = make(map[string]int)
	}
	r.seen[name] = n + 1
}

func (r *Registry) GoodCount(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil {
		r.seen = make(map[string]int)
	}
	r.seen[name]++
}

// Who empties the map stores nothing in it.
type Tasks struct {
	mu    sync.RWMutex
	tasks map[string]*account
}

func (t *Tasks) RemoveAll() {
	t.mu.Lock()
	t.tasks = make(map[string]*account)
	t.mu.Unlock()
}

func (t *Tasks) GoodKeep(id string, task *account) {
	t.mu.RLock()
	_, ok := t.tasks[id]
	t.mu.RUnlock()
	if ok {
		return
	}
	t.mu.Lock()
	t.tasks[id] = task
	t.mu.Unlock()
}
