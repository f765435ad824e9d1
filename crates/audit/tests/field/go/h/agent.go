package h

import "sync"

// Agent is the real one.
type Agent struct {
	mu    sync.Mutex
	named map[string]string
}

func (m *Agent) Register(name, address string) bool { // race
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
