package sample

import "sync"

type index struct {
	mu    sync.RWMutex
	stops map[string]int
}

// Everybody comes through a batch, and of those there is one at a time.
func (i *index) GoodDrop(keys []string) {
	found := map[string]int{}
	for _, key := range keys {
		i.mu.RLock()
		n := i.stops[key]
		i.mu.RUnlock()
		found[key] = n + 1
	}
	i.mu.Lock()
	for key, n := range found {
		i.stops[key] = n
	}
	i.mu.Unlock()
}

type Reader struct {
	one   sync.Mutex
	index *index
	keys  []string
}

type batch struct{ r *Reader }

func (r *Reader) Begin() *batch {
	r.one.Lock()
	return &batch{r: r}
}

func (b *batch) Commit() error {
	defer b.r.one.Unlock()
	b.r.apply()
	return nil
}

func (r *Reader) apply() {
	r.index.GoodDrop(r.keys)
}

type table struct {
	mu    sync.RWMutex
	stops map[string]int
}

// The batch takes its lock for its end only.
func (t *table) BadDrop(keys []string) {
	found := map[string]int{}
	for _, key := range keys {
		t.mu.RLock()
		n := t.stops[key]
		t.mu.RUnlock()
		found[key] = n + 1
	}
	t.mu.Lock()
	for key, n := range found {
		t.stops[key] = n
	}
	t.mu.Unlock()
}

type Writer struct {
	one   sync.Mutex
	table *table
	keys  []string
	done  bool
}

type round struct{ w *Writer }

func (w *Writer) Start() *round { return &round{w: w} }

func (r *round) Commit() error {
	r.w.apply()
	r.w.one.Lock()
	defer r.w.one.Unlock()
	r.w.done = true
	return nil
}

func (w *Writer) apply() {
	w.table.BadDrop(w.keys)
}
