// Entries that travel as one object, whose key is a field of it.
package handed

import (
	"errors"
	"sync"
	"time"
)

var errTaken = errors.New("name is taken")

type visit struct {
	ID   string
	Seen time.Time
	Hits int
}

type visits struct {
	mu   sync.RWMutex
	byID map[string]*visit
}

func (v *visits) find(id string) (*visit, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	it, ok := v.byID[id]
	return it, ok
}

func (v *visits) keep(it *visit) {
	v.mu.Lock()
	v.byID[it.ID] = it
	v.mu.Unlock()
}

func (v *visits) relay(it *visit) { v.keep(it) }

func (v *visits) BadOpen(id string) (*visit, error) {
	if _, ok := v.find(id); ok {
		return nil, errTaken
	}
	it := &visit{ID: id, Seen: time.Now()}
	v.relay(it)
	return it, nil
}

func (v *visits) GoodOther(id string) error {
	if _, ok := v.find(id); ok {
		return errTaken
	}
	v.keep(&visit{ID: "copy-of-" + id})
	return nil
}

func (v *visits) MaybeCount(id string) {
	if old, ok := v.find(id); ok {
		next := *old
		next.Hits++
		v.keep(&next)
	}
}

func (v *visits) GoodOpen(id string) (*visit, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, ok := v.byID[id]; ok {
		return nil, errTaken
	}
	it := &visit{ID: id, Seen: time.Now()}
	v.byID[it.ID] = it
	return it, nil
}
