package sample

import (
	"sync"
	"sync/atomic"

	"example.com/flow"
)

type Pipe interface {
	Send(text string) error
	Close() error
}

type plainPipe struct{ to string }

func (p *plainPipe) Send(string) error { return nil }
func (p *plainPipe) Close() error      { return nil }

func openPipe(to string) (Pipe, error) { return &plainPipe{to: to}, nil }

type health struct{ asked int32 }

func (h *health) ask() { atomic.AddInt32(&h.asked, 1) }

type label struct{ text string }

func (l *label) String() string { return l.text }

type Pipes struct {
	mu    sync.RWMutex
	open  map[string]Pipe
	rates map[string]*flow.Limiter
	state sync.Map
	names sync.Map
}

// Whoever comes second leaves a pipe behind that nobody closes.
func (p *Pipes) BadPipe(to string) (Pipe, error) {
	p.mu.RLock()
	pipe, ok := p.open[to]
	p.mu.RUnlock()
	if !ok {
		made, err := openPipe(to)
		if err != nil {
			return nil, err
		}
		pipe = made
		p.mu.Lock()
		p.open[to] = pipe
		p.mu.Unlock()
	}
	return pipe, nil
}

// What the first limiter let through is forgotten.
func (p *Pipes) BadAllowed(from string) bool {
	p.mu.RLock()
	limiter, ok := p.rates[from]
	p.mu.RUnlock()
	if !ok {
		limiter = flow.NewLimiter(10)
		p.mu.Lock()
		p.rates[from] = limiter
		p.mu.Unlock()
	}
	return limiter.Allow()
}

// Two count for themselves.
func (p *Pipes) BadHealth(of string) *health {
	if known, ok := p.state.Load(of); ok {
		return known.(*health)
	}
	made := &health{}
	p.state.Store(of, made)
	return made
}

// One label is as good as the other.
func (p *Pipes) MaybeLabel(of string) *label {
	if known, ok := p.names.Load(of); ok {
		return known.(*label)
	}
	made := &label{text: of}
	p.names.Store(of, made)
	return made
}

// Who comes second closes what it opened.
func (p *Pipes) GoodPipe(to string) (Pipe, error) {
	p.mu.RLock()
	pipe, ok := p.open[to]
	p.mu.RUnlock()
	if ok {
		return pipe, nil
	}
	made, err := openPipe(to)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if pipe, ok := p.open[to]; ok {
		made.Close()
		return pipe, nil
	}
	p.open[to] = made
	return made, nil
}

// The container decides who is first.
func (p *Pipes) GoodHealth(of string) *health {
	known, _ := p.state.LoadOrStore(of, &health{})
	return known.(*health)
}
