// Lists that are set as a whole after a longer one was made of them.
package whole

import "sync"

type Ring struct {
	mu   sync.Mutex
	keys []string
}

func (r *Ring) Keys() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.keys
}

func (r *Ring) BadAdd(key string) {
	keys := append(r.keys, key)
	r.mu.Lock()
	r.keys = keys
	r.mu.Unlock()
}

func (r *Ring) GoodAdd(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	keys := append(r.keys, key)
	r.keys = keys
}

func (r *Ring) BadCopy(key string) {
	r.mu.Lock()
	old := r.keys
	r.mu.Unlock()
	keys := make([]string, len(old), len(old)+1)
	copy(keys, old)
	keys = append(keys, key)
	r.mu.Lock()
	r.keys = keys
	r.mu.Unlock()
}
