// Effects behind methods and functions of the same tree.
package wrappers

import (
	"os"
	"path/filepath"
	"sync"
	"time"
)

type entry struct {
	data []byte
	due  time.Time
}

type shelf struct {
	mu   sync.RWMutex
	rows map[string]entry
}

func (s *shelf) fetch(id string) (entry, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	row, found := s.rows[id]
	return row, found
}

func (s *shelf) put(id string, row entry) {
	s.mu.Lock()
	s.rows[id] = row
	s.mu.Unlock()
}

func (s *shelf) drop(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.rows, id)
}

func (s *shelf) has(id string) bool {
	_, found := s.fetch(id)
	return found
}

type desk struct {
	inner  *shelf
	shards []*shelf
	byKind map[string]*shelf
}

func (d *desk) pick(id string) *shelf { return d.shards[len(id)%len(d.shards)] }

func (d *desk) BadOnce(id string, row entry) bool {
	if _, found := d.inner.fetch(id); found {
		return false
	}
	d.inner.put(id, row)
	return true
}

func (d *desk) BadThroughHas(id string, row entry) bool {
	if d.inner.has(id) {
		return false
	}
	d.inner.put(id, row)
	return true
}

func (d *desk) BadReplace(id string, row entry) bool {
	if !d.pick(id).has(id) {
		return false
	}
	d.pick(id).put(id, row)
	return true
}

func (d *desk) BadShardLocal(id string, row entry) bool {
	s := d.pick(id)
	_, found := s.fetch(id)
	if found {
		return false
	}
	s.put(id, row)
	return true
}

func (d *desk) BadAppend(id string, more []byte) {
	row, _ := d.inner.fetch(id)
	row.data = append(row.data, more...)
	d.inner.put(id, row)
}

func (d *desk) BadExpire(id string) {
	row, found := d.inner.fetch(id)
	if found && row.due.Before(time.Now()) {
		d.inner.drop(id)
	}
}

func (d *desk) GoodOther(id, other string, row entry) bool {
	if d.inner.has(id) {
		return false
	}
	d.inner.put(other, row)
	return true
}

var global = shelf{rows: map[string]entry{}}

func BadGlobal(id string, row entry) bool {
	if global.has(id) {
		return false
	}
	global.put(id, row)
	return true
}

func BadParam(s *shelf, id string, row entry) bool {
	if s.has(id) {
		return false
	}
	s.put(id, row)
	return true
}

type outer struct {
	sync.Mutex
	inner shelf
}

func (o *outer) GoodUnderOwnLock(id string, row entry) bool {
	o.Lock()
	defer o.Unlock()
	if o.inner.has(id) {
		return false
	}
	o.inner.put(id, row)
	return true
}

func (o *outer) GoodDropUnderOwnLock(id string) {
	o.Lock()
	defer o.Unlock()
	o.inner.drop(id)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func remove(path string) error { return os.Remove(path) }

func store(path string, data []byte) error { return os.WriteFile(path, data, 0o600) }

type dir struct{ root string }

func (d dir) file(name string) string { return filepath.Join(d.root, name) }

func (d dir) BadClaim(name string, data []byte) error {
	if exists(d.file(name)) {
		return os.ErrExist
	}
	return store(d.file(name), data)
}

func (d dir) MaybeDiscard(name string) error {
	if !exists(d.file(name)) {
		return nil
	}
	return remove(d.file(name))
}

func (d dir) GoodClaim(name string, data []byte) error {
	f, err := os.OpenFile(d.file(name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Write(data)
	return err
}

func (d dir) GoodDiscard(name string) error {
	if err := remove(d.file(name)); err != nil && !os.IsNotExist(err) {
		return err
	}
	return nil
}

type series struct{ labels []string }

type chains struct {
	unique map[uint64]*series
	more   map[uint64][]*series
}

func (c *chains) get(h uint64, labels []string) *series {
	if s, found := c.unique[h]; found {
		if equalLabels(s.labels, labels) {
			return s
		}
	}
	for _, s := range c.more[h] {
		if equalLabels(s.labels, labels) {
			return s
		}
	}
	return nil
}

func (c *chains) set(h uint64, s *series) {
	if known, found := c.unique[h]; !found || equalLabels(known.labels, s.labels) {
		c.unique[h] = s
		return
	}
	c.more[h] = append(c.more[h], s)
}

type stripes struct {
	locks  []sync.RWMutex
	hashes []chains
}

func (s *stripes) Look(h uint64, labels []string) *series {
	i := h & uint64(len(s.locks)-1)
	s.locks[i].RLock()
	defer s.locks[i].RUnlock()
	return s.hashes[i].get(h, labels)
}

func (s *stripes) Put(h uint64, one *series) {
	i := h & uint64(len(s.locks)-1)
	s.locks[i].Lock()
	s.hashes[i].set(h, one)
	s.locks[i].Unlock()
}

type agent struct{ all *stripes }

func (a *agent) BadGetOrCreate(h uint64, labels []string) *series {
	if found := a.all.Look(h, labels); found != nil {
		return found
	}
	made := &series{labels: labels}
	a.all.Put(h, made)
	return made
}

func (s *stripes) GoodSecondLook(h uint64, labels []string) *series {
	if found := s.Look(h, labels); found != nil {
		return found
	}
	made := &series{labels: labels}
	i := h & uint64(len(s.locks)-1)
	s.locks[i].Lock()
	if found := s.hashes[i].get(h, labels); found != nil {
		s.locks[i].Unlock()
		return found
	}
	s.hashes[i].set(h, made)
	s.locks[i].Unlock()
	return made
}
