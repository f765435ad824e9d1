// Entries picked from a copy that a helper hands out, and removed by their keys.
package copies

import (
	"strings"
	"sync"
	"time"
)

type client struct {
	id      string
	expires int64
}

type clients struct {
	mu    sync.RWMutex
	known map[string]*client
}

func (c *clients) add(one *client) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known[one.id] = one
}

func (c *clients) remove(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.known, id)
}

func (c *clients) all() map[string]*client {
	c.mu.RLock()
	defer c.mu.RUnlock()
	copied := make(map[string]*client, len(c.known))
	for id, one := range c.known {
		copied[id] = one
	}
	return copied
}

func (c *clients) removeIfOld(id string, now int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if one, ok := c.known[id]; ok && one.expires < now {
		delete(c.known, id)
	}
}

type server struct {
	clients *clients
}

func (s *server) attach(one *client) {
	s.clients.add(one)
}

func (s *server) BadExpire(now int64) {
	for id, one := range s.clients.all() {
		if one.expires < now {
			s.clients.remove(id)
		}
	}
}

func (s *server) BadExpireNow() {
	for id, one := range s.clients.all() {
		if one.expires == 0 {
			continue
		}
		if one.expires < time.Now().Unix() {
			s.clients.remove(id)
		}
	}
}

func (s *server) GoodExpire(now int64) {
	for id, one := range s.clients.all() {
		if one.expires < now {
			s.clients.removeIfOld(id, now)
		}
	}
}

// The key alone decides, and it is what it was.
func (s *server) GoodForget(prefix string) {
	for id := range s.clients.all() {
		if strings.HasPrefix(id, prefix) {
			s.clients.remove(id)
		}
	}
}

func (c *clients) ids() []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var ids []string
	for id := range c.known {
		ids = append(ids, id)
	}
	return ids
}

func (s *server) GoodForgetListed(prefix string) {
	for _, id := range s.clients.ids() {
		if strings.HasPrefix(id, prefix) {
			s.clients.remove(id)
		}
	}
}
