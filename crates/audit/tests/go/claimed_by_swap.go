// A claim by a swap whose answer nobody hears.
package lease

import (
	"errors"
	"sync"
	"sync/atomic"
)

var ErrTaken = errors.New("taken")

// Leases is shared by all workers.
type Leases struct {
	owner  atomic.Int64
	owners sync.Map
}

// BadAcquire makes id the owner; no error means that it is.
func (l *Leases) BadAcquire(id int64) error {
	if id == 0 {
		return ErrTaken
	}
	l.owner.CompareAndSwap(0, id)
	return nil
}

// Claim claims a key.
func (l *Leases) Claim(key string, who string) error {
	if _, ok := l.owners.Load(key); ok {
		return ErrTaken
	}
	l.owners.CompareAndSwap(key, nil, who)
	return nil
}
