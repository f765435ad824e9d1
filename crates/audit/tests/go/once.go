// What is to be done once, by functions that answer nothing.
package once

import "sync"

type engine struct {
	mu      sync.Mutex
	started bool
	subs    map[string]chan int
	table   map[string]int
}

func (e *engine) loop() {}

func (e *engine) BadStart() {
	e.mu.Lock()
	if e.started {
		e.mu.Unlock()
		return
	}
	e.mu.Unlock()
	go e.loop()
	e.mu.Lock()
	e.started = true
	e.mu.Unlock()
}

func (e *engine) GoodStart() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.started {
		return
	}
	go e.loop()
	e.started = true
}

func (e *engine) MaybeFill() {
	if e.started {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.table = make(map[string]int)
	e.started = true
}

func (e *engine) BadHangUp(id string) {
	e.mu.Lock()
	ch, ok := e.subs[id]
	e.mu.Unlock()
	if ok {
		close(ch)
		e.mu.Lock()
		delete(e.subs, id)
		e.mu.Unlock()
	}
}

func (e *engine) GoodHangUp(id string) {
	e.mu.Lock()
	ch, ok := e.subs[id]
	delete(e.subs, id)
	e.mu.Unlock()
	if ok {
		close(ch)
	}
}
