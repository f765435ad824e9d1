// Entries that a function of the caller's judges, in one section of the lock, and that go in another one.
package asked

import "sync"

type item struct{ n int }

type Table struct {
	mu    sync.RWMutex
	items map[string]*item
}

func (t *Table) Set(key string, it *item) {
	t.mu.Lock()
	t.items[key] = it
	t.mu.Unlock()
}

func (t *Table) BadDeleteFunc(matches func(key string, it *item) bool) int {
	t.mu.RLock()
	var keys []string
	for key, it := range t.items {
		if matches(key, it) {
			keys = append(keys, key)
		}
	}
	t.mu.RUnlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, key := range keys {
		delete(t.items, key)
	}
	return len(keys)
}

// Judged and removed in one section.
func (t *Table) GoodDeleteFunc(matches func(key string, it *item) bool) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := 0
	for key, it := range t.items {
		if matches(key, it) {
			delete(t.items, key)
			n++
		}
	}
	return n
}

// Judged again before it goes.
func (t *Table) GoodDeleteAgain(matches func(it *item) bool) int {
	t.mu.RLock()
	var keys []string
	for key, it := range t.items {
		if matches(it) {
			keys = append(keys, key)
		}
	}
	t.mu.RUnlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	n := 0
	for _, key := range keys {
		if it, ok := t.items[key]; ok && matches(it) {
			delete(t.items, key)
			n++
		}
	}
	return n
}

// What goes is told by its key alone.
func (t *Table) GoodDeleteKeys(matches func(key string) bool) {
	t.mu.RLock()
	var keys []string
	for key := range t.items {
		if matches(key) {
			keys = append(keys, key)
		}
	}
	t.mu.RUnlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, key := range keys {
		delete(t.items, key)
	}
}
