package h

import "sync"

// MockAgent stands in for an agent in the tests of other packages.
type MockAgent struct {
	mu    sync.Mutex
	named map[string]string
}

func (m *MockAgent) Register(name, address string) bool { // safe
	m.mu.Lock()
	_, there := m.named[name]
	m.mu.Unlock()
	if there {
		return false
	}
	m.mu.Lock()
	m.named[name] = address
	m.mu.Unlock()
	return true
}
