// Fields that a getter reads under the lock and a setter writes under it, with a decision in between.
package getters

import "sync"

type meter struct {
	mu      sync.RWMutex
	running bool
	counts  map[string]int
}

func (m *meter) loop() {}

func (m *meter) reading(f func()) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	f()
}

func (m *meter) writing(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
}

func (m *meter) Running() bool {
	m.mu.RLock()
	running := m.running
	m.mu.RUnlock()
	return running
}

func (m *meter) SetRunning(running bool) {
	m.mu.Lock()
	m.running = running
	m.mu.Unlock()
}

func (m *meter) Count(name string) int {
	var n int
	m.reading(func() { n = m.counts[name] })
	return n
}

func (m *meter) SetCount(name string, n int) {
	m.writing(func() { m.counts[name] = n })
}

func (m *meter) BadLaunch() bool {
	if m.Running() {
		return false
	}
	m.SetRunning(true)
	go m.loop()
	return true
}

func (m *meter) BadVisit(name string) int {
	n := m.Count(name)
	m.SetCount(name, n+1)
	return n
}

func (m *meter) GoodTell(name string) (int, bool) { return m.Count(name), m.Running() }

func (m *meter) GoodOther(name, other string) int {
	n := m.Count(name)
	m.SetCount(other, n)
	return n
}
