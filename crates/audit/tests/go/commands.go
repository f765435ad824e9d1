// Commands of Redis that a client of one's own is given as a text.
package commands

import (
	"context"

	"example.com/framework/gredis"
)

// Adapter is a cache on a Redis server.
type Adapter struct {
	redis *gredis.Client
}

func (a *Adapter) BadUpdate(ctx context.Context, k, v string) (bool, error) {
	old, err := a.redis.Do(ctx, "GET", k)
	if err != nil {
		return false, err
	}
	if old == nil {
		return false, nil
	}
	_, err = a.redis.Do(ctx, "SET", k, v)
	return true, err
}

func (a *Adapter) BadMark(ctx context.Context, k string) (bool, error) {
	n, err := a.redis.DoVar("EXISTS", k)
	if err != nil {
		return false, err
	}
	if n.Int() == 1 {
		return false, nil
	}
	_, err = a.redis.DoVar("SET", k, "1")
	return true, err
}

// The server decides.
func (a *Adapter) GoodMark(ctx context.Context, k string) (bool, error) {
	n, err := a.redis.Do(ctx, "SETNX", k, "1")
	if err != nil {
		return false, err
	}
	return n.Int() == 1, nil
}

// A request of another protocol is called like a command.
func (a *Adapter) GoodRequest(ctx context.Context, k string) error {
	if _, err := a.redis.Fetch(ctx, "GET", k); err != nil {
		return err
	}
	_, err := a.redis.Fetch(ctx, "SET", k)
	return err
}
