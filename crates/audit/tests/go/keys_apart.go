// Keys of a server that are written out, or begin with what is.
package keysapart

import (
	"context"

	"github.com/redis/go-redis/v9"
)

const (
	versionKey = "version"
	roomPrefix = "room:"
	lastKey    = "room:last"
)

type store struct{ rc *redis.Client }

func (s *store) forget(ctx context.Context, room string) {
	s.rc.Del(ctx, roomPrefix+room)
}

func (s *store) GoodStart(ctx context.Context, own string) {
	if v, err := s.rc.Get(ctx, versionKey).Result(); err == nil && v < own {
		s.rc.Set(ctx, versionKey, own, 0)
	}
}

func (s *store) BadLast(ctx context.Context, own string) {
	if v, err := s.rc.Get(ctx, lastKey).Result(); err == nil && v < own {
		s.rc.Set(ctx, lastKey, own, 0)
	}
}
