// What a goroutine does that is started between a look and nothing else, and what is started twice.
package started

import (
	"errors"
	"sync"
	"time"
)

var errRuns = errors.New("runs already")

type entry struct {
	value   string
	expires time.Time
	ttl     time.Duration
}

func (e *entry) expired() bool { return e.ttl > 0 && time.Now().After(e.expires) }

type table struct {
	mu      sync.RWMutex
	entries map[string]*entry
	running bool
	done    chan struct{}
}

func (t *table) Put(k string, e *entry) {
	t.mu.Lock()
	t.entries[k] = e
	t.mu.Unlock()
}

func (t *table) del(k string) {
	t.mu.Lock()
	delete(t.entries, k)
	t.mu.Unlock()
}

func (t *table) BadLook(k string) (string, bool) {
	t.mu.RLock()
	e, ok := t.entries[k]
	t.mu.RUnlock()
	if !ok {
		return "", false
	}
	if time.Now().After(e.expires) {
		go t.del(k)
		return "", false
	}
	return e.value, true
}

func (t *table) GoodLook(k string) (string, bool) {
	t.mu.RLock()
	e, ok := t.entries[k]
	t.mu.RUnlock()
	if !ok {
		return "", false
	}
	if time.Now().After(e.expires) {
		go func() {
			t.mu.Lock()
			if t.entries[k] == e {
				delete(t.entries, k)
			}
			t.mu.Unlock()
		}()
		return "", false
	}
	return e.value, true
}

// An entry without a time to live has no age.
func (t *table) BadAge(k string) (string, bool) {
	t.mu.RLock()
	e, ok := t.entries[k]
	t.mu.RUnlock()
	if !ok {
		return "", false
	}
	if e.ttl > 0 && time.Now().After(e.expires) {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.entries, k)
		return "", false
	}
	return e.value, true
}

func (t *table) isRunning() bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.running
}

func (t *table) loop() {}

func (t *table) BadStart() error {
	if t.isRunning() {
		return errRuns
	}
	t.mu.Lock()
	t.running = true
	t.mu.Unlock()
	go t.loop()
	return nil
}

func (t *table) GoodStart() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.running {
		return errRuns
	}
	t.running = true
	go t.loop()
	return nil
}

func (t *table) BadEnd() {
	t.mu.RLock()
	ended := t.running
	t.mu.RUnlock()
	if ended {
		return
	}
	t.mu.Lock()
	t.running = true
	t.mu.Unlock()
	close(t.done)
}
