// Who calls: at the start only, in one loop only, and what is one's own.
package calling

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"
)

type account struct{ owner string }

type ledger struct {
	mu       sync.Mutex
	accounts map[string]*account
	counts   map[string]int
	busy     map[string]bool
	taken    map[string]bool
	waiting  []string
	last     map[string]string
	queue    chan string
}

func newLedger() *ledger {
	l := &ledger{accounts: map[string]*account{}, queue: make(chan string)}
	go l.work()
	return l
}

func (l *ledger) account(name string) *account {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.accounts[name]
}

func (l *ledger) store(name string, a *account) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.accounts[name] = a
}

func (l *ledger) remove(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.accounts, name)
}

// The very pointer goes back to where it was: the change is in the object.
func (l *ledger) GoodOwner(name, owner string) {
	a := l.account(name)
	a.owner = owner
	l.store(name, a)
}

func (l *ledger) BadCount(name string) {
	l.mu.Lock()
	n := l.counts[name]
	l.mu.Unlock()
	l.mu.Lock()
	l.counts[name] = n + 1
	l.mu.Unlock()
}

// A claim that its holder gives back.
func (l *ledger) GoodClaim(name string, work func()) bool {
	l.mu.Lock()
	if l.busy[name] {
		l.mu.Unlock()
		return false
	}
	l.busy[name] = true
	l.mu.Unlock()
	work()
	l.mu.Lock()
	delete(l.busy, name)
	l.mu.Unlock()
	return true
}

func (l *ledger) BadClaim(name string) bool {
	l.mu.Lock()
	if l.taken[name] {
		l.mu.Unlock()
		return false
	}
	l.mu.Unlock()
	time.Sleep(time.Millisecond)
	l.mu.Lock()
	l.taken[name] = true
	l.mu.Unlock()
	return true
}

func (l *ledger) work() {
	for {
		select {
		case name := <-l.queue:
			l.goodInOneLoop(name)
		}
	}
}

// One goroutine for each ledger does this.
func (l *ledger) goodInOneLoop(name string) {
	l.mu.Lock()
	seen, ok := l.last[name]
	l.mu.Unlock()
	if ok && seen != "" {
		return
	}
	l.mu.Lock()
	l.last[name] = name
	l.mu.Unlock()
}

var ErrExists = errors.New("container already exists")

// Others are expected: whoever comes second is to be refused.
func BadCreate(root, id string) error {
	dir := filepath.Join(root, id)
	if _, err := os.Stat(dir); err == nil {
		return ErrExists
	} else if !os.IsNotExist(err) {
		return err
	}
	f, err := os.Create(dir)
	if err != nil {
		return err
	}
	return f.Close()
}

func GoodCreate(root, id string) error {
	f, err := os.OpenFile(filepath.Join(root, id), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if os.IsExist(err) {
		return ErrExists
	} else if err != nil {
		return err
	}
	return f.Close()
}
