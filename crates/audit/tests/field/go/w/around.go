package w

import (
	"errors"
	"slices"
	"sync"

	"example.com/utils"
)

// The lock of an embedded struct is one lock, whoever takes it.
type gatherers struct {
	lock  sync.RWMutex
	names []string
	all   utils.Gatherers
}

func (g *gatherers) register(name string, of any) { // safe
	g.names = append(g.names, name)
	g.all = append(g.all, of)
}

func (g *gatherers) Deregister(name string, of any) bool { // safe
	g.lock.Lock()
	defer g.lock.Unlock()
	at := slices.Index(g.names, name)
	if at == -1 {
		return false
	}
	g.names = utils.DeleteIndex(g.names, at)
	g.all = utils.DeleteIndex(g.all, at)
	return true
}

type labels struct {
	gatherers
	label string
}

func (g *labels) Add(name string, of any) { // safe
	g.lock.Lock()
	defer g.lock.Unlock()
	g.register(g.label+name, of)
}

type prefixed struct {
	gatherers
}

func (g *prefixed) AddPrefixed(name string, of any) { // safe
	g.lock.Lock()
	defer g.lock.Unlock()
	g.register(name, of)
}

// `f.w.Lock()` is `w.Lock()`.
type file struct {
	sync.Mutex
	w    *writer
	refs int
	id   int
}

type writer struct {
	sync.Mutex
	files map[int]*file
}

func (f *file) chunk(n int) { // safe
	if n == 1 {
		f.w.Lock()
		f.refs++
		f.w.Unlock()
	}
}

func (w *writer) free(f *file) { // safe
	w.Lock()
	defer w.Unlock()
	f.refs--
	if f.refs == 0 {
		delete(w.files, f.id)
	}
}

// A helper that fails has given the lock back.
type endpoint struct {
	mutex   sync.RWMutex
	build   sync.Mutex
	gone    bool
	signals map[*signal]bool
	owner   *signal
}

type signal struct {
	ch   chan struct{}
	want int
}

func (e *endpoint) lockAlive() error {
	e.mutex.Lock()
	if e.gone {
		e.mutex.Unlock()
		return errors.New("gone")
	}
	return nil
}

func (e *endpoint) unlock() {
	e.mutex.Unlock()
}

func (e *endpoint) signal(revision int) { // safe
	for s := range e.signals {
		if revision >= s.want {
			close(s.ch)
			delete(e.signals, s)
		}
	}
}

func (e *endpoint) SetRevision(revision int) { // safe
	e.build.Lock()
	defer e.build.Unlock()
	if err := e.lockAlive(); err != nil {
		return
	}
	e.signal(revision)
	e.unlock()
}

func (e *endpoint) Wait(revision int) *signal { // safe
	e.mutex.Lock()
	defer e.unlock()
	s := &signal{ch: make(chan struct{}), want: revision}
	if e.signals == nil {
		e.signals = map[*signal]bool{}
	}
	e.signals[s] = true
	return s
}

func (e *endpoint) Claim(s *signal) (bool, error) { // race
	if err := e.lockAlive(); err != nil {
		return false, err
	}
	free := e.owner == nil
	e.unlock()
	if !free {
		return false, nil
	}
	if err := e.lockAlive(); err != nil {
		return false, err
	}
	e.owner = s
	e.unlock()
	return true, nil
}
