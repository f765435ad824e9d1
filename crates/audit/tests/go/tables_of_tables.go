// A table within a table: the inner one is found, or made and put there, and then worked with.
package layers

import "sync"

type item struct{ v string }

type bucket struct {
	sync.RWMutex
	lookup map[string]*item
}

func (b *bucket) get(key string) *item {
	b.RLock()
	defer b.RUnlock()
	return b.lookup[key]
}

func (b *bucket) set(key, value string) *item {
	fresh := &item{v: value}
	b.Lock()
	b.lookup[key] = fresh
	b.Unlock()
	return fresh
}

func (b *bucket) replace(key, value string) bool {
	b.Lock()
	defer b.Unlock()
	if b.lookup[key] == nil {
		return false
	}
	b.lookup[key] = &item{v: value}
	return true
}

func (b *bucket) remove(key string) *item {
	b.Lock()
	old := b.lookup[key]
	delete(b.lookup, key)
	b.Unlock()
	return old
}

type Layers struct {
	sync.RWMutex
	buckets map[string]*bucket
}

func (l *Layers) get(primary, secondary string) *item {
	l.RLock()
	found, exists := l.buckets[primary]
	l.RUnlock()
	if !exists {
		return nil
	}
	return found.get(secondary)
}

func (l *Layers) Set(primary, secondary, value string) *item {
	l.Lock()
	found, exists := l.buckets[primary]
	if !exists {
		found = &bucket{lookup: make(map[string]*item)}
		l.buckets[primary] = found
	}
	l.Unlock()
	return found.set(secondary, value)
}

func (l *Layers) Delete(primary, secondary string) *item {
	l.RLock()
	found, exists := l.buckets[primary]
	l.RUnlock()
	if !exists {
		return nil
	}
	return found.remove(secondary)
}

func (l *Layers) BadReplace(primary, secondary, value string) bool {
	if l.get(primary, secondary) == nil {
		return false
	}
	l.Set(primary, secondary, value)
	return true
}

func (l *Layers) GoodReplace(primary, secondary, value string) bool {
	l.RLock()
	found, exists := l.buckets[primary]
	l.RUnlock()
	if !exists {
		return false
	}
	return found.replace(secondary, value)
}
