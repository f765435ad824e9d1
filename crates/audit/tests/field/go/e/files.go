package e

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// Cache keeps blobs in a cache directory shared by processes.
type Cache struct {
	dir string
}

func (c *Cache) filename(id string) string { return filepath.Join(c.dir, id[:2], id) }

func (c *Cache) remove(id string) error { return os.Remove(c.filename(id)) }

func (c *Cache) Load(id string, want int64) (*os.File, error) { // maybe
	f, err := os.Open(c.filename(id))
	if err != nil {
		return nil, err
	}
	fi, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if fi.Size() < want {
		f.Close()
		_ = c.remove(id)
		return nil, errors.New("truncated")
	}
	return f, nil
}

func (c *Cache) list() (map[string]struct{}, error) {
	found := make(map[string]struct{})
	err := filepath.Walk(c.dir, func(name string, fi os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		if fi.IsDir() {
			return nil
		}
		found[filepath.Base(name)] = struct{}{}
		return nil
	})
	return found, err
}

func (c *Cache) Clear(valid map[string]bool) error { // race
	known, err := c.list()
	if err != nil {
		return err
	}
	for id := range known {
		if valid[id] {
			continue
		}
		if err = os.Remove(c.filename(id)); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cache) ClearKindly(valid map[string]bool) error { // safe
	known, err := c.list()
	if err != nil {
		return err
	}
	for id := range known {
		if valid[id] {
			continue
		}
		if err = os.Remove(c.filename(id)); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	return nil
}

func (c *Cache) Purge(age time.Duration) error { // race
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if time.Since(info.ModTime()) > age {
			if err := os.Remove(filepath.Join(c.dir, entry.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *Cache) Put(id string, body []byte) error { // race
	if _, err := os.Stat(c.filename(id)); err == nil {
		return nil
	}
	return os.WriteFile(c.filename(id), body, 0o644)
}

func (c *Cache) Save(name string, v any) error { // race
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	tmp := filepath.Join(c.dir, name+".tmp")
	if err := os.WriteFile(tmp, body, 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, filepath.Join(c.dir, name))
}

// Remote is a client of a grid.
type Remote interface {
	Get(ctx context.Context, key any) (any, error)
	SetWithTTL(ctx context.Context, key, value any, ttl time.Duration) error
	Remove(ctx context.Context, key any) (any, error)
}

type Tags struct {
	grid Remote
}

func (t *Tags) Put(ctx context.Context, key string, tags []string) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, tag := range tags {
		tag := tag
		group.Go(func() error {
			old, err := t.grid.Get(ctx, "tag_"+tag)
			if err != nil {
				return err
			}
			keys := strings.Split(old.(string), ",")
			keys = append(keys, key)
			return t.grid.SetWithTTL(ctx, "tag_"+tag, strings.Join(keys, ","), time.Minute)
		})
	}
	return group.Wait()
}

type Layers struct {
	mu   sync.Mutex
	refs map[string]*Layer
	reg  *Registry
}

type Layer struct{ id, parent string }

type Registry struct{}

func (r *Registry) Register(id string) (*Layer, error) { return &Layer{id: id}, nil }

func (l *Layers) get(key string) *Layer {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refs[key]
}

func (l *Layers) Ensure(ctx context.Context, key, parent string) (*Layer, error) { // race
	if known := l.get(key); known != nil {
		return known, nil
	}
	eg, gctx := errgroup.WithContext(ctx)
	if parent != "" {
		eg.Go(func() error {
			_, err := l.Ensure(gctx, parent, "")
			return err
		})
	}
	if err := eg.Wait(); err != nil {
		return nil, err
	}
	made, err := l.reg.Register(key)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	l.refs[key] = made
	l.mu.Unlock()
	return made, nil
}

type Queue struct {
	lock       sync.Mutex
	cond       sync.Cond
	closedLock sync.Mutex
	closed     bool
	queue      []string
}

func (q *Queue) Close() {
	q.closedLock.Lock()
	defer q.closedLock.Unlock()
	q.closed = true
	q.cond.Broadcast()
}

func (q *Queue) IsClosed() bool {
	q.closedLock.Lock()
	defer q.closedLock.Unlock()
	return q.closed
}

func (q *Queue) Pop() (string, bool) {
	q.lock.Lock()
	defer q.lock.Unlock()
	for len(q.queue) == 0 {
		if q.IsClosed() {
			return "", false
		}
		q.cond.Wait()
	}
	id := q.queue[0]
	q.queue = q.queue[1:]
	return id, true
}

type Mirror struct {
	mu    sync.Mutex
	items map[string]string
	push  func([]string)
}

func (m *Mirror) add(key, value string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.items[key] = value
}

func (m *Mirror) list() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []string
	for _, v := range m.items {
		all = append(all, v)
	}
	return all
}

func (m *Mirror) Add(key, value string) {
	m.add(key, value)
	m.push(m.list())
}
