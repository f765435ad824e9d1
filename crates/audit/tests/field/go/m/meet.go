// Package m keeps what goroutines meet at, and what only looks like it.
package m

import (
	"errors"
	"sync"
	"sync/atomic"
)

var errTaken = errors.New("the name is in use")

type peer struct {
	in   chan int
	gone chan int
}

func (p *peer) run() {} // safe

type feed struct {
	mu    sync.Mutex
	names map[string]int
	total int
	in    chan string
}

func (f *feed) Rename(k string, n int) { // safe
	f.mu.Lock()
	defer f.mu.Unlock()
	f.names[k] = n
}

func (f *feed) read() { // safe
	for k := range f.in {
		f.note(k)
	}
}

func (f *feed) note(k string) { // safe
	n := f.names[k]
	f.names[k] = n + 1
}

func (f *feed) Note(k string) { // race
	n := f.names[k]
	f.names[k] = n + 1
}

// Hub has one peer for each name.
type Hub struct {
	mu    sync.Mutex
	peers map[string]*peer
}

func (h *Hub) join(id string, p *peer) error { // safe
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.peers[id]; ok {
		return errTaken
	}
	h.peers[id] = p
	return nil
}

func (h *Hub) leave(id string) { // safe
	h.mu.Lock()
	delete(h.peers, id)
	h.mu.Unlock()
}

func (h *Hub) Handle(id string, p *peer) { // safe
	if err := h.join(id, p); err != nil {
		return
	}
	defer h.leave(id)
	p.run()
}

// Loose has one peer for each name as well, and looks for it too early.
type Loose struct {
	mu    sync.Mutex
	peers map[string]*peer
}

func (l *Loose) has(id string) bool { // safe
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.peers[id]
	return ok
}

func (l *Loose) put(id string, p *peer) { // safe
	l.mu.Lock()
	l.peers[id] = p
	l.mu.Unlock()
}

func (l *Loose) Handle(id string, p *peer) error { // race
	if l.has(id) {
		return errTaken
	}
	l.put(id, p)
	p.run()
	return nil
}

type NonceStore interface {
	GetNonce(name string) int
	SetNonce(name string, n int)
}

type block struct{ all map[string]int }

func (b *block) GetNonce(name string) int    { return b.all[name] } // safe
func (b *block) SetNonce(name string, n int) { b.all[name] = n }    // safe

type draft struct{ all map[string]int }

func (d *draft) GetNonce(name string) int    { return d.all[name] } // safe
func (d *draft) SetNonce(name string, n int) { d.all[name] = n }    // safe

type round struct {
	mu    sync.Mutex
	state NonceStore
}

func (r *round) Raise(name string) { // safe
	r.state.SetNonce(name, r.state.GetNonce(name)+1)
}

type ScoreStore interface {
	GetScore(name string) int
	SetScore(name string, n int)
}

type board struct {
	mu  sync.Mutex
	all map[string]int
}

func (b *board) GetScore(name string) int { // safe
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all[name]
}

func (b *board) SetScore(name string, n int) { // safe
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all[name] = n
}

type paper struct {
	mu  sync.Mutex
	all map[string]int
}

func (p *paper) GetScore(name string) int { // safe
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all[name]
}

func (p *paper) SetScore(name string, n int) { // safe
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all[name] = n
}

type match struct {
	mu    sync.Mutex
	state ScoreStore
}

func (m *match) Hit(name string) { // race
	m.state.SetScore(name, m.state.GetScore(name)+1)
}

// Line copies until it is stopped.
type Line struct {
	stopped int32
	sent    int64
}

func (l *Line) end() { atomic.StoreInt32(&l.stopped, 1) } // safe

func (l *Line) Copy(err error) error { // safe
	defer l.end()
	if atomic.LoadInt32(&l.stopped) == 1 {
		return nil
	}
	return err
}

func (l *Line) Send(n int64) { // race
	sent := atomic.LoadInt64(&l.sent)
	atomic.StoreInt64(&l.sent, sent+n)
}

// News tells its readers, who are known by a number or by a name.
type News struct {
	mu     sync.Mutex
	next   int
	byID   map[int]*peer
	byName map[string]*peer
}

func (n *News) Follow(p *peer) { // safe
	n.mu.Lock()
	n.byID[n.next] = p
	n.next++
	n.mu.Unlock()
}

func (n *News) Name(k string, p *peer) { // safe
	n.mu.Lock()
	n.byName[k] = p
	n.mu.Unlock()
}

func (n *News) TellIDs() { // safe
	n.mu.Lock()
	if len(n.byID) == 0 {
		n.mu.Unlock()
		return
	}
	all := make(map[int]*peer)
	for k, p := range n.byID {
		all[k] = p
	}
	n.mu.Unlock()
	for k, p := range all {
		select {
		case p.in <- 1:
		case <-p.gone:
			n.mu.Lock()
			delete(n.byID, k)
			n.mu.Unlock()
		}
	}
}

func (n *News) TellNames() { // race
	n.mu.Lock()
	if len(n.byName) == 0 {
		n.mu.Unlock()
		return
	}
	all := make(map[string]*peer)
	for k, p := range n.byName {
		all[k] = p
	}
	n.mu.Unlock()
	for k, p := range all {
		select {
		case p.in <- 1:
		case <-p.gone:
			n.mu.Lock()
			delete(n.byName, k)
			n.mu.Unlock()
		}
	}
}
