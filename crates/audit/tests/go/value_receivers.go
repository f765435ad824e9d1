// Methods on values: what they copy, and what is one for all.
package copied

import "sync"

type Shard struct {
	items map[string]interface{}
	sync.RWMutex
}

type Shards []*Shard

func (m Shards) shard(key string) *Shard { return m[len(key)%len(m)] }

func (m Shards) Set(key string, value interface{}) {
	shard := m.shard(key)
	shard.Lock()
	shard.items[key] = value
	shard.Unlock()
}

// The lock is the shard's, and not part of the slice that is copied.
func (m Shards) GoodUpsert(key string, merge func(old interface{}) interface{}) {
	shard := m.shard(key)
	shard.Lock()
	defer shard.Unlock()
	old := shard.items[key]
	shard.items[key] = merge(old)
}

func (m Shards) BadUpsert(key string, merge func(old interface{}) interface{}) {
	shard := m.shard(key)
	shard.RLock()
	old := shard.items[key]
	shard.RUnlock()
	shard.Lock()
	shard.items[key] = merge(old)
	shard.Unlock()
}

type Table struct {
	mu   sync.Mutex
	rows map[string]int
}

func (t *Table) Put(key string, n int) {
	t.mu.Lock()
	t.rows[key] = n
	t.mu.Unlock()
}

// Each caller locks a mutex of its own.
func (t Table) BadAdd(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.rows[key]
	t.rows[key] = n + 1
}

func (t *Table) GoodAdd(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.rows[key]
	t.rows[key] = n + 1
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
