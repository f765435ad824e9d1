package inplace

import (
	"errors"
	"sync"
)

var errMissing = errors.New("missing")

type entry struct{ name string }

type table struct {
	mu   sync.RWMutex
	rows map[string]*entry
}

func (t *table) put(k string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows[k] = &entry{name: k}
}

func (t *table) reading(f func()) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	f()
}

func (t *table) view(f func() error) error {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return f()
}

func (t *table) BadCalledWhereItStands(k string) bool {
	var found *entry
	func() {
		t.mu.RLock()
		defer t.mu.RUnlock()
		found = t.rows[k]
	}()
	if found != nil {
		return false
	}
	t.put(k)
	return true
}

func (t *table) BadLocalFunction(name string) bool {
	look := func(k string) *entry {
		t.mu.RLock()
		defer t.mu.RUnlock()
		return t.rows[k]
	}
	if look(name) != nil {
		return false
	}
	t.put(name)
	return true
}

func (t *table) BadHandedOver(prefix, k string) bool {
	key := prefix + k
	var ok bool
	t.reading(func() { _, ok = t.rows[key] })
	if ok {
		return false
	}
	t.put(key)
	return true
}

func (t *table) BadToldByAnError(k string) bool {
	err := t.view(func() error {
		if t.rows[k] == nil {
			return errMissing
		}
		return nil
	})
	if errors.Is(err, errMissing) {
		t.put(k)
		return true
	}
	return false
}

func (t *table) GoodOtherKey(k string) bool {
	other := k + "/lock"
	var ok bool
	t.reading(func() { _, ok = t.rows[other] })
	if ok {
		return false
	}
	t.put(k)
	return true
}

func (t *table) GoodUnderOneLock(k string) bool {
	added := false
	func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.rows[k] == nil {
			t.rows[k] = &entry{name: k}
			added = true
		}
	}()
	return added
}

func (t *table) GoodAskedAgain(k string) bool {
	look := func(k string) *entry { return t.rows[k] }
	t.mu.RLock()
	found := look(k)
	t.mu.RUnlock()
	if found != nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if look(k) != nil {
		return false
	}
	t.rows[k] = &entry{name: k}
	return true
}
