// Fields that a getter reads under the lock and a setter writes under it, with a decision in between.
package getters

import "sync"

type conn struct{ name string }

func dial(name string) *conn { return &conn{name: name} }

type meter struct {
	mu      sync.RWMutex
	total   int
	running bool
	current *conn
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

func (m *meter) Total() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.total
}

func (m *meter) SetTotal(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.total = n
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

func (m *meter) Current() *conn {
	var now *conn
	m.reading(func() { now = m.current })
	return now
}

func (m *meter) SetCurrent(c *conn) {
	m.writing(func() { m.current = c })
}

func (m *meter) Count(name string) int {
	var n int
	m.reading(func() { n = m.counts[name] })
	return n
}

func (m *meter) SetCount(name string, n int) {
	m.writing(func() { m.counts[name] = n })
}

func (m *meter) BadDraw() int {
	n := m.Total() + 1
	m.SetTotal(n)
	return n
}

func (m *meter) BadLaunch() bool {
	if m.Running() {
		return false
	}
	m.SetRunning(true)
	go m.loop()
	return true
}

func (m *meter) MaybeConnect(name string) *conn {
	if c := m.Current(); c != nil {
		return c
	}
	c := dial(name)
	m.SetCurrent(c)
	return c
}

func (m *meter) BadVisit(name string) int {
	n := m.Count(name)
	m.SetCount(name, n+1)
	return n
}

func (m *meter) GoodTell() (int, bool) { return m.Total(), m.Running() }

func (m *meter) GoodReset() { m.SetTotal(0) }

func (m *meter) GoodDraw() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.total++
	return m.total
}

func (m *meter) GoodOther(name, other string) int {
	n := m.Count(name)
	m.SetCount(other, n)
	return n
}
