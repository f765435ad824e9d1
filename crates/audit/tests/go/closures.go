// Locks taken by helpers, and closures that run under them.
package closures

import "sync"

type book struct {
	mu    sync.Mutex
	lines map[string]int
	order []string
}

func (b *book) locked(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
}

func (b *book) lock() func() {
	b.mu.Lock()
	return b.mu.Unlock
}

func (b *book) grab()    { b.mu.Lock() }
func (b *book) letGo()   { b.mu.Unlock() }
func (b *book) lookup(k string) (n int, ok bool) {
	b.locked(func() { n, ok = b.lines[k] })
	return n, ok
}

func (b *book) BadTwoSections(k string, n int) bool {
	taken := false
	b.locked(func() { _, taken = b.lines[k] })
	if taken {
		return false
	}
	b.locked(func() { b.lines[k] = n })
	return true
}

func (b *book) BadLookup(k string, n int) bool {
	if _, ok := b.lookup(k); ok {
		return false
	}
	b.locked(func() { b.lines[k] = n })
	return true
}

func (b *book) GoodOneSection(k string, n int) (won bool) {
	b.locked(func() {
		if _, taken := b.lines[k]; taken {
			return
		}
		b.lines[k] = n
		won = true
	})
	return won
}

func (b *book) GoodHelpers(k string, n int) bool {
	b.grab()
	defer b.letGo()
	if _, taken := b.lines[k]; taken {
		return false
	}
	b.lines[k] = n
	return true
}

func (b *book) GoodDeferred(k string, n int) bool {
	defer b.lock()()
	if _, taken := b.lines[k]; taken {
		return false
	}
	b.lines[k] = n
	return true
}

func (b *book) GoodUnlockVariable(k string, n int) bool {
	unlock := b.lock()
	defer unlock()
	if _, taken := b.lines[k]; taken {
		return false
	}
	b.lines[k] = n
	return true
}

func (b *book) BadHelpersGap(k string, n int) bool {
	b.grab()
	_, taken := b.lines[k]
	b.letGo()
	if taken {
		return false
	}
	b.grab()
	b.lines[k] = n
	b.letGo()
	return true
}

func (b *book) GoodDeferredClosure(k string, n int) bool {
	b.mu.Lock()
	defer func() { b.mu.Unlock() }()
	if _, taken := b.lines[k]; taken {
		return false
	}
	b.lines[k] = n
	return true
}

func withLock[T any](mu sync.Locker, f func() T) T {
	mu.Lock()
	defer mu.Unlock()
	return f()
}

func (b *book) GoodGeneric(k string, n int) bool {
	return withLock(&b.mu, func() bool {
		if _, taken := b.lines[k]; taken {
			return false
		}
		b.lines[k] = n
		return true
	})
}

func (b *book) MaybeGeneric(k string, n int) bool {
	taken := withLock(&b.mu, func() bool {
		_, there := b.lines[k]
		return there
	})
	if !taken {
		withLock(&b.mu, func() bool {
			b.lines[k] = n
			return true
		})
	}
	return !taken
}
