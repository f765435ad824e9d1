// An entry that was seen to be done with is removed by its key under a later lock, when it is another one by then.
package scopes

import (
	"errors"
	"sync"
)

var errUsed = errors.New("used")

type scope struct{ closed bool }

// Registry hands out scopes.
type Registry struct {
	mu     sync.RWMutex
	scopes map[string]*scope
}

func (r *Registry) BadScope(k string) *scope {
	r.mu.RLock()
	if s, ok := r.scopes[k]; ok {
		if !s.closed {
			r.mu.RUnlock()
			return s
		}
		r.mu.RUnlock()
		r.mu.Lock()
		delete(r.scopes, k)
		r.mu.Unlock()
		r.mu.RLock()
	}
	r.mu.RUnlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if s, ok := r.scopes[k]; ok {
		return s
	}
	s := &scope{}
	r.scopes[k] = s
	return s
}

// Compared removes what it has seen.
type Compared struct {
	mu     sync.RWMutex
	scopes map[string]*scope
}

func (r *Compared) GoodScope(k string) *scope {
	r.mu.RLock()
	if s, ok := r.scopes[k]; ok {
		if !s.closed {
			r.mu.RUnlock()
			return s
		}
		r.mu.RUnlock()
		r.mu.Lock()
		if r.scopes[k] == s {
			delete(r.scopes, k)
		}
		r.mu.Unlock()
		r.mu.RLock()
	}
	r.mu.RUnlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if s, ok := r.scopes[k]; ok {
		return s
	}
	s := &scope{}
	r.scopes[k] = s
	return s
}

// Locked does all under one lock.
type Locked struct {
	mu     sync.RWMutex
	scopes map[string]*scope
}

func (r *Locked) GoodWhole(k string) *scope {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s, ok := r.scopes[k]; ok {
		if !s.closed {
			return s
		}
		delete(r.scopes, k)
	}
	s := &scope{}
	r.scopes[k] = s
	return s
}

// Grant is good for one use.
type Grant struct {
	User string
	Used bool
}

// Store is somebody else's.
type Store interface {
	GetCode(code string) (Grant, error)
	DeleteCode(code string) error
	CreateCode(code string, grant Grant) error
}

// Desk lets in who has a code.
type Desk struct {
	mu    sync.Mutex
	store Store
	codes map[string]Grant
}

// New is given what keeps the codes.
func New(store Store) *Desk {
	return &Desk{store: store, codes: map[string]Grant{}}
}

// A field of what was found says something about it, whichever way round it is at first.
func (d *Desk) BadRedeem(code string) error {
	grant, err := d.store.GetCode(code)
	if err != nil {
		return err
	}
	if grant.Used {
		return errUsed
	}
	d.store.DeleteCode(code)
	return nil
}

func (d *Desk) MaybeRedeem(code string) error {
	grant, err := d.store.GetCode(code)
	if err != nil {
		return err
	}
	if grant.Used {
		return errUsed
	}
	if err := d.store.DeleteCode(code); err != nil {
		return err
	}
	return nil
}

func (d *Desk) GoodRedeem(code string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	grant, ok := d.codes[code]
	if !ok || grant.Used {
		return errUsed
	}
	delete(d.codes, code)
	return nil
}
