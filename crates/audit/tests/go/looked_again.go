// What the other one would store is not stored where an entry is: it looks for itself, under a lock of its own or
// of its callers, for one key or for all of them first.
package lookedagain

import "sync"

type reservations struct {
	mu    sync.Mutex
	files map[string]struct{}
}

func work([]string) error { return nil }

func (r *reservations) GoodWork(files []string) error {
	if !r.take(files) {
		return nil
	}
	defer r.drop(files)
	err := work(files)
	return err
}

func (r *reservations) take(files []string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range files {
		if _, ok := r.files[f]; ok {
			return false
		}
	}
	for _, f := range files {
		r.files[f] = struct{}{}
	}
	return true
}

func (r *reservations) drop(files []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range files {
		delete(r.files, f)
	}
}

type firsts struct {
	mu    sync.Mutex
	files map[string]struct{}
}

func (r *firsts) BadWork(files []string) error {
	if !r.take(files) {
		return nil
	}
	defer r.drop(files)
	err := work(files)
	return err
}

func (r *firsts) Reserve(files []string) bool {
	return r.take(files)
}

// Only the first ones are looked at.
func (r *firsts) take(files []string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, f := range files {
		if i > 2 {
			break
		}
		if _, ok := r.files[f]; ok {
			return false
		}
	}
	for _, f := range files {
		r.files[f] = struct{}{}
	}
	return true
}

func (r *firsts) drop(files []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range files {
		delete(r.files, f)
	}
}

type account struct {
	name string
	gone bool
}

type register struct {
	mu       sync.RWMutex
	accounts map[string]*account
}

func (r *register) GoodForget() {
	var gone []string
	r.mu.RLock()
	for name, a := range r.accounts {
		if a.gone {
			gone = append(gone, name)
		}
	}
	r.mu.RUnlock()
	for _, name := range gone {
		r.mu.Lock()
		delete(r.accounts, name)
		r.mu.Unlock()
	}
}

func (r *register) Add(a *account) *account {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.addNoLock(a)
}

func (r *register) addNoLock(a *account) *account {
	if known := r.accounts[a.name]; known != nil {
		return known
	}
	r.accounts[a.name] = a
	return a
}

type replaced struct {
	mu       sync.RWMutex
	accounts map[string]*account
}

func (r *replaced) BadForgetReplaced() {
	var gone []string
	r.mu.RLock()
	for name, a := range r.accounts {
		if a.gone {
			gone = append(gone, name)
		}
	}
	r.mu.RUnlock()
	for _, name := range gone {
		r.mu.Lock()
		delete(r.accounts, name)
		r.mu.Unlock()
	}
}

func (r *replaced) Add(a *account) *account {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.addNoLock(a)
}

// Who is gone is replaced at once.
func (r *replaced) addNoLock(a *account) *account {
	if known := r.accounts[a.name]; known != nil && !known.gone {
		return known
	}
	r.accounts[a.name] = a
	return a
}

type waiting struct{ at, seq uint64 }

type consumer struct {
	mu      sync.RWMutex
	pending map[uint64]*waiting
	floor   uint64
}

func (c *consumer) GoodTrim(first uint64) {
	c.mu.RLock()
	floor, many := c.floor, len(c.pending)
	c.mu.RUnlock()
	if many > 0 {
		for seq := floor + 1; seq < first; seq++ {
			c.mu.RLock()
			w, ok := c.pending[seq]
			c.mu.RUnlock()
			if ok {
				c.done(seq, w.at)
			}
		}
	}
}

func (c *consumer) done(seq, at uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if w, ok := c.pending[seq]; ok {
		note(seq)
		delete(c.pending, seq)
		at = w.at
	}
	c.floor = at
}

func (c *consumer) BadTrimOld(first uint64) {
	c.mu.RLock()
	floor := c.floor
	c.mu.RUnlock()
	for seq := floor + 1; seq < first; seq++ {
		c.mu.RLock()
		w, ok := c.pending[seq]
		c.mu.RUnlock()
		if ok && w.at < first {
			c.done(seq, w.at)
		}
	}
}

func note(uint64) {}

func ping(*waiting) error { return nil }

func (c *consumer) BadTrimDead(first uint64) {
	c.mu.RLock()
	floor := c.floor
	c.mu.RUnlock()
	for seq := floor + 1; seq < first; seq++ {
		c.mu.RLock()
		w, ok := c.pending[seq]
		c.mu.RUnlock()
		if ok {
			if err := ping(w); err != nil {
				c.done(seq, w.at)
			}
		}
	}
}

func (c *consumer) Restore(all map[uint64]*waiting) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending = all
}
