package sample

import (
	"context"
	"errors"
	"sync"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// A struct whose maps change under no lock is for one goroutine; the containers in it lock themselves out of
// good manners.
type chainState struct {
	added map[string]int
	seen  sync.Map
}

func (s *chainState) AddBlock(id string) {
	s.added[id] = len(s.added)
}

func (s *chainState) GoodBlock(id string) any {
	if block, ok := s.seen.Load(id); ok {
		return block
	}
	block := &entry{}
	s.seen.Store(id, block)
	return block
}

type entry struct {
	lock sync.Mutex
	hits int
}

// The same container in a struct without such maps.
type served struct {
	limit int
	seen  sync.Map
}

func (s *served) BadBlock(id string) any {
	if block, ok := s.seen.Load(id); ok {
		return block
	}
	block := &entry{}
	s.seen.Store(id, block)
	return block
}

// A buffer is taken out of a pool and put back.
type buffers struct {
	lock sync.Mutex
	free [][]byte
}

func (p *buffers) take() []byte {
	p.lock.Lock()
	defer p.lock.Unlock()
	n := len(p.free)
	if n == 0 {
		return nil
	}
	buffer := p.free[n-1]
	p.free = p.free[:n-1]
	return buffer
}

func (p *buffers) put(buffer []byte) {
	p.lock.Lock()
	p.free = append(p.free, buffer)
	p.lock.Unlock()
}

type hasher struct {
	pool *buffers
}

func (h *hasher) GoodHash(key string) int {
	buffer := h.pool.take()
	buffer = append(buffer[:0], key...)
	sum := len(buffer)
	h.pool.put(buffer)
	return sum
}

// So many and no more: what is asked is no pool.
type clients struct {
	lock sync.Mutex
	all  []string
}

const maxClients = 8

func (c *clients) count() int {
	c.lock.Lock()
	defer c.lock.Unlock()
	return len(c.all)
}

func (c *clients) add(name string) {
	c.lock.Lock()
	c.all = append(c.all, name)
	c.lock.Unlock()
}

func (c *clients) BadAdmit(name string) error {
	if c.count() >= maxClients {
		return errors.New("too many clients")
	}
	c.add(name)
	return nil
}

// An entry that a method of its key gives is the same whoever stores it.
type prefixes struct {
	known sync.Map
	store map[name]int
}

type name string

func (n name) Under(prefix string) name { return name(prefix) + n }

const vertexes = "vertex/"

func (p *prefixes) GoodGet(of name) int {
	full, ok := p.known.Load(of)
	if !ok {
		full = of.Under(vertexes)
		p.known.Store(of, full)
	}
	return p.store[full.(name)]
}

func (p *prefixes) GoodHas(of name) bool {
	full, ok := p.known.Load(of)
	if !ok {
		full = of.Under(vertexes)
		p.known.Store(of, full)
	}
	_, there := p.store[full.(name)]
	return there
}

// Objects of a server are worked on one by one, each by its name.
type reaper struct {
	client client.Client
}

type JobList struct{ Items []Job }

type Job struct {
	Name   string
	Cancel bool
}

func (j *Job) DeepCopy() *Job { copied := *j; return &copied }

func (r *reaper) GoodCancel(ctx context.Context) error {
	job, err := r.find(ctx)
	if err != nil {
		return err
	}
	return cancel(ctx, r.client, job)
}

func (r *reaper) find(ctx context.Context) (*Job, error) {
	jobs := &JobList{}
	if err := r.client.List(ctx, jobs); err != nil {
		return nil, err
	}
	if len(jobs.Items) == 0 {
		return nil, errors.New("no such job")
	}
	return &jobs.Items[0], nil
}

func cancel(ctx context.Context, c client.Client, job *Job) error {
	updated := job.DeepCopy()
	updated.Cancel = true
	return c.Patch(ctx, updated, client.MergeFrom(job))
}

// What is out of date goes no further, once it is asked under the lock.
type labelled struct {
	lock     sync.Mutex
	revision int
	identity *entry
}

func (l *labelled) isObsolete(revision int) bool {
	return l.revision != revision
}

func (l *labelled) GoodResolve(revision int) bool {
	l.lock.Lock()
	if l.identity != nil {
		l.lock.Unlock()
		return false
	}
	l.lock.Unlock()
	made := &entry{hits: revision}
	l.lock.Lock()
	defer l.lock.Unlock()
	if l.isObsolete(revision) {
		return false
	}
	l.identity = made
	return true
}

func (l *labelled) BadResolve(revision int) bool {
	l.lock.Lock()
	if l.identity != nil {
		l.lock.Unlock()
		return false
	}
	l.lock.Unlock()
	made := &entry{hits: revision}
	l.lock.Lock()
	defer l.lock.Unlock()
	l.identity = made
	return true
}
