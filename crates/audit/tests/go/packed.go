// What was found or made is handed out within a new object.
package packed

import "sync"

type bucket struct {
	lookup map[string]string
}

type Second struct {
	bucket *bucket
	whole  *Whole
}

type Whole struct {
	mu      sync.RWMutex
	buckets map[string]*bucket
}

func (w *Whole) find(key string) *bucket {
	w.mu.RLock()
	found, exists := w.buckets[key]
	w.mu.RUnlock()
	if !exists {
		return nil
	}
	return found
}

func (w *Whole) BadSecond(key string) *Second {
	found := w.find(key)
	w.mu.Lock()
	if found == nil {
		found = &bucket{lookup: make(map[string]string)}
		w.buckets[key] = found
	}
	w.mu.Unlock()
	return &Second{bucket: found, whole: w}
}

func (w *Whole) seek(key string) *bucket {
	w.mu.RLock()
	found, exists := w.buckets[key]
	w.mu.RUnlock()
	if exists == false {
		return nil
	}
	return found
}

func (w *Whole) BadSought(key string) *Second {
	found := w.seek(key)
	w.mu.Lock()
	if found == nil {
		found = &bucket{lookup: make(map[string]string)}
		w.buckets[key] = found
	}
	w.mu.Unlock()
	return &Second{bucket: found, whole: w}
}

func (w *Whole) GoodSecond(key string) *Second {
	w.mu.Lock()
	found := w.buckets[key]
	if found == nil {
		found = &bucket{lookup: make(map[string]string)}
		w.buckets[key] = found
	}
	w.mu.Unlock()
	return &Second{bucket: found, whole: w}
}

func (w *Whole) GoodAgain(key string) *Second {
	if found := w.find(key); found != nil {
		return &Second{bucket: found, whole: w}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if found, exists := w.buckets[key]; exists {
		return &Second{bucket: found, whole: w}
	}
	made := &bucket{lookup: make(map[string]string)}
	w.buckets[key] = made
	return &Second{bucket: made, whole: w}
}
