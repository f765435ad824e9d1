package sample

import (
	"sync"
	"sync/atomic"
)

type mark struct {
	seq uint64
	at  int64
}

type block struct {
	mu    sync.Mutex
	first mark
	last  mark
	rows  int
}

type Log struct {
	blocks []*block
	tail   *block
	seq    uint64
}

// The block's own lock is held, whichever way leads to the block.
func (l *Log) GoodPending(from uint64) (total int) {
	for i := 0; i < len(l.blocks); i++ {
		b := l.blocks[i]
		b.mu.Lock()
		if from <= atomic.LoadUint64(&b.first.seq) {
			b.load()
			total += b.rows
		}
		b.mu.Unlock()
	}
	return total
}

func (b *block) load() {
	if b.rows == 0 {
		atomic.StoreUint64(&b.first.seq, atomic.LoadUint64(&b.last.seq)+1)
	}
}

func (b *block) skip(seq uint64) {
	b.mu.Lock()
	if b.rows == 0 {
		atomic.StoreUint64(&b.last.seq, seq)
		atomic.StoreUint64(&b.first.seq, seq+1)
	}
	b.mu.Unlock()
}

func (l *Log) Skip() {
	l.tail.skip(atomic.AddUint64(&l.seq, 1))
}

type sheet struct {
	mu    sync.Mutex
	begin mark
	ready sync.Mutex
}

type Pad struct {
	mu     sync.RWMutex
	sheets []*sheet
	tail   *sheet
}

// All who change a sheet hold the lock of the pad.
func (p *Pad) GoodTrim(from uint64) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	for i := 0; i < len(p.sheets); i++ {
		s := p.sheets[i]
		s.mu.Lock()
		if from > atomic.LoadUint64(&s.begin.seq) {
			s.raise(from)
		}
		s.mu.Unlock()
	}
}

func (s *sheet) raise(seq uint64) {
	atomic.StoreUint64(&s.begin.seq, seq)
}

func (s *sheet) move(seq uint64) {
	s.ready.Lock()
	atomic.StoreUint64(&s.begin.seq, seq)
	s.ready.Unlock()
}

func (p *Pad) Move(seq uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tail.move(seq)
}
