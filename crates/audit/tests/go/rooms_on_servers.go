// How many a server of Redis holds under a key, against how many it may.
package windows

import (
	"context"

	"github.com/redis/go-redis/v9"
)

type window struct {
	rdb   *redis.Client
	limit int64
}

func (w *window) BadCount(ctx context.Context, key string) (bool, error) {
	hits, err := w.rdb.ZCard(ctx, key).Result()
	if err != nil {
		return false, err
	}
	if hits >= w.limit {
		return false, nil
	}
	return true, w.rdb.ZAdd(ctx, key, redis.Z{Score: 1, Member: "x"}).Err()
}

func (w *window) BadPipeline(ctx context.Context, key string) (bool, error) {
	pipe := w.rdb.Pipeline()
	pipe.ZRemRangeByScore(ctx, key, "0", "1")
	card := pipe.ZCard(ctx, key)
	if _, err := pipe.Exec(ctx); err != nil {
		return false, err
	}
	if card.Val() >= w.limit {
		return false, nil
	}
	w.rdb.ZAdd(ctx, key, redis.Z{Score: 1, Member: "x"})
	return true, nil
}

func (w *window) BadQueue(ctx context.Context, key, job string) bool {
	if w.rdb.LLen(ctx, key).Val() < w.limit {
		w.rdb.RPush(ctx, key, job)
		return true
	}
	return false
}

func (w *window) GoodAddThenCount(ctx context.Context, key string) (bool, error) {
	pipe := w.rdb.Pipeline()
	pipe.ZAdd(ctx, key, redis.Z{Score: 1, Member: "x"})
	card := pipe.ZCard(ctx, key)
	if _, err := pipe.Exec(ctx); err != nil {
		return false, err
	}
	return card.Val() <= w.limit, nil
}

func (w *window) GoodLength(ctx context.Context, key string) int64 {
	return w.rdb.LLen(ctx, key).Val()
}
