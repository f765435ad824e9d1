// Ages by package time.
package expiry

import (
	"os"
	"sync"
	"time"
)

type item struct {
	until   time.Time
	stored  time.Time
	untilNs int64
}

func (i *item) expired() bool { return time.Now().After(i.until) }

type table struct {
	mu    sync.Mutex
	items map[string]*item
	life  time.Duration
}

func (t *table) get(k string) *item {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.items[k]
}

func (t *table) del(k string) {
	t.mu.Lock()
	delete(t.items, k)
	t.mu.Unlock()
}

func (t *table) put(k string, i *item) {
	t.mu.Lock()
	t.items[k] = i
	t.mu.Unlock()
}

func (t *table) BadAfter(k string) *item {
	i := t.get(k)
	if i != nil && time.Now().After(i.until) {
		t.del(k)
		return nil
	}
	return i
}

func (t *table) BadSince(k string) *item {
	i := t.get(k)
	if i == nil {
		return nil
	}
	if time.Since(i.stored) > t.life {
		t.del(k)
		return nil
	}
	return i
}

func (t *table) BadSub(k string) {
	if i := t.get(k); i != nil && time.Now().Sub(i.stored) >= t.life {
		t.del(k)
	}
}

func (t *table) BadUnix(k string) {
	i := t.get(k)
	if i != nil && i.untilNs < time.Now().UnixNano() {
		t.del(k)
	}
}

func (t *table) BadMethod(k string) {
	if i := t.get(k); i != nil && i.expired() {
		t.del(k)
	}
}

func (t *table) GoodLocked(k string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := t.items[k]; i != nil && !i.until.After(time.Now()) {
		delete(t.items, k)
	}
}

func (t *table) GoodRecheck(k string) {
	i := t.get(k)
	if i == nil || !i.expired() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if cur := t.items[k]; cur == i {
		delete(t.items, k)
	}
}

func BadOldFile(path string, life time.Duration) error {
	fi, err := os.Stat(path)
	if err != nil {
		return err
	}
	if time.Since(fi.ModTime()) > life {
		return os.Remove(path)
	}
	return nil
}

func (t *table) old() (keys []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, i := range t.items {
		if i.expired() {
			keys = append(keys, k)
		}
	}
	return keys
}

func (t *table) drop(keys []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, k := range keys {
		delete(t.items, k)
	}
}

func (t *table) BadVacuum() {
	if keys := t.old(); len(keys) != 0 {
		t.drop(keys)
	}
}

func (t *table) GoodVacuum() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, i := range t.items {
		if i.expired() {
			delete(t.items, k)
		}
	}
}
