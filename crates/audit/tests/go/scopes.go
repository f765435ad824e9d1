// Names that a block declares are not those around it; what was counted before a wait is not what is
// counted after it.
package scopes

import (
	"sync"
	"sync/atomic"
)

type address struct{ ip string }

type names struct {
	mu    sync.Mutex
	cache map[string]address
}

func (n *names) look(host string) (string, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if found, ok := n.cache[host]; ok {
		return found.ip, true
	}
	return "", false
}

func (n *names) put(host, ip string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cache[host] = address{ip: ip}
}

func ask(host string) []string { return nil }

func (n *names) GoodShadow(host string) (ip string, err error) {
	if ip, ok := n.look(host); ok {
		return ip, nil
	}
	for _, found := range ask(host) {
		ip = found
	}
	n.put(host, ip)
	return ip, nil
}

func (n *names) BadJoin(host string) string {
	ip, _ := n.look(host)
	for _, found := range ask(host) {
		ip += found
	}
	n.put(host, ip)
	return ip
}

type gate struct {
	mu      sync.Mutex
	cond    *sync.Cond
	waiters int
	open    bool
}

func (g *gate) GoodWait() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.open {
		g.waiters++
		g.cond.Wait()
		g.waiters--
	}
}

func (g *gate) Open() {
	g.mu.Lock()
	g.open = true
	g.mu.Unlock()
	g.cond.Broadcast()
}

func (g *gate) BadWait() {
	g.mu.Lock()
	before := g.waiters
	g.mu.Unlock()
	g.mu.Lock()
	g.waiters = before + 1
	g.mu.Unlock()
}

const (
	pending int32 = iota
	setting
	ready
)

type answer struct {
	state int32
	last  atomic.Pointer[address]
}

func (a *answer) GoodSet() {
	if !atomic.CompareAndSwapInt32(&a.state, pending, setting) {
		panic("twice")
	}
	atomic.CompareAndSwapInt32(&a.state, setting, ready)
}

func (a *answer) GoodForget(old *address) {
	tell(old)
	a.last.CompareAndSwap(old, nil)
}

func (a *answer) BadReplace(old, fresh *address) {
	a.last.CompareAndSwap(a.last.Load(), fresh)
}

func tell(*address) {}

type shards struct {
	mu    sync.RWMutex
	known map[int]*shard
}

type shard struct{ valid atomic.Bool }

func (s *shards) ids() []int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var ids []int
	for id := range s.known {
		ids = append(ids, id)
	}
	return ids
}

func (s *shards) shard(id int) *shard {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found, ok := s.known[id]; ok {
		if found.valid.Load() {
			return found
		}
		delete(s.known, id)
	}
	made := &shard{}
	s.known[id] = made
	return made
}

func (s *shards) GoodEach() []*shard {
	var all []*shard
	for _, id := range s.ids() {
		all = append(all, s.shard(id))
	}
	return all
}
