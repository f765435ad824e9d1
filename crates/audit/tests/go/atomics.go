// sync.Map, atomics, once.
package atomics

import (
	"sync"
	"sync/atomic"
)

type conn struct{}

func dial(string) *conn { return &conn{} }

type hub struct {
	conns sync.Map
	busy  atomic.Bool
	n     int64
	once  sync.Once
	first *conn
}

func (h *hub) MaybeLoadStore(k string) *conn {
	if c, ok := h.conns.Load(k); ok {
		return c.(*conn)
	}
	c := dial(k)
	h.conns.Store(k, c)
	return c
}

func (h *hub) GoodLoadOrStore(k string) *conn {
	if c, ok := h.conns.Load(k); ok {
		return c.(*conn)
	}
	c, _ := h.conns.LoadOrStore(k, dial(k))
	return c.(*conn)
}

func (h *hub) BadBusy() bool {
	if h.busy.Load() {
		return false
	}
	h.busy.Store(true)
	return true
}

func (h *hub) GoodBusy() bool { return h.busy.CompareAndSwap(false, true) }

func (h *hub) BadCount() int64 {
	n := atomic.LoadInt64(&h.n)
	atomic.StoreInt64(&h.n, n+1)
	return n + 1
}

func (h *hub) GoodCount() int64 { return atomic.AddInt64(&h.n, 1) }

func (h *hub) GoodOnce() *conn {
	h.once.Do(func() {
		if h.first == nil {
			h.first = dial("")
		}
	})
	return h.first
}

func (h *hub) GoodCas() {
	for {
		n := atomic.LoadInt64(&h.n)
		if atomic.CompareAndSwapInt64(&h.n, n, n*2) {
			return
		}
	}
}
