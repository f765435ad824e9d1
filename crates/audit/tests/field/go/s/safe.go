package s

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"golang.org/x/sync/singleflight"
)

type Store struct {
	sync.Mutex
	m     map[string]int
	group singleflight.Group
	once  sync.Once
	n     atomic.Int64
	req   chan func(map[string]int)
}

func (s *Store) Put(k string, v int) bool { // safe
	s.Lock()
	defer s.Unlock()
	if _, ok := s.m[k]; ok {
		return false
	}
	s.m[k] = v
	return true
}

func (s *Store) with(f func()) { // safe
	s.Lock()
	defer s.Unlock()
	f()
}

func (s *Store) Incr(k string) { // safe
	s.with(func() {
		if _, ok := s.m[k]; !ok {
			s.m[k] = 0
		}
		s.m[k]++
	})
}

func (s *Store) loop(ctx context.Context) { // safe
	m := map[string]int{}
	for {
		select {
		case f := <-s.req:
			f(m)
			if _, ok := m["x"]; !ok {
				m["x"] = 1
			}
		case <-ctx.Done():
			return
		}
	}
}

func (s *Store) Cap(max int64) bool { // safe
	for {
		n := s.n.Load()
		if n >= max {
			return false
		}
		if s.n.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func Count(words []string) map[string]int { // safe
	out := make(map[string]int)
	for _, w := range words {
		if _, ok := out[w]; !ok {
			out[w] = 0
		}
		out[w]++
	}
	return out
}

func Claim(p string) (bool, error) { // safe
	f, err := os.OpenFile(p, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, f.Close()
}

func Clean(dir string, age time.Duration) error { // safe
	es, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range es {
		p := filepath.Join(dir, e.Name())
		info, err := os.Stat(p)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if info.Size() == 0 {
			if err := os.Remove(p); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

func Elect(ctx context.Context, c *clientv3.Client, k, v string) (bool, error) { // safe
	r, err := c.Txn(ctx).If(clientv3.Compare(clientv3.CreateRevision(k), "=", 0)).Then(clientv3.OpPut(k, v)).Commit()
	if err != nil {
		return false, err
	}
	return r.Succeeded, nil
}

func Move(ctx context.Context, db *sql.DB, a, b, n int) error { // safe
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var have int
	if err := tx.QueryRowContext(ctx, "SELECT n FROM pots WHERE id = $1", a).Scan(&have); err != nil {
		return err
	}
	if have < n {
		return errors.New("too little")
	}
	if _, err := tx.ExecContext(ctx, "UPDATE pots SET n = $1 WHERE id = $2", have-n, a); err != nil {
		return err
	}
	return tx.Commit()
}

func Touch(db *sql.DB, name string) (int, error) { // safe
	if _, err := db.Exec("INSERT INTO tags (name) VALUES ($1) ON CONFLICT DO NOTHING", name); err != nil {
		return 0, err
	}
	var id int
	err := db.QueryRow("SELECT id FROM tags WHERE name = $1", name).Scan(&id)
	return id, err
}

func Save(db *sql.DB, id, version int, body string) (bool, error) { // safe
	var now int
	if err := db.QueryRow("SELECT version FROM docs WHERE id = $1", id).Scan(&now); err != nil {
		return false, err
	}
	if now != version {
		return false, nil
	}
	r, err := db.Exec("UPDATE docs SET body = $1, version = version + 1 WHERE id = $2 AND version = $3", body, id, version)
	if err != nil {
		return false, err
	}
	n, err := r.RowsAffected()
	return n == 1, err
}

var (
	single *Store
	doOnce sync.Once
	defMu  sync.RWMutex
	def    *Store
)

func Single() *Store { // safe
	doOnce.Do(func() {
		if single == nil {
			single = &Store{m: map[string]int{}}
		}
	})
	return single
}

func Default() *Store { // safe
	defMu.RLock()
	d := def
	defMu.RUnlock()
	if d != nil {
		return d
	}
	defMu.Lock()
	defer defMu.Unlock()
	if def == nil {
		def = &Store{m: map[string]int{}}
	}
	return def
}

func New(keys []string) *Store { // safe
	s := &Store{m: map[string]int{}}
	for _, k := range keys {
		if _, ok := s.m[k]; !ok {
			s.m[k] = 1
		}
	}
	return s
}

func helper(t *testing.T) { // safe
	p := filepath.Join(t.TempDir(), "x")
	if _, err := os.Stat(p); os.IsNotExist(err) {
		_ = os.WriteFile(p, nil, 0o600)
	}
}

func Ensure(p string) error { // safe
	if err := os.Mkdir(p, 0o755); err != nil && !os.IsExist(err) {
		return err
	}
	return nil
}

func (s *Store) Fill(k string, load func() int) int { // safe
	s.Lock()
	if v, ok := s.m[k]; ok {
		s.Unlock()
		return v
	}
	s.Unlock()
	v := load()
	s.Lock()
	defer s.Unlock()
	if old, ok := s.m[k]; ok {
		return old
	}
	s.m[k] = v
	return v
}
