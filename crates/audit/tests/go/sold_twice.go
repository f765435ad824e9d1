// A seat that is sold by what was looked up first.
package quota

import "sync"

// Tickets is shared by all handlers.
type Tickets struct {
	mu   sync.RWMutex
	sold map[string]int
}

// BadSell sells the only ticket of a seat.
func (t *Tickets) BadSell(seat string) bool {
	t.mu.RLock()
	n := t.sold[seat]
	t.mu.RUnlock()
	if n == 1 {
		return false
	}
	t.mu.Lock()
	t.sold[seat] = t.sold[seat] + 1
	t.mu.Unlock()
	return true
}
