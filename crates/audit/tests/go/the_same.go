package sample

import "sync"

type flight struct{ id string }

func (f *flight) equal(other *flight) bool {
	return f != nil && other != nil && f.id == other.id
}

func (f *flight) wait() error { return nil }

type flights struct {
	mu  sync.Mutex
	all map[string]*flight
}

func (f *flights) find(key string) *flight {
	f.mu.Lock()
	defer f.mu.Unlock()
	found, ok := f.all[key]
	if !ok {
		found = &flight{id: newFlightID()}
		f.all[key] = found
	}
	return found
}

func newFlightID() string { return "" }

func (f *flights) forget(key string, old *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if old.equal(f.all[key]) {
		delete(f.all, key)
	}
}

// Nobody else's flight is forgotten.
func (f *flights) GoodLand(key string) error {
	found := f.find(key)
	if err := found.wait(); err != nil {
		f.forget(key, found)
		return err
	}
	return nil
}

func (f *flights) forgetAny(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.all, key)
}

// Another caller may have made a new one by now.
func (f *flights) BadLand(key string) error {
	found := f.find(key)
	if err := found.wait(); err != nil {
		f.forgetAny(key)
		return err
	}
	return nil
}
