// Helpers of another object that change what they are handed, under a lock of their own and that of the thing.
package heldforarguments

import "sync"

type node struct {
	lock    sync.Mutex
	buffer  int64
	credit  int64
	allowed int64
	m       *manager
}

type manager struct {
	lock  sync.Mutex
	total int64
}

// All who call it hold the lock of the node.
func (m *manager) settle(n *node, add int64) {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.total += add
	if n.buffer > m.total {
		n.buffer = m.total
	}
}

func (m *manager) processed(n *node, cost int64) {
	m.settle(n, cost)
}

func (n *node) Status() int64 {
	n.lock.Lock()
	defer n.lock.Unlock()
	n.m.settle(n, 0)
	return n.buffer
}

func (n *node) Processed(cost int64) {
	n.lock.Lock()
	defer n.lock.Unlock()
	n.m.processed(n, cost)
}

func (n *node) GoodCost(cost int64) {
	n.lock.Lock()
	defer n.lock.Unlock()
	n.buffer -= cost
}

// One of its callers holds nothing.
func (m *manager) grant(n *node, add int64) {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.total += add
	if n.credit > m.total {
		n.credit = m.total
	}
}

func (n *node) Credit() int64 {
	n.lock.Lock()
	defer n.lock.Unlock()
	n.m.grant(n, 0)
	return n.credit
}

func (n *node) Granted(cost int64) {
	n.m.grant(n, cost)
}

func (n *node) BadCredit(cost int64) {
	n.lock.Lock()
	defer n.lock.Unlock()
	n.credit -= cost
}

// The lock held around is that of another node than the one that is handed on.
func (m *manager) allow(n *node, add int64) {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.total += add
	if n.allowed > m.total {
		n.allowed = m.total
	}
}

func (n *node) Allow(other *node) {
	n.lock.Lock()
	defer n.lock.Unlock()
	n.m.allow(other, 0)
}

func (n *node) BadAllowed(cost int64) {
	n.lock.Lock()
	defer n.lock.Unlock()
	n.allowed -= cost
}
