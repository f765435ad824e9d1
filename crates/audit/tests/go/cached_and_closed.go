// Cached entries that somebody has to close: one that is forgotten instead goes on.
package cached

import (
	"context"
	"sync"
)

type monitored struct{ stop chan struct{} }

func (m *monitored) Info(ctx context.Context) (string, error) { return "", ctx.Err() }
func (m *monitored) Close() error                             { close(m.stop); return nil }

type Dialer struct {
	mu    sync.RWMutex
	cache map[string]*monitored
}

func (d *Dialer) look(name string) *monitored {
	d.mu.RLock()
	m, ok := d.cache[name]
	d.mu.RUnlock()
	if ok {
		return m
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if m, ok := d.cache[name]; ok {
		return m
	}
	m = &monitored{stop: make(chan struct{})}
	d.cache[name] = m
	return m
}

func (d *Dialer) removeCached(name string, m *monitored) {
	d.mu.Lock()
	defer d.mu.Unlock()
	m.Close()
	delete(d.cache, name)
}

func (d *Dialer) BadDial(ctx context.Context, name string) (string, error) {
	m := d.look(name)
	info, err := m.Info(ctx)
	if err != nil {
		d.removeCached(name, m)
		return "", err
	}
	return info, nil
}

func (d *Dialer) removeSame(name string, m *monitored) {
	d.mu.Lock()
	defer d.mu.Unlock()
	m.Close()
	if d.cache[name] == m {
		delete(d.cache, name)
	}
}

func (d *Dialer) GoodDial(ctx context.Context, name string) (string, error) {
	m := d.look(name)
	info, err := m.Info(ctx)
	if err != nil {
		d.removeSame(name, m)
		return "", err
	}
	return info, nil
}
