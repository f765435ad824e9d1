package sample

import "sync"

type slots struct{ freed chan struct{} }

// Who is told of the events, in one loop over a channel, does one thing after the other.
type event struct {
	key  string
	gone bool
}

type tracker struct {
	lock sync.Mutex
	all  map[string]*slots
}

func (t *tracker) Run(events <-chan event) {
	for e := range events {
		t.GoodFollow(e.key)
	}
}

func (t *tracker) lookUp(key string) *slots {
	t.lock.Lock()
	defer t.lock.Unlock()
	return t.all[key]
}

func (t *tracker) GoodFollow(key string) *slots {
	known := t.lookUp(key)
	if known != nil {
		return known
	}
	made := &slots{freed: make(chan struct{})}
	t.lock.Lock()
	t.all[key] = made
	t.lock.Unlock()
	return made
}

// A row of workers does it at the same time.
type workers struct {
	lock sync.Mutex
	all  map[string]*slots
	jobs chan string
}

func (w *workers) Start(count int) {
	for i := 0; i < count; i++ {
		go w.work()
	}
}

func (w *workers) work() {
	for key := range w.jobs {
		w.BadFollow(key)
	}
}

func (w *workers) lookUp(key string) *slots {
	w.lock.Lock()
	defer w.lock.Unlock()
	return w.all[key]
}

func (w *workers) BadFollow(key string) *slots {
	known := w.lookUp(key)
	if known != nil {
		return known
	}
	made := &slots{freed: make(chan struct{})}
	w.lock.Lock()
	w.all[key] = made
	w.lock.Unlock()
	return made
}
