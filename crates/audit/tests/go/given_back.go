package sample

import "sync"

type line struct{ text string }

type Ledger struct {
	mu    sync.Mutex
	lines map[string]*line
	told  []func(*line)
}

// The lock that the callers hold is given back for those who are told.
func (l *Ledger) Badstrike(key string) (*line, bool) {
	found, ok := l.lines[key]
	if !ok {
		return nil, false
	}
	told := l.told
	l.mu.Unlock()
	for _, tell := range told {
		tell(found)
	}
	l.mu.Lock()
	delete(l.lines, key)
	return found, true
}

// What is struck is still what was told of.
func (l *Ledger) GoodstrikeSame(key string) (*line, bool) {
	found, ok := l.lines[key]
	if !ok {
		return nil, false
	}
	told := l.told
	l.mu.Unlock()
	for _, tell := range told {
		tell(found)
	}
	l.mu.Lock()
	if now, still := l.lines[key]; !still || now != found {
		return nil, false
	}
	delete(l.lines, key)
	return found, true
}

// It stores before it gives the lock back.
func (l *Ledger) GoodnoteFirst(key string) {
	if _, ok := l.lines[key]; !ok {
		l.lines[key] = &line{}
	}
	told := l.told
	l.mu.Unlock()
	for _, tell := range told {
		tell(nil)
	}
	l.mu.Lock()
}

// It gives the lock back where it has nothing to do.
func (l *Ledger) Goodleaves(key string) bool {
	if l.lines[key] != nil {
		l.mu.Unlock()
		return false
	}
	l.lines[key] = &line{}
	l.mu.Unlock()
	return true
}

func (l *Ledger) Strike(key string) (*line, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.GoodnoteFirst(key)
	l.GoodstrikeSame(key)
	return l.Badstrike(key)
}

func (l *Ledger) Leave(key string) bool {
	l.mu.Lock()
	return l.Goodleaves(key)
}

func (l *Ledger) Write(key, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines[key] = &line{text}
}
