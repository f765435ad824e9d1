// Stores known by what their interface asks for.
package contracts

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	"example.org/kv"
)

type KeeperStore interface {
	Get(ctx context.Context, key string) ([]byte, error)
	Set(ctx context.Context, key string, value []byte) error
	Delete(ctx context.Context, key string) error
}

type layer struct {
	keeper KeeperStore
	foreign *kv.Store
	mu     sync.Mutex
}

func (l *layer) BadTag(ctx context.Context, tag, key string) error {
	var keys []string
	if raw, err := l.keeper.Get(ctx, tag); err == nil {
		_ = json.Unmarshal(raw, &keys)
	}
	keys = append(keys, key)
	raw, err := json.Marshal(keys)
	if err != nil {
		return err
	}
	return l.keeper.Set(ctx, tag, raw)
}

func (l *layer) BadAdd(ctx context.Context, key string, value []byte) error {
	if _, err := l.keeper.Get(ctx, key); err == nil {
		return errors.New("taken")
	}
	return l.keeper.Set(ctx, key, value)
}

func (l *layer) MaybeForeign(key string, value []byte) error {
	if l.foreign.Has(key) {
		return errors.New("taken")
	}
	return l.foreign.Put(key, value)
}

func (l *layer) GoodOtherKey(ctx context.Context, key, other string, value []byte) error {
	if _, err := l.keeper.Get(ctx, key); err == nil {
		return errors.New("taken")
	}
	return l.keeper.Set(ctx, other, value)
}

type backend interface {
	load(id string) (int, bool)
	save(id string, n int)
}

type counter struct{ backing backend }

func (c counter) BadIncrement(id string) int {
	n, _ := c.backing.load(id)
	n++
	c.backing.save(id, n)
	return n
}

type headers interface {
	Get(key string) string
	Set(key, value string)
}

func GoodHeader(h headers) {
	if h.Get("Accept") == "" {
		h.Set("Accept", "*/*")
	}
}
