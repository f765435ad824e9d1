package d

import (
	"errors"
	"sync"
	"time"
)

type item[V any] struct {
	value   V
	expires time.Time
}

func (i *item[V]) expired(now time.Time) bool { return now.After(i.expires) }

// Cache is safe for concurrent use.
type Cache[K comparable, V any] struct {
	mu    sync.RWMutex
	items map[K]*item[V]
	max   int
}

func (c *Cache[K, V]) Get(key K) (V, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	it, ok := c.items[key]
	if !ok || time.Now().After(it.expires) {
		var zero V
		return zero, false
	}
	return it.value, true
}

func (c *Cache[K, V]) Set(key K, value V, ttl time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.items[key] = &item[V]{value, time.Now().Add(ttl)}
}

func (c *Cache[K, V]) Delete(key K) {
	c.mu.Lock()
	delete(c.items, key)
	c.mu.Unlock()
}

func (c *Cache[K, V]) Add(key K, value V, ttl time.Duration) error { // race
	if _, ok := c.Get(key); ok {
		return errors.New("exists")
	}
	c.Set(key, value, ttl)
	return nil
}

func (c *Cache[K, V]) AddRight(key K, value V, ttl time.Duration) error { // safe
	c.mu.Lock()
	defer c.mu.Unlock()
	if it, ok := c.items[key]; ok && !it.expired(time.Now()) {
		return errors.New("exists")
	}
	c.items[key] = &item[V]{value, time.Now().Add(ttl)}
	return nil
}

func (c *Cache[K, V]) Sweep() { // race
	for _, key := range c.expired() {
		c.Delete(key)
	}
}

func (c *Cache[K, V]) expired() []K {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var keys []K
	now := time.Now()
	for key, it := range c.items {
		if it.expires.Before(now) {
			keys = append(keys, key)
		}
	}
	return keys
}

func (c *Cache[K, V]) SweepRight() { // safe
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	for key, it := range c.items {
		if it.expires.Before(now) {
			delete(c.items, key)
		}
	}
}

func (c *Cache[K, V]) Fetch(key K) (V, bool) { // race
	c.mu.RLock()
	it, ok := c.items[key]
	c.mu.RUnlock()
	if !ok {
		var zero V
		return zero, false
	}
	if time.Since(it.expires) > 0 {
		c.mu.Lock()
		delete(c.items, key)
		c.mu.Unlock()
		var zero V
		return zero, false
	}
	return it.value, true
}

func (c *Cache[K, V]) Trim() { // race
	c.mu.RLock()
	n := len(c.items)
	c.mu.RUnlock()
	if n <= c.max {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for key := range c.items {
		delete(c.items, key)
		break
	}
}

type store[V any] interface {
	Expiration(key uint64) time.Time
	Del(key uint64) V
	Put(key uint64, v V, at time.Time)
}

type shard[V any] struct {
	sync.RWMutex
	data map[uint64]item[V]
}

func (s *shard[V]) Expiration(key uint64) time.Time {
	s.RLock()
	defer s.RUnlock()
	return s.data[key].expires
}

func (s *shard[V]) Del(key uint64) V {
	s.Lock()
	defer s.Unlock()
	it := s.data[key]
	delete(s.data, key)
	return it.value
}

func (s *shard[V]) Put(key uint64, v V, at time.Time) {
	s.Lock()
	defer s.Unlock()
	s.data[key] = item[V]{v, at}
}

type expiry[V any] struct {
	sync.Mutex
	due map[int64][]uint64
}

func (e *expiry[V]) clean(st store[V], now time.Time) { // race
	e.Lock()
	keys := e.due[now.Unix()]
	delete(e.due, now.Unix())
	e.Unlock()
	for _, key := range keys {
		at := st.Expiration(key)
		if at.After(now) {
			continue
		}
		st.Del(key)
	}
}
