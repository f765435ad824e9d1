package sample

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"sync"
	"time"

	"github.com/bradfitz/gomemcache/memcache"
	"github.com/dgraph-io/badger/v3"
	"github.com/hashicorp/consul/api"
)

type visits struct {
	db *sql.DB
}

func (v *visits) Touch(ctx context.Context, id string) error {
	_, err := v.db.ExecContext(ctx, "UPDATE visits SET last_seen = $1 WHERE id = $2", time.Now(), id)
	return err
}

// Rows are gone through once; who was seen again meanwhile goes with the rest.
func (v *visits) BadForget(ctx context.Context, ttl time.Duration) error {
	before := time.Now().Add(-ttl)
	rows, err := v.db.QueryContext(ctx, "SELECT id FROM visits WHERE last_seen < $1", before)
	if err != nil {
		return err
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return err
		}
		ids = append(ids, id)
	}
	for _, id := range ids {
		if _, err := v.db.ExecContext(ctx, "DELETE FROM visits WHERE id = $1", id); err != nil {
			return err
		}
	}
	return nil
}

func (v *visits) GoodForget(ctx context.Context, ttl time.Duration) error {
	before := time.Now().Add(-ttl)
	rows, err := v.db.QueryContext(ctx, "SELECT id FROM visits WHERE last_seen < $1", before)
	if err != nil {
		return err
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return err
		}
		ids = append(ids, id)
	}
	for _, id := range ids {
		if _, err := v.db.ExecContext(ctx, "DELETE FROM visits WHERE id = $1 AND last_seen < $2", id, before); err != nil {
			return err
		}
	}
	return nil
}

type quota struct{ db *badger.DB }

var errSpent = errors.New("spent")

func (q *quota) left(key []byte) (uint64, error) {
	var n uint64
	err := q.db.View(func(txn *badger.Txn) error {
		item, err := txn.Get(key)
		if err != nil {
			return err
		}
		return item.Value(func(value []byte) error {
			n = binary.BigEndian.Uint64(value)
			return nil
		})
	})
	return n, err
}

func (q *quota) BadUse(key []byte) error {
	n, err := q.left(key)
	if err != nil {
		return err
	}
	if n == 0 {
		return errSpent
	}
	text := make([]byte, 8)
	binary.BigEndian.PutUint64(text, n-1)
	return q.db.Update(func(txn *badger.Txn) error {
		return txn.Set(key, text)
	})
}

func (q *quota) GoodUse(key []byte) error {
	return q.db.Update(func(txn *badger.Txn) error {
		item, err := txn.Get(key)
		if err != nil {
			return err
		}
		var n uint64
		if err := item.Value(func(value []byte) error {
			n = binary.BigEndian.Uint64(value)
			return nil
		}); err != nil {
			return err
		}
		if n == 0 {
			return errSpent
		}
		text := make([]byte, 8)
		binary.BigEndian.PutUint64(text, n-1)
		return txn.Set(key, text)
	})
}

type hits struct {
	mc    *memcache.Client
	limit uint64
}

// A counter that is not there is not counted up.
func (h *hits) BadHit(key string) (bool, error) {
	n, err := h.mc.Increment(key, 1)
	if err == memcache.ErrCacheMiss {
		if err := h.mc.Set(&memcache.Item{Key: key, Value: []byte("1"), Expiration: 60}); err != nil {
			return false, err
		}
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return n <= h.limit, nil
}

func (h *hits) GoodHit(key string) (bool, error) {
	n, err := h.mc.Increment(key, 1)
	if err == memcache.ErrCacheMiss {
		err = h.mc.Add(&memcache.Item{Key: key, Value: []byte("1"), Expiration: 60})
		if err == nil {
			return true, nil
		}
		if err == memcache.ErrNotStored {
			n, err = h.mc.Increment(key, 1)
		}
	}
	if err != nil {
		return false, err
	}
	return n <= h.limit, nil
}

type claims struct{ client *api.Client }

func (c *claims) BadClaim(name string, owner []byte) (bool, error) {
	kv := c.client.KV()
	pair, _, err := kv.Get("claims/"+name, nil)
	if err != nil {
		return false, err
	}
	if pair != nil {
		return false, nil
	}
	if _, err := kv.Put(&api.KVPair{Key: "claims/" + name, Value: owner}, nil); err != nil {
		return false, err
	}
	return true, nil
}

func (c *claims) GoodClaim(name string, owner []byte) (bool, error) {
	kv := c.client.KV()
	won, _, err := kv.CAS(&api.KVPair{Key: "claims/" + name, Value: owner}, nil)
	return won, err
}

type folder struct{ names map[string]int }

type folders struct {
	lock sync.RWMutex
	once sync.Once
	all  map[string]*folder
}

func (f *folders) entries() map[string]*folder {
	f.once.Do(func() {
		f.all = make(map[string]*folder)
		f.all["/"] = &folder{names: map[string]int{}}
	})
	return f.all
}

var errThere = errors.New("it exists")

// A helper that makes the map at its first use hands out that map.
func (f *folders) BadMake(name string) error {
	f.lock.RLock()
	_, ok := f.entries()[name]
	f.lock.RUnlock()
	if ok {
		return errThere
	}
	f.lock.Lock()
	f.entries()[name] = &folder{names: map[string]int{}}
	f.lock.Unlock()
	return nil
}

func (f *folders) GoodMake(name string) error {
	f.lock.Lock()
	defer f.lock.Unlock()
	if _, ok := f.entries()[name]; ok {
		return errThere
	}
	f.entries()[name] = &folder{names: map[string]int{}}
	return nil
}
