// Locks of receivers that are handed over as copies, and fields of structs that are embedded.
package receivers

import "sync"

type shard struct {
	sync.RWMutex
	items map[string]int
}

type shards []*shard

func (s shards) of(key string) *shard {
	return s[len(key)%len(s)]
}

// The shard is the same for all copies of the list.
func (s shards) GoodCount(key string) {
	found := s.of(key)
	found.Lock()
	found.items[key] = found.items[key] + 1
	found.Unlock()
}

func (s shards) BadCount(key string) {
	found := s.of(key)
	found.RLock()
	before := found.items[key]
	found.RUnlock()
	found.Lock()
	found.items[key] = before + 1
	found.Unlock()
}

type limits struct {
	mu     sync.Mutex
	active map[string]*slot
}

type slot struct {
	refs int
}

type ref struct {
	slot   *slot
	key    string
	limits *limits
}

// The copy points to the one lock.
func (r ref) GoodDrop() {
	r.limits.mu.Lock()
	defer r.limits.mu.Unlock()
	r.slot.refs--
	if r.slot.refs == 0 {
		delete(r.limits.active, r.key)
	}
}

type counters struct {
	mu   sync.Mutex
	seen map[string]int
}

// Each call locks a copy of its own.
func (c counters) BadAdd(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[key] = c.seen[key] + 1
}

type scope struct {
	mu     sync.Mutex
	memory int
}

type span struct {
	scope
}

func (s *span) Done() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.memory = 0
}

func (s *scope) GoodReserve(size int) {
	s.mu.Lock()
	s.memory += size
	s.mu.Unlock()
}

func (s *span) BadGrow() {
	s.mu.Lock()
	before := s.memory
	s.mu.Unlock()
	s.mu.Lock()
	s.memory = before * 2
	s.mu.Unlock()
}

func (s *span) GoodGrow() {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.memory
	s.memory = before * 2
}
