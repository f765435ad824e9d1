// How much there is against how much there may be, looked at in one section and filled in another.
package limits

import (
	"errors"
	"sync"
	"sync/atomic"
)

var errFull = errors.New("full")

type job struct{ cost int }

type board struct {
	mu      sync.RWMutex
	jobs    map[string]*job
	queue   []*job
	used    int
	maxJobs int
	quota   int
	clients atomic.Int64
}

func (b *board) size() int {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return len(b.jobs)
}

func (b *board) BadPut(k string, j *job) error {
	if b.size() >= b.maxJobs {
		return errFull
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.jobs[k] = j
	return nil
}

func (b *board) GoodPut(k string, j *job) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.jobs) >= b.maxJobs {
		return errFull
	}
	b.jobs[k] = j
	return nil
}

func (b *board) GoodPutAgain(k string, j *job) error {
	if b.size() >= b.maxJobs {
		return errFull
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.jobs) >= b.maxJobs {
		return errFull
	}
	b.jobs[k] = j
	return nil
}

func (b *board) BadReserve(n int) bool {
	b.mu.RLock()
	used := b.used
	b.mu.RUnlock()
	if used+n > b.quota {
		return false
	}
	b.mu.Lock()
	b.used += n
	b.mu.Unlock()
	return true
}

func (b *board) GoodReserve(n int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.used+n > b.quota {
		return false
	}
	b.used += n
	return true
}

func (b *board) GoodGiveBack(n int) {
	b.mu.Lock()
	b.used -= n
	b.mu.Unlock()
}

func (b *board) BadJoin(limit int64) bool {
	if b.clients.Load() >= limit {
		return false
	}
	b.clients.Add(1)
	return true
}

func (b *board) GoodJoin(limit int64) bool {
	if b.clients.Add(1) > limit {
		b.clients.Add(-1)
		return false
	}
	return true
}

func (b *board) GoodJoinSwap(limit int64) bool {
	for {
		n := b.clients.Load()
		if n >= limit {
			return false
		}
		if b.clients.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (b *board) length() int {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return len(b.queue)
}

func (b *board) BadPush(j *job) bool {
	if b.length() >= b.maxJobs {
		return false
	}
	b.mu.Lock()
	b.queue = append(b.queue, j)
	b.mu.Unlock()
	return true
}

// Nobody is turned away: how long it is is only told.
func (b *board) GoodTell(j *job) int {
	n := b.length()
	b.mu.Lock()
	b.queue = append(b.queue, j)
	b.mu.Unlock()
	return n
}
