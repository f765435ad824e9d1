// An entry that is dropped for the error that its use gave, by its key: somebody else has made it anew.
package dropped

import (
	"context"
	"io"
	"sync"
)

type Conn struct{ addr string }

func (c *Conn) Ready() error                                     { return nil }
func (c *Conn) Do(ctx context.Context, q string) (string, error) { return q, ctx.Err() }
func (c *Conn) Delete(ctx context.Context) (string, error)       { return "", ctx.Err() }
func (c *Conn) Close() error                                     { return nil }

func dial(addr string) (*Conn, error) { return &Conn{addr}, nil }

// Entries are only made that are missing, so that one caller alone spoils nothing.
type Pool struct {
	mu    sync.Mutex
	conns map[string]*Conn
}

func (p *Pool) get(addr string) (*Conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c, ok := p.conns[addr]; ok {
		return c, nil
	}
	c, err := dial(addr)
	if err != nil {
		return nil, err
	}
	p.conns[addr] = c
	return c, nil
}

func (p *Pool) remove(addr string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, addr)
}

func (p *Pool) removeSame(addr string, c *Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conns[addr] == c {
		delete(p.conns, addr)
	}
}

func (p *Pool) BadDo(ctx context.Context, addr, q string) (string, error) {
	c, err := p.get(addr)
	if err != nil {
		return "", err
	}
	out, err := c.Do(ctx, q)
	if err != nil {
		p.remove(addr)
	}
	return out, err
}

func (p *Pool) BadPing(addr string) error {
	c, err := p.get(addr)
	if err != nil {
		return err
	}
	if err := c.Ready(); err != nil {
		p.remove(addr)
		return err
	}
	return nil
}

type request struct {
	addr, query, scheme, kind string
	body                      io.ReadCloser
}

func drop(req *request) {
	if req.body != nil {
		req.body.Close()
	}
}

// What is wrong with a request is told before anything is looked up.
func (p *Pool) BadAfterChecks(ctx context.Context, req *request) (string, error) {
	if req.addr == "" {
		drop(req)
		return "", io.EOF
	}
	if req.query == "" {
		drop(req)
		return "", io.EOF
	}
	if req.scheme != "https" {
		drop(req)
		return "", io.EOF
	}
	if req.kind != "" {
		drop(req)
		return "", io.EOF
	}
	c, err := p.get(req.addr)
	if err != nil {
		return "", err
	}
	out, err := c.Do(ctx, req.query)
	if err != nil {
		p.remove(req.addr)
	}
	return out, err
}

// Only if it is still the one that failed.
func (p *Pool) GoodDo(ctx context.Context, addr, q string) (string, error) {
	c, err := p.get(addr)
	if err != nil {
		return "", err
	}
	out, err := c.Do(ctx, q)
	if err != nil {
		p.removeSame(addr, c)
	}
	return out, err
}

// Look, use and drop are one section of the lock.
func (p *Pool) GoodWhole(ctx context.Context, addr, q string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c, ok := p.conns[addr]
	if !ok {
		return "", nil
	}
	out, err := c.Do(ctx, q)
	if err != nil {
		delete(p.conns, addr)
	}
	return out, err
}

// Who ended the entry takes it away: of two only one ends it.
func (p *Pool) GoodEnd(ctx context.Context, addr string) (string, error) {
	c, err := p.get(addr)
	if err != nil {
		return "", err
	}
	out, err := c.Delete(ctx)
	if err != nil {
		return "", err
	}
	p.remove(addr)
	return out, nil
}

// A claim that its owner takes down again: nobody else takes it away.
type Claims struct {
	mu   sync.Mutex
	held map[string]*Conn
}

func (c *Claims) claim(key string) (*Conn, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.held[key]; ok {
		return nil, false
	}
	held := &Conn{key}
	c.held[key] = held
	return held, true
}

func (c *Claims) release(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.held, key)
}

func (c *Claims) GoodClaim(ctx context.Context, key string) (string, error) {
	held, ok := c.claim(key)
	if !ok {
		return "", nil
	}
	out, err := held.Do(ctx, key)
	if err != nil {
		c.release(key)
	}
	return out, err
}

// The entry is stored with the map's own conditional store.
type Loaded struct{ conns sync.Map }

func (l *Loaded) Get(addr string) *Conn {
	c, _ := dial(addr)
	got, _ := l.conns.LoadOrStore(addr, c)
	return got.(*Conn)
}

func (l *Loaded) BadDrop(addr string) {
	if v, ok := l.conns.Load(addr); ok {
		if err := v.(*Conn).Ready(); err != nil {
			l.conns.Delete(addr)
		}
	}
}

func (l *Loaded) GoodDrop(addr string) {
	if v, ok := l.conns.Load(addr); ok {
		if err := v.(*Conn).Ready(); err != nil {
			l.conns.CompareAndDelete(addr, v)
		}
	}
}
