// What is decoded into an object is what was read; keys that an item carries or is asked for.
package decoded

import (
	"container/list"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/bradfitz/gomemcache/memcache"
	"github.com/go-redis/redis"
)

type files struct{ cacheDir string }

type content struct {
	Until int64
	Data  string
}

func (f *files) name(key string) string { return filepath.Join(f.cacheDir, key) }

func (f *files) drop(key string) error { return os.Remove(f.name(key)) }

func (f *files) BadFetch(key string) (*content, error) {
	text, err := os.ReadFile(f.name(key))
	if err != nil {
		return nil, err
	}
	c := &content{}
	if err := json.Unmarshal(text, c); err != nil {
		return nil, err
	}
	if c.Until <= time.Now().Unix() {
		_ = f.drop(key)
		return nil, errors.New("expired")
	}
	return c, nil
}

func (f *files) GoodFetch(key string) (*content, error) {
	text, err := os.ReadFile(f.name(key))
	if err != nil {
		return nil, err
	}
	c := &content{}
	if err := json.Unmarshal(text, c); err != nil {
		return nil, err
	}
	if c.Until <= time.Now().Unix() {
		return nil, errors.New("expired")
	}
	return c, nil
}

type leases struct {
	early  *redis.Client
	client *memcache.Client
	db     *sql.DB
	table  string
}

func (s *leases) BadTake(key string, ttl time.Duration) (bool, error) {
	taken, err := s.early.SetNX(key, 1, 0).Result()
	if err != nil || !taken {
		return false, err
	}
	return true, s.early.Expire(key, ttl).Err()
}

func (s *leases) GoodTake(key string, ttl time.Duration) (bool, error) {
	return s.early.SetNX(key, 1, ttl).Result()
}

type meta struct{ Triggered bool }

func (s *leases) meta(id string) (*meta, error) {
	item, err := s.client.Get(id)
	if err != nil {
		return nil, err
	}
	m := new(meta)
	if err := json.Unmarshal(item.Value, m); err != nil {
		return nil, err
	}
	return m, nil
}

func (s *leases) BadTrigger(id string) (bool, error) {
	m, err := s.meta(id)
	if err != nil {
		return false, err
	}
	if m.Triggered {
		return false, nil
	}
	m.Triggered = true
	text, err := json.Marshal(&m)
	if err != nil {
		return false, err
	}
	if err := s.client.Replace(&memcache.Item{Key: id, Value: text}); err != nil {
		return false, err
	}
	return true, nil
}

func (s *leases) BadAppend(id string, more []byte) error {
	item, err := s.client.Get(id)
	if err != nil {
		return err
	}
	item.Value = append(item.Value, more...)
	return s.client.Set(item)
}

func (s *leases) GoodAppend(id string, more []byte) error {
	item, err := s.client.Get(id)
	if err != nil {
		return err
	}
	item.Value = append(item.Value, more...)
	return s.client.CompareAndSwap(item)
}

func (s *leases) remove(key string) error {
	drop, err := s.db.Prepare(fmt.Sprintf(`DELETE FROM %s WHERE key = ?`, s.table))
	if err != nil {
		return err
	}
	_, err = drop.Exec(key)
	return err
}

func (s *leases) BadRow(key string) (string, error) {
	find, err := s.db.Prepare(fmt.Sprintf(`SELECT value, until FROM %s WHERE key = ?`, s.table))
	if err != nil {
		return "", err
	}
	var value string
	var until int64
	if err := find.QueryRow(key).Scan(&value, &until); err != nil {
		return "", err
	}
	if until <= time.Now().Unix() {
		_ = s.remove(key)
		return "", errors.New("expired")
	}
	return value, nil
}

type session struct {
	lock  sync.Mutex
	value map[string]string
}

type sessions struct {
	lock sync.RWMutex
	all  map[string]*list.Element
	list *list.List
}

func (s *sessions) BadRead(id string) *session {
	s.lock.RLock()
	if e, ok := s.all[id]; ok {
		s.lock.RUnlock()
		return e.Value.(*session)
	}
	s.lock.RUnlock()
	s.lock.Lock()
	fresh := &session{value: make(map[string]string)}
	e := s.list.PushFront(fresh)
	s.all[id] = e
	s.lock.Unlock()
	return fresh
}

func (s *sessions) GoodRead(id string) *session {
	s.lock.Lock()
	defer s.lock.Unlock()
	if e, ok := s.all[id]; ok {
		return e.Value.(*session)
	}
	fresh := &session{value: make(map[string]string)}
	s.all[id] = s.list.PushFront(fresh)
	return fresh
}
