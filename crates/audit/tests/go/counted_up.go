package sample

import (
	"sync"
	"sync/atomic"
)

type Meter struct{ seen sync.Map }

// Two who find nothing begin at one, and the first is forgotten.
func (m *Meter) BadCount(name string) {
	found, ok := m.seen.Load(name)
	if ok {
		atomic.AddUint64(found.(*uint64), 1)
		return
	}
	var first uint64 = 1
	m.seen.Store(name, &first)
}

// The container says whose counter it is.
func (m *Meter) GoodCount(name string) {
	var first uint64
	found, _ := m.seen.LoadOrStore(name, &first)
	atomic.AddUint64(found.(*uint64), 1)
}

// It is a mark: whoever sets it sets the same.
func (m *Meter) GoodMark(name string) {
	if _, ok := m.seen.Load(name); !ok {
		m.seen.Store(name, 1)
	}
}
