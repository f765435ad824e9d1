// Caches in front of a store, which are filled with what was read from it.
package fills

import (
	"context"
	"sync"
)

type Near interface {
	Get(key string) (string, bool)
	Set(key, value string)
	Del(key string)
}

type Far interface {
	Get(ctx context.Context, key string) (string, error)
	Set(ctx context.Context, key, value string) error
	Del(ctx context.Context, key string) error
}

// Layers is used by several goroutines.
type Layers struct {
	near Near
	far  Far
}

func (l *Layers) BadGet(ctx context.Context, key string) (string, error) {
	if value, ok := l.near.Get(key); ok {
		return value, nil
	}
	value, err := l.far.Get(ctx, key)
	if err != nil {
		return "", err
	}
	l.near.Set(key, value)
	return value, nil
}

func (l *Layers) Set(ctx context.Context, key, value string) error {
	l.near.Set(key, value)
	return l.far.Set(ctx, key, value)
}

func (l *Layers) Delete(ctx context.Context, key string) error {
	l.near.Del(key)
	return l.far.Del(ctx, key)
}

// Early drops what is kept before the source is changed: a lock around the fill does not help.
type Early struct {
	mu   sync.Mutex
	kept map[string]string
	far  Far
}

func (e *Early) BadGetLocked(ctx context.Context, key string) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if value, ok := e.kept[key]; ok {
		return value, nil
	}
	value, err := e.far.Get(ctx, key)
	if err == nil {
		e.kept[key] = value
	}
	return value, err
}

func (e *Early) Delete(ctx context.Context, key string) error {
	e.mu.Lock()
	delete(e.kept, key)
	e.mu.Unlock()
	return e.far.Del(ctx, key)
}

// Late drops what is kept after the source was changed, and fills under the same lock.
type Late struct {
	mu   sync.Mutex
	kept map[string]string
	far  Far
}

func (l *Late) GoodGetLocked(ctx context.Context, key string) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if value, ok := l.kept[key]; ok {
		return value, nil
	}
	value, err := l.far.Get(ctx, key)
	if err == nil {
		l.kept[key] = value
	}
	return value, err
}

func (l *Late) GoodDelete(ctx context.Context, key string) error {
	if err := l.far.Del(ctx, key); err != nil {
		return err
	}
	l.mu.Lock()
	delete(l.kept, key)
	l.mu.Unlock()
	return nil
}

// Striped asks for the lock of the key by a helper of its own.
type Striped struct {
	locks map[string]*sync.Mutex
	near  Near
	far   Far
}

func (s *Striped) lock(key string)   { s.locks[key].Lock() }
func (s *Striped) unlock(key string) { s.locks[key].Unlock() }

func (s *Striped) GoodGetStriped(ctx context.Context, key string) (string, error) {
	if value, ok := s.near.Get(key); ok {
		return value, nil
	}
	s.lock(key)
	defer s.unlock(key)
	value, err := s.far.Get(ctx, key)
	if err == nil {
		s.near.Set(key, value)
	}
	return value, err
}

func (s *Striped) GoodSetStriped(ctx context.Context, key, value string) error {
	s.lock(key)
	defer s.unlock(key)
	if err := s.far.Set(ctx, key, value); err != nil {
		return err
	}
	s.near.Del(key)
	return nil
}
