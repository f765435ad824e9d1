package a

import (
	"os"
	"path/filepath"
	"sync"
	"time"
)

type item struct {
	value   string
	expires time.Time
}

type Cache struct {
	mu    sync.RWMutex
	items map[string]*item
	m     sync.Map
	max   int
}

func (c *Cache) GetOrLoad(k string, load func(string) *item) *item { // maybe
	c.mu.RLock()
	it, ok := c.items[k]
	c.mu.RUnlock()
	if ok {
		return it
	}
	it = load(k)
	c.mu.Lock()
	c.items[k] = it
	c.mu.Unlock()
	return it
}

func (c *Cache) GetOrLoadRight(k string, load func(string) *item) *item { // safe
	c.mu.RLock()
	it, ok := c.items[k]
	c.mu.RUnlock()
	if ok {
		return it
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if it, ok := c.items[k]; ok {
		return it
	}
	it = load(k)
	c.items[k] = it
	return it
}

func (c *Cache) Singleton(k string) *item { // maybe
	if v, ok := c.m.Load(k); ok {
		return v.(*item)
	}
	n := &item{}
	c.m.Store(k, n)
	return n
}

func (c *Cache) SingletonRight(k string) *item { // safe
	if v, ok := c.m.Load(k); ok {
		return v.(*item)
	}
	v, _ := c.m.LoadOrStore(k, &item{})
	return v.(*item)
}

func (c *Cache) Has(k string) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	_, ok := c.items[k]
	return ok
}

func (c *Cache) Set(k string, it *item) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.items[k] = it
}

func (c *Cache) Delete(k string) {
	c.mu.Lock()
	delete(c.items, k)
	c.mu.Unlock()
}

func (c *Cache) Get(k string) (*item, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	it, ok := c.items[k]
	return it, ok
}

func (c *Cache) Add(k string, it *item) bool { // race
	if c.Has(k) {
		return false
	}
	c.Set(k, it)
	return true
}

func (c *Cache) Fresh(k string) *item { // race
	it, ok := c.Get(k)
	if !ok {
		return nil
	}
	if time.Now().After(it.expires) {
		c.Delete(k)
		return nil
	}
	return it
}

func (c *Cache) FreshRight(k string) *item { // safe
	c.mu.Lock()
	defer c.mu.Unlock()
	it, ok := c.items[k]
	if !ok || time.Now().After(it.expires) {
		delete(c.items, k)
		return nil
	}
	return it
}

func (c *Cache) Len() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.items)
}

func (c *Cache) Shrink() {
	if c.Len() > c.max {
		for k := range c.items {
			c.Delete(k)
			break
		}
	}
}

func (c *Cache) Keys() []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var ks []string
	for k := range c.items {
		ks = append(ks, k)
	}
	return ks
}

func (c *Cache) Values() []string {
	var out []string
	for _, k := range c.Keys() {
		it, _ := c.Get(k)
		out = append(out, it.value)
	}
	return out
}

func EnsureDir(p string) error { // race
	if _, err := os.Stat(p); os.IsNotExist(err) {
		return os.Mkdir(p, 0o755)
	}
	return nil
}

func LockFile(p string) (bool, error) { // race
	if _, err := os.Stat(p); err == nil {
		return false, nil
	}
	f, err := os.Create(p)
	if err != nil {
		return false, err
	}
	return true, f.Close()
}

func Write(p string, b []byte) error { // race
	tmp := p + ".tmp"
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, p)
}

func WriteRight(p string, b []byte) error { // safe
	f, err := os.CreateTemp(filepath.Dir(p), "x")
	if err != nil {
		return err
	}
	if _, err := f.Write(b); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), p)
}

func Sweep(dir string, age time.Duration) error { // race
	es, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range es {
		info, err := e.Info()
		if err != nil {
			return err
		}
		if time.Since(info.ModTime()) > age {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}
