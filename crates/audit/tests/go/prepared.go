package prepared

import (
	"database/sql"
	"fmt"
	"sync"
	"time"
)

// A target keeps the statements that it carries out later.
type target struct {
	db     *sql.DB
	table  string
	upsert *sql.Stmt
	remove *sql.Stmt
}

func (t *target) GoodKept() error {
	_, err := t.db.Exec(fmt.Sprintf("SELECT 1 FROM %s", t.table))
	if err != nil {
		return err
	}
	if t.upsert, err = t.db.Prepare(fmt.Sprintf("INSERT INTO %s (name, value) VALUES (?, ?) ON DUPLICATE KEY UPDATE value=VALUES(value)", t.table)); err != nil {
		return err
	}
	if t.remove, err = t.db.Prepare(fmt.Sprintf("DELETE FROM %s WHERE name = ?", t.table)); err != nil {
		return err
	}
	return nil
}

// A look-up that is asked again when it is old.
type lookup struct {
	fresh time.Time
	hosts []string
}

func (l lookup) isFresh() bool {
	return time.Since(l.fresh) < time.Minute
}

// A cache of look-ups that makes room for a new one by dropping any.
var (
	lookups   = map[string]lookup{}
	lookupsMu sync.RWMutex
)

type resolver struct {
	find func(name string) ([]string, error)
}

func (r resolver) GoodRoom(name string) ([]string, error) {
	lookupsMu.RLock()
	cached := lookups[name]
	lookupsMu.RUnlock()
	if cached.isFresh() {
		return cached.hosts, nil
	}
	lookupsMu.Lock()
	defer lookupsMu.Unlock()
	cached = lookups[name]
	if cached.isFresh() {
		return cached.hosts, nil
	}
	hosts, err := r.find(name)
	if err != nil {
		return nil, err
	}
	if cached.fresh.IsZero() && len(lookups) >= 100 {
		for any := range lookups {
			delete(lookups, any)
			break
		}
	}
	lookups[name] = lookup{fresh: time.Now(), hosts: hosts}
	return hosts, nil
}

type starts struct {
	mu   sync.RWMutex
	busy map[string]bool
}

// Two callers are told that each of them begins.
func (l *starts) BadBegin(name string) bool {
	l.mu.RLock()
	busy := l.busy[name]
	l.mu.RUnlock()
	if busy {
		return false
	}
	l.mu.Lock()
	l.busy[name] = true
	l.mu.Unlock()
	return true
}

func (l *starts) end(name string) {
	l.mu.Lock()
	delete(l.busy, name)
	l.mu.Unlock()
}

// A keyLocker has a lock for each key.
type keyLocker struct {
	locks sync.Map
}

func (l *keyLocker) Lock(key string) {
	made, _ := l.locks.LoadOrStore(key, &sync.Mutex{})
	made.(*sync.Mutex).Lock()
}

func (l *keyLocker) Unlock(key string) {
	made, _ := l.locks.Load(key)
	made.(*sync.Mutex).Unlock()
}

// Buckets are opened once, however many ask for them.
type buckets struct {
	locks keyLocker
	mu    sync.RWMutex
	open  map[string]*sql.DB
}

func (b *buckets) find(name string) *sql.DB {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.open[name]
}

func (b *buckets) keep(name string, db *sql.DB) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open[name] = db
}

func (b *buckets) GoodOpen(name string) error {
	b.locks.Lock(name)
	defer b.locks.Unlock(name)
	if b.find(name) != nil {
		return fmt.Errorf("%s is open", name)
	}
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return err
	}
	b.keep(name, db)
	return nil
}

// The same without a lock for each of them.
type shelves struct {
	mu   sync.RWMutex
	open map[string]*sql.DB
}

func (s *shelves) BadOpen(name string) error {
	s.mu.RLock()
	known := s.open[name]
	s.mu.RUnlock()
	if known != nil {
		return fmt.Errorf("%s is open", name)
	}
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[name] = db
	return nil
}
