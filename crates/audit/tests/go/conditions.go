// Condition variables that are made with a lock of the object, or with the read side of it.
package conditions

import "sync"

type reading struct {
	sync.RWMutex
	role string
	wake *sync.Cond
}

func newReading() *reading {
	r := &reading{role: "none"}
	r.wake = sync.NewCond(r.RLocker())
	return r
}

func (r *reading) set(role string) {
	r.Lock()
	r.role = role
	r.wake.Broadcast()
	r.Unlock()
}

func (r *reading) GoodWait(role string) {
	r.wake.L.Lock()
	defer r.wake.L.Unlock()
	for r.role != role {
		r.wake.Wait()
	}
}

type named struct {
	mu   sync.Mutex
	role string
	wake *sync.Cond
}

func (n *named) begin() {
	n.wake = sync.NewCond(&n.mu)
}

func (n *named) set(role string) {
	n.mu.Lock()
	n.role = role
	n.wake.Broadcast()
	n.mu.Unlock()
}

func (n *named) GoodWait(role string) {
	n.wake.L.Lock()
	defer n.wake.L.Unlock()
	for n.role != role {
		n.wake.Wait()
	}
}

// The waker takes another lock of the object.
type apart struct {
	mu   sync.Mutex
	sync.RWMutex
	role string
	wake *sync.Cond
}

func newApart() *apart {
	a := &apart{role: "none"}
	a.wake = sync.NewCond(a.RLocker())
	return a
}

func (a *apart) set(role string) {
	a.mu.Lock()
	a.role = role
	a.wake.Broadcast()
	a.mu.Unlock()
}

func (a *apart) BadWait(role string) {
	a.wake.L.Lock()
	defer a.wake.L.Unlock()
	for a.role != role {
		a.wake.Wait()
	}
}

// The lock of the condition is that of the counter as well.
type counting struct {
	mu, other sync.Mutex
	left      int
	wake      *sync.Cond
}

func newCounting() *counting {
	c := &counting{left: 1}
	c.wake = sync.NewCond(&c.mu)
	return c
}

func (c *counting) GoodAdd() {
	c.wake.L.Lock()
	c.left++
	c.wake.L.Unlock()
}

func (c *counting) take() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left > 0 {
		c.left--
	}
}

// The lock of this one is not.
type miscounting struct {
	mu, other sync.Mutex
	left      int
	wake      *sync.Cond
}

func newMiscounting() *miscounting {
	c := &miscounting{left: 1}
	c.wake = sync.NewCond(&c.other)
	return c
}

func (c *miscounting) BadAdd() {
	c.wake.L.Lock()
	c.left++
	c.wake.L.Unlock()
}

func (c *miscounting) take() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left > 0 {
		c.left--
	}
}
