package sample

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/singleflight"
)

type Shelf struct {
	rdb   *redis.Client
	group singleflight.Group
}

func (s *Shelf) put(ctx context.Context, key string, made string) (string, error) {
	err := s.rdb.Set(ctx, key, made, time.Hour).Err()
	return made, err
}

// What one flight gives all who wait for it is what it stores: made once more by another process, it is
// the same.
func (s *Shelf) GoodOnce(ctx context.Context, key string, load func() (string, error)) (string, error) {
	v, err, _ := s.group.Do(key, func() (any, error) {
		found, err := s.rdb.Get(ctx, key).Result()
		if err == nil {
			return found, nil
		}
		made, err := load()
		if err != nil {
			return "", err
		}
		return s.put(ctx, key, made)
	})
	if err != nil {
		return "", err
	}
	return v.(string), nil
}

// Nobody is handed what is stored, and a claim that somebody else made is overwritten.
func (s *Shelf) BadClaim(ctx context.Context, key, who string) bool {
	n, err := s.rdb.Exists(ctx, key).Result()
	if err != nil || n > 0 {
		return false
	}
	_, err = s.put(ctx, key, who)
	return err == nil
}
