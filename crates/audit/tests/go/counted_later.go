// What a caller weighs in one call of a counter, and counts in a later one.
package counted

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

var errMany = errors.New("too many")

type counts struct {
	mu sync.Mutex
	of map[string]int
}

func (c *counts) get(k string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.of[k]
}

func (c *counts) up(k string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.of[k]++
}

func (c *counts) upTo(k string, most int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of[k] >= most {
		return false
	}
	c.of[k]++
	return true
}

// Limiter lets so many pass.
type Limiter struct {
	counts *counts
	most   int
}

func (l *Limiter) BadAllow(k string) bool {
	if l.counts.get(k) >= l.most {
		return false
	}
	l.counts.up(k)
	return true
}

func (l *Limiter) BadHandler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if l.counts.get(r.RemoteAddr) >= l.most {
			http.Error(w, "too many", http.StatusTooManyRequests)
			return
		}
		l.counts.up(r.RemoteAddr)
		next.ServeHTTP(w, r)
	})
}

func (l *Limiter) GoodAllow(k string) bool {
	return l.counts.upTo(k, l.most)
}

// Counter is kept by whoever has it.
type Counter interface {
	Get(key string, window time.Time) (int, error)
	Increment(key string, window time.Time) error
}

// Windows counts by windows of time.
type Windows struct {
	counter Counter
	most    int
}

func (l *Windows) MaybeAllow(k string, now time.Time) error {
	n, err := l.counter.Get(k, now)
	if err != nil {
		return err
	}
	if n >= l.most {
		return errMany
	}
	return l.counter.Increment(k, now)
}

// What is counted is not weighed.
func (l *Windows) GoodCount(k string, now time.Time) error {
	return l.counter.Increment(k, now)
}

// Servers counts on a server.
type Servers struct {
	client *redis.Client
	most   int
}

func (s *Servers) BadPipeline(ctx context.Context, k string) bool {
	n, err := s.client.Get(ctx, k).Int()
	if err != nil {
		return false
	}
	if n >= s.most {
		return false
	}
	pipe := s.client.Pipeline()
	pipe.Incr(ctx, k)
	pipe.Expire(ctx, k, time.Minute)
	_, err = pipe.Exec(ctx)
	return err == nil
}

func (s *Servers) BadPipelined(ctx context.Context, k string) bool {
	n, err := s.client.Get(ctx, k).Int()
	if err != nil {
		return false
	}
	if n >= s.most {
		return false
	}
	_, err = s.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		pipe.Incr(ctx, k)
		pipe.Expire(ctx, k, time.Minute)
		return nil
	})
	return err == nil
}

// The server says how many there are by now.
func (s *Servers) GoodPipeline(ctx context.Context, k string) bool {
	pipe := s.client.Pipeline()
	n := pipe.Incr(ctx, k)
	pipe.Expire(ctx, k, time.Minute)
	if _, err := pipe.Exec(ctx); err != nil {
		return false
	}
	return int(n.Val()) <= s.most
}
